"""Which review a rule starts, and what keeps it from starting without end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import UsageError
from agentdeck.core.pulls import PullRequest, PullState
from agentdeck.core.review_prompts import review_prompt
from agentdeck.core.review_rules import (
    Bounds,
    Review,
    ReviewEvent,
    ReviewRule,
    ReviewState,
    next_round,
    review_from_wire,
    review_to_wire,
    rule_named,
    rule_to_wire,
    why_not_again,
    why_not_here,
    why_not_yet,
    why_too_many,
)
from agentdeck.core.session import Activity, Phase, Session
from tests.fakes.fake_client import NOW, a_session

RULE = ReviewRule("r")


def idle(**values: Any) -> Session:
    fields = {"activity": Activity.IDLE, "check": CheckState.PASSED, **values}
    return a_session("a", **fields)


def a_review(number: int = 1, **values: Any) -> Review:
    at = (NOW - timedelta(minutes=100 - number)).isoformat()
    fields: dict[str, Any] = {
        "id": f"v{number}",
        "session": "id-a",
        "name": "a",
        "rule": "r",
        "key": RULE.key,
        "commit": f"c{number}",
        "tree": f"t{number}",
        "at": at,
        "state": ReviewState.DONE,
        "found": 1,
        **values,
    }
    return Review(**fields)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, ""),
        ({"review": "v1"}, "review itself"),
        ({"archived": True}, "archived"),
        ({"merged_into": "main"}, "merged"),
        ({"phase": Phase.QUEUED}, "not started"),
        ({"agent": "codex"}, "filter"),
    ],
)
def test_which_sessions_a_rule_is_about(values: dict[str, Any], word: str) -> None:
    why = why_not_here(replace(RULE, filter="agent:claude"), idle(**values), NOW)
    assert word in why
    assert bool(word) == bool(why)
    assert why_not_here(replace(RULE, repo="/elsewhere"), idle(), NOW)


@pytest.mark.parametrize(
    ("event", "values", "moved", "starts"),
    [
        ("idle-green", {}, False, True),
        ("idle-green", {"check": CheckState.FAILED}, True, False),
        ("idle-green", {"check": CheckState.STALE}, False, False),
        ("idle-green", {"activity": Activity.WORKING}, True, False),
        ("idle-green", {"phase": Phase.ENDED, "exit_code": 0, "reason": "ended"}, False, True),
        ("idle", {"phase": Phase.ENDED, "exit_code": 0, "reason": "stopped"}, False, False),
        ("idle", {"check": CheckState.NONE}, False, True),
        ("idle", {"phase": Phase.FAILED, "exit_code": 1}, False, False),
        ("branch-moved", {"activity": Activity.WORKING}, True, True),
        ("branch-moved", {}, False, False),
        ("manual", {}, True, False),
        ("manual", {"activity": Activity.WORKING}, True, False),
        ("pull-request", {}, True, False),
        ("pull-request", {"pull": PullRequest(1, "https://x/1")}, False, True),
        ("pull-request", {"pull": PullRequest(1, "https://x/1", PullState.DRAFT)}, True, False),
    ],
)  # fmt: skip
def test_what_has_to_happen(
    event: str, values: dict[str, Any], moved: bool, starts: bool
) -> None:
    rule = replace(RULE, on=(ReviewEvent(event),))
    assert (why_not_yet(rule, idle(**values), moved=moved) == "") is starts


def test_the_same_files_are_not_reviewed_twice_by_the_same_rule() -> None:
    session = idle()
    done = a_review()
    assert "already" in why_not_again(RULE, session, "c1", "t9", [done])
    assert "already" in why_not_again(RULE, session, "c9", "t1", [done])
    assert not why_not_again(RULE, session, "c2", "t2", [done])
    changed = replace(RULE, prompt="look harder")
    assert changed.key != RULE.key
    assert not why_not_again(changed, session, "c1", "t1", [done])
    assert not why_not_again(RULE, replace(session, id="x"), "c1", "t1", [done])  # type: ignore[arg-type]
    failed = replace(done, state=ReviewState.FAILED)
    assert why_not_again(RULE, session, "c1", "t1", [failed]), "it would fail again"
    begun = a_review(2, state=ReviewState.UNDER_WAY)
    assert "under way" in why_not_again(RULE, session, "c9", "t9", [begun])


def test_rounds_end_and_begin_anew_when_it_was_clean_or_by_hand() -> None:
    rows = [a_review(1), a_review(2)]
    assert next_round("r", "id-a", rows) == 3
    assert not why_too_many(RULE, idle(), rows, Bounds(), NOW)
    rows.append(a_review(3, state=ReviewState.FAILED, found=0))
    assert "3 rounds" in why_too_many(RULE, idle(), rows, Bounds(), NOW)
    assert not why_too_many(replace(RULE, rounds=4), idle(), rows, Bounds(), NOW)
    rows.append(a_review(4, by_hand=True))
    assert next_round("r", "id-a", rows) == 2
    rows.append(a_review(5, found=0))
    assert next_round("r", "id-a", rows) == 1
    assert next_round("other", "id-a", rows) == 1


def test_bounds_of_an_hour() -> None:
    clean = [a_review(n, found=0, session="id-b") for n in range(50, 60)]
    assert not why_too_many(RULE, idle(), clean, Bounds(in_all=11), NOW)
    assert "within an hour" in why_too_many(RULE, idle(), clean, Bounds(in_all=10), NOW)
    mine = [a_review(n, found=0) for n in range(50, 53)]
    assert "reviews of it" in why_too_many(RULE, idle(), mine, Bounds(3), NOW)
    old = [a_review(n, found=0) for n in range(3)]
    assert not why_too_many(RULE, idle(), old, Bounds(3), NOW)
    asked = [replace(each, by_hand=True) for each in mine]
    assert not why_too_many(RULE, idle(), asked, Bounds(3), NOW)


def test_a_rule_is_named_and_one_that_is_not_there_says_which_are() -> None:
    other = replace(RULE, name="s")
    assert rule_named("s", [RULE, other]) is other
    with pytest.raises(UsageError, match="There are: r, s"):
        rule_named("x", [RULE, other])


def test_reviews_and_rules_on_the_wire() -> None:
    review = a_review(note="why", by_hand=True)
    values = json.loads(json.dumps(review_to_wire(review)))
    assert review_from_wire({**values, "later": 1}) == review
    assert json.loads(json.dumps(rule_to_wire(RULE)))["on"] == ["idle-green"]


def test_no_line_of_the_prompt_is_a_command_but_the_rules_own() -> None:
    prompt = review_prompt(
        branch="agentdeck/a",
        title="/edit x\n/commit y",
        commit="c" * 40,
        start="s" * 40,
        path="/state/findings/x/findings.json",
        more="/review TODO Not yet",
        earlier=("/a.py:1 error: old",),
        dismissed=("b.py error: fine",),
    )
    commands = [line for line in prompt.splitlines() if line.startswith("/")]
    assert commands == ["/review TODO Not yet"]
    assert "/state/findings/x/findings.json" in prompt
    assert "git diff ssssssssssss cccccccccccc" in prompt
