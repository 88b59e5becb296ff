"""What is told of a session since a person last looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agentdeck.core.moments import Moment, MomentKind
from agentdeck.core.recap import STILL_NEW, recap_lines, recap_of, since_of
from tests.fakes.fake_client import NOW, a_session

K = MomentKind


def moments(*told: tuple[int, MomentKind, str, str]) -> list[Moment]:
    return [
        Moment("id", NOW + timedelta(seconds=at), kind, text, by)
        for at, kind, text, by in told
    ]


ALL = moments(
    (-60, K.COMMIT, "00000000 Before", ""),
    (1, K.PROMPT, "Fix it", ""),
    (2, K.TOOL, "Bash(ls)", ""),
    (3, K.COMMIT, "11111111 Fix the login", ""),
    (4, K.QUESTION, "permission: rm x", ""),
    (5, K.ANSWERED, "denied", "rule 2"),
    (6, K.QUESTION, "question: Which?", ""),
    (7, K.ANSWERED, "1. REST", "you"),
    (8, K.CHECK, "failed: 2 of 12", ""),
    (9, K.CHECK, "passed: 12", ""),
    (10, K.TURN, "All is done.\nSee the notes.", ""),
    (11, K.MERGED, "into main as 2222", ""),
)


def test_only_what_came_after_counts() -> None:
    recap = recap_of(ALL, NOW)
    assert recap.commits == ("Fix the login",)
    assert (recap.prompts, recap.tools, recap.turns) == (1, 1, 1)
    assert recap.check == "passed: 12"
    assert recap_of(ALL, NOW + timedelta(seconds=11)).is_empty
    assert recap_lines(recap_of(ALL, NOW + timedelta(seconds=11))) == []


def test_it_is_told_in_two_lines() -> None:
    assert recap_lines(recap_of(ALL, NOW)) == [
        "1 commit: Fix the login · checks passed: 12 · "
        "2 questions, 1 answered by rules · merged into main as 2222",
        "All is done.",
    ]


def test_many_commits_are_counted_and_the_newest_named() -> None:
    many = moments(*((n, K.COMMIT, f"{n:08} number {n}", "") for n in range(1, 8)))
    assert recap_lines(recap_of(many, NOW)) == [
        "7 commits: number 5; number 6; number 7 and 4 before"
    ]


@pytest.mark.parametrize(
    ("values", "since"),
    [
        ({"unread": True}, "created"),
        ({"unread": True, "read_at": NOW}, "read_at"),
        ({"unread": False}, None),
        ({"read_at": NOW, "read_before": NOW - timedelta(hours=3)}, "read_before"),
        ({"read_at": NOW}, "created"),
        ({"read_at": NOW - STILL_NEW, "read_before": NOW}, None),
    ],
)
def test_since_when_there_is_news(values: dict[str, object], since: str | None) -> None:
    session = replace(a_session("a"), **values)  # type: ignore[arg-type]
    expected = {
        "created": session.created_at,
        "read_at": session.read_at,
        "read_before": session.read_before,
        None: None,
    }
    assert since_of(session, NOW) == expected[since]
