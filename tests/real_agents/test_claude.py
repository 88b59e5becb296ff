"""Claude Code, the real one, driven from AgentDeck only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]


def test_from_the_trust_dialog_to_a_resumed_conversation(start_agent: Start) -> None:
    it = start_agent("claude")
    it.start(
        "do say hello", "do run touch x.txt", "do edit y.txt hi", "do commit It works"
    )
    asked = it.until_asked("project you created")
    assert asked["needs"]["kind"] == "trust"
    it.deck.run("approve", "it")
    asked = it.until_asked("Bash(touch x.txt)")
    assert asked["needs"]["kind"] == "permission"
    assert asked["why"]["source"] == "hook"
    it.deck.run("approve", "it")
    it.until_asked("Write(")
    it.deck.run("approve", "it")
    it.until_asked("git commit")
    it.deck.run("approve", "it")
    idle = it.until(lambda s: s["activity"] == "idle" and s["ahead"] == 1)
    assert idle["unread"]
    assert idle["last_commit"] == "It works"
    assert idle["tokens_out"] > 0
    it.deck.run("send", "it", "do run touch denied.txt ;; do say no")
    it.until_asked("denied.txt")
    it.deck.run("deny", "it")
    it.until_idle()
    it.deck.run("stop", "it")
    over = it.until(lambda s: s["phase"] == "ended")
    it.deck.run("resume", "it")
    it.until_idle()
    it.deck.run("send", "it", "do say Still here")
    it.until(lambda s: "Still here" in it.deck.run("screen", "it").stdout)
    assert it.session()["conversation"] == over["conversation"]


def test_a_question_is_answered_by_its_choice(start_agent: Start) -> None:
    it = start_agent("claude")
    it.start("do ask Which database? | Postgres | SQLite")
    it.until_asked("project you created")
    it.deck.run("approve", "it")
    asked = it.until(lambda s: bool(s["needs"]) and len(s["needs"]["choices"]) >= 2)
    asked = it.until_asked("Which database?")
    assert asked["needs"]["kind"] == "question"
    assert asked["needs"]["choices"][:2] == ["Postgres", "SQLite"]
    it.deck.run("answer", "it", "2")
    it.until_idle()
    assert "SQLite" in it.deck.run("screen", "it").stdout


def test_an_interruption_a_limit_and_an_error_are_known(start_agent: Start) -> None:
    it = start_agent("claude")
    it.start("do think 30 one two three")
    it.until_asked("project you created")
    it.deck.run("approve", "it")
    it.until(lambda s: "● one" in it.deck.run("screen", "it").stdout)
    assert it.session()["activity"] == "working"
    it.deck.run("keys", "it", "escape")
    it.until_idle()
    it.deck.run("send", "it", "do limit")
    assert it.until_asked("429")["needs"]["kind"] == "limit"
