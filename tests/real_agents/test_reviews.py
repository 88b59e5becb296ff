"""Real CLIs as reviewers: they write their findings unasked, and nothing else."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.deck import DEADLINE_S
from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]
FOUND = json.dumps([{"file": "work.py", "line": 1, "message": "Not yet."}])


def review_by(it: RealAgent, *steps: str) -> str:
    """Have the real CLI review a scripted session; gives the reviewer's name."""
    script = "/edit work.py # TODO\n/commit work\n/idle"
    it.deck.run("run", script, "--agent", "scripted", "--name", "author")
    it.until_idle("author")
    words = ("review-now", "author", "--agent", it.name, "--prompt", "\n".join(steps))
    told = json.loads(it.deck.run(*words, "--json").stdout)
    name: str = told[0]["review"]["reviewer_name"]
    return name


def over(it: RealAgent, reviewer: str) -> dict[str, Any]:
    """The review once it is over; it must not have asked for anything meanwhile."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        (review,) = json.loads(it.deck.run("reviews", "--json").stdout)["reviews"]
        if review["state"] in ("done", "failed"):
            found: dict[str, Any] = review
            return found
        needs = it.session(reviewer)["needs"]
        screen = it.deck.run("screen", reviewer).stdout
        assert needs is None, screen
        assert time.monotonic() < deadline, screen


def trusted(it: RealAgent, reviewer: str, text: str) -> None:
    it.until_asked(text, reviewer)
    it.deck.run("approve", reviewer)
    it.until(lambda s: s["needs"] is None, reviewer)


def test_claude_writes_findings_unasked_and_may_not_edit(start_agent: Start) -> None:
    it = start_agent("claude")
    reviewer = review_by(
        it, "do run git log -1", "do edit work.py changed", f"do edit FINDINGS {FOUND}"
    )
    trusted(it, reviewer, "project you created")
    review = over(it, reviewer)
    assert (review["state"], review["found"]) == ("done", 1)
    state = subprocess.run(
        ["git", "status", "--porcelain"],
        cwd=it.session(reviewer)["worktree"],
        check=True,
        capture_output=True,
    )
    assert state.stdout == b"", "it may not change what it reviews"
    it.until(lambda s: s["phase"] == "ended", reviewer)


def test_codex_writes_findings_unasked(start_agent: Start) -> None:
    it = start_agent("codex")
    reviewer = review_by(it, f"do edit FINDINGS {FOUND}")
    trusted(it, reviewer, "Trust this folder")
    review = over(it, reviewer)
    assert (review["state"], review["found"]) == ("done", 1)


def test_copilot_asks_a_person_before_it_writes(start_agent: Start) -> None:
    it = start_agent("copilot")
    reviewer = review_by(it, f"do edit FINDINGS {FOUND}")
    for _ in range(5):
        found = it.until(lambda s: bool(s["needs"]) or s["phase"] == "ended", reviewer)
        if found["phase"] == "ended":
            break
        asked = found["needs_since"]
        it.deck.run("approve", reviewer)
        it.until(lambda s, asked=asked: s["needs_since"] != asked, reviewer)
    (review,) = json.loads(it.deck.run("reviews", "--json").stdout)["reviews"]
    assert (review["state"], review["found"]) == ("done", 1)
