"""Copilot, Gemini, OpenCode and aider, the real ones, through one day's work each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

Start = Callable[[str], RealAgent]


@dataclass(frozen=True)
class Case:
    """What is its own with one CLI."""

    agent: str
    run: str
    """What it asks for `do run touch x.txt`."""
    edit: str
    source: str = "hook"
    options: tuple[str, ...] = ()
    trusts: bool = False
    commits: str = "git add -A"


CASES = [
    Case("copilot", "bash(touch x.txt)", "y.txt", trusts=True),
    Case(
        "gemini", "Shell(touch x.txt)", "y.txt", options=("--model", "gemini-2.5-pro")
    ),
    Case("opencode", "bash(touch x.txt)", "y.txt"),
]


def asked_or_trust(it: RealAgent, text: str) -> None:
    """Approve trust dialogs until the question is there."""
    while True:
        asked = it.until(lambda s: bool(s["needs"]))
        if asked["needs"]["kind"] != "trust":
            break
        it.deck.run("approve", "it")
        it.until(lambda s, asked=asked: s["needs_since"] != asked["needs_since"])
    it.until_asked(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.agent)
def test_a_day_with(start_agent: Start, case: Case) -> None:
    it = start_agent(case.agent)
    steps = (
        "do say hello",
        "do run touch x.txt",
        "do edit y.txt hi",
        "do commit It works",
    )
    it.start(*steps, options=case.options)
    asked_or_trust(it, case.run)
    assert it.session()["why"]["source"] == case.source
    it.deck.run("approve", "it")
    it.until_asked(case.edit)
    it.deck.run("approve", "it")
    it.until_asked(case.commits)
    it.deck.run("approve", "it")
    it.until(lambda s: s["activity"] == "idle" and s["ahead"] == 1)
    it.deck.run("send", "it", "do run touch denied.txt ;; do say no")
    it.until_asked("denied.txt")
    it.deck.run("deny", "it")
    it.until_idle()
    it.deck.run("stop", "it")
    over = it.until(lambda s: s["phase"] == "ended")
    assert over["conversation"]
    it.deck.run("resume", "it")
    if case.trusts:
        it.until(lambda s: bool(s["needs"]) and s["needs"]["kind"] == "trust")
        it.deck.run("approve", "it")
    it.until(lambda s: s["phase"] == "running" and s["activity"] == "idle")
    it.deck.run("send", "it", "do say Still here")
    it.until(lambda s: it.deck.run("screen", "it").stdout.count("Still here") >= 2)


def test_a_day_with_aider(start_agent: Start) -> None:
    it = start_agent("aider")
    it.start("do edit y.txt hi")
    while True:
        asked = it.until(lambda s: bool(s["needs"]) or s["ahead"] == 1)
        if asked["ahead"]:
            break
        it.deck.run("approve", "it")
        it.until(lambda s, asked=asked: s["needs_since"] != asked["needs_since"])
    it.until(lambda s: s["activity"] == "idle" and s["ahead"] == 1)
    it.deck.run("send", "it", "do run touch x.txt")
    asked = it.until(lambda s: bool(s["needs"]))
    assert asked["why"]["source"] == "screen"
    it.deck.run("deny", "it")
    it.until_idle()
