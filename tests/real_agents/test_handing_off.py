"""Hand-offs between the real CLIs: forked, resumed, in words, and from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.real_agents.conftest import RealAgent
from tests.real_agents.homes import environment_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]
TRUST = {"claude": "project you created", "codex": "Trust this folder?"}


def planned(it: RealAgent, *options: str) -> dict[str, Any]:
    """A session in the person's checkout that has agreed on something and rests."""
    it.model.keeps_bodies = True
    it.start("do say We agreed on blue", name="plan", options=("--here", *options))
    it.until_asked(TRUST[it.name], "plan")
    it.deck.run("approve", "plan")
    (it.deck.repo / "new.txt").write_text("not committed\n")
    return it.until(
        lambda s: s["activity"] == "idle" and s["transcript"] and s["tokens_out"],
        "plan",
    )


def brief_of(it: RealAgent, *steps: str) -> str:
    file = it.deck.repo.parent / "brief.md"
    file.write_text("## Goal\n\n" + "\n".join(steps) + "\n")
    return str(file)


def handed_off(it: RealAgent, *words: str) -> dict[str, Any]:
    done = it.deck.run("handoff", *words, "--name", "on", "--json").stdout
    found: dict[str, Any] = json.loads(done)
    return found


def went_on(it: RealAgent, agent: str, text: str) -> dict[str, Any]:
    """The session that goes on, once it has said something and rests."""

    def is_shown(session: dict[str, Any]) -> bool:
        return text in it.deck.run("screen", "on", status=None).stdout

    asked = it.until(lambda s: bool(s["needs"]) or is_shown(s), "on")
    if asked["needs"]:
        assert TRUST[agent] in asked["needs"]["text"]
        it.deck.run("approve", "on")
    it.until(is_shown, "on")
    return it.until_idle("on")


def was_told(it: RealAgent, text: str, beside: str = "do say Went on") -> bool:
    """Whether one request of the model holds both texts."""
    bodies = [json.dumps(body) for body in it.model.bodies]
    return any(text in body and beside in body for body in bodies)


def test_claude_forks_what_claude_planned(start_agent: Start) -> None:
    it = start_agent("claude")
    plan = planned(it)
    transcript = Path(plan["transcript"])
    before = transcript.read_bytes()
    done = handed_off(it, "plan", "--brief", brief_of(it, "do say Went on"))
    assert done["way"] == "fork"
    on = went_on(it, "claude", "Went on")
    assert was_told(it, "We agreed on blue")
    assert (Path(on["worktree"]) / "new.txt").exists()
    assert on["conversation"] not in ("", plan["conversation"])
    is_untouched = transcript.read_bytes() == before
    assert is_untouched
    it.deck.run("send", "plan", "do say Still here")
    it.until(lambda _: "Still here" in it.deck.run("screen", "plan").stdout, "plan")


def test_claude_resumes_what_a_stopped_claude_planned(start_agent: Start) -> None:
    it = start_agent("claude")
    plan = planned(it)
    brief = brief_of(it, "do say Went on")
    words = ("--conversation", "resume", "--source", "stop", "--brief", brief)
    assert handed_off(it, "plan", *words)["way"] == "resume"
    on = went_on(it, "claude", "Went on")
    assert was_told(it, "We agreed on blue")
    assert on["conversation"] == plan["conversation"]


def test_codex_is_told_what_claude_planned(start_agent: Start) -> None:
    it = start_agent("claude")
    planned(it)
    home = it.deck.repo.parent / "home"
    it.deck.env |= environment_of("codex", home, it.model.url)
    brief = brief_of(it, "do say Went on")
    done = handed_off(it, "plan", "--to", "codex", "--brief", brief)
    assert done["way"] == "markdown"
    on = went_on(it, "codex", "Went on")
    assert was_told(it, "The conversation so far")
    assert was_told(it, "We agreed on blue")
    assert (Path(on["worktree"]) / "new.txt").exists()


def test_codex_forks_what_codex_planned(start_agent: Start) -> None:
    it = start_agent("codex")
    plan = planned(it)
    done = handed_off(it, "plan", "--brief", brief_of(it, "do say Went on"))
    assert done["way"] == "fork"
    on = went_on(it, "codex", "Went on")
    assert was_told(it, "We agreed on blue")
    assert on["conversation"] not in ("", plan["conversation"])


def test_claude_forks_what_was_planned_outside(start_agent: Start) -> None:
    it = start_agent("claude")
    it.model.keeps_bodies = True
    subprocess.run(
        ["claude", "-p", "do say We agreed on blue"],
        cwd=it.deck.repo,
        env=it.deck.env,
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
        timeout=60,
    )
    brief = brief_of(it, "do say Went on")
    done = handed_off(it, "--from", "claude", "--brief", brief)
    assert done["way"] == "fork"
    went_on(it, "claude", "Went on")
    assert was_told(it, "We agreed on blue")


def test_a_fork_waits_for_the_person(start_agent: Start) -> None:
    it = start_agent("claude")
    planned(it)
    it.deck.run("fork", "plan", "--name", "on")
    on = went_on(it, "claude", "We agreed on blue")
    assert on["type"] == "local"
    it.deck.run("send", "on", "do say Forked off")
    it.until(lambda _: "Forked off" in it.deck.run("screen", "on").stdout, "on")
    assert was_told(it, "We agreed on blue", "do say Forked off")
