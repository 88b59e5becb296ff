"""Codex, the real one, driven from AgentDeck only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]


def test_from_the_trust_dialog_to_a_resumed_conversation(start_agent: Start) -> None:
    it = start_agent("codex")
    it.start(
        "do say hello", "do sudo touch x.txt", "do sudo git add -A && git commit -qm ok"
    )
    asked = it.until_asked("Trust this folder?")
    assert asked["needs"]["kind"] == "trust"
    it.deck.run("approve", "it")
    asked = it.until_asked("Bash(touch x.txt)")
    assert asked["needs"]["kind"] == "permission"
    assert asked["why"]["source"] == "hook"
    it.deck.run("approve", "it")
    it.until_asked("git commit")
    it.deck.run("approve", "it")
    idle = it.until(lambda s: s["activity"] == "idle" and s["ahead"] == 1)
    assert idle["tokens_out"] > 0
    it.deck.run("send", "it", "do sudo touch denied.txt ;; do say no")
    it.until_asked("denied.txt")
    it.deck.run("deny", "it")
    it.until_idle()
    it.deck.run("stop", "it")
    over = it.until(lambda s: s["phase"] == "ended")
    it.deck.run("resume", "it")
    it.until_idle()
    it.deck.run("send", "it", "do say Still here")
    it.until(lambda s: "• Still here" in it.deck.run("screen", "it").stdout)
    assert it.session()["conversation"] == over["conversation"]


def test_hooks_are_of_this_session_only_and_need_no_review(start_agent: Start) -> None:
    it = start_agent("codex")
    it.start("do say hello")
    it.until_asked("Trust this folder?")
    it.deck.run("approve", "it")
    idle = it.until_idle()
    assert idle["why"]["source"] == "hook"
    config = (it.deck.repo.parent / "home" / "codex" / "config.toml").read_text()
    assert "trusted_hash" not in config
    assert "AGENTDECK_INBOX" not in config


def test_an_interruption_ends_the_turn(start_agent: Start) -> None:
    it = start_agent("codex")
    it.start("do think 30 one two three")
    it.until_asked("Trust this folder?")
    it.deck.run("approve", "it")
    it.until(lambda s: "• one" in it.deck.run("screen", "it").stdout)
    assert it.session()["activity"] == "working"
    it.deck.run("keys", "it", "escape")
    it.until_idle()
