"""What becomes a moment of a timeline, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agentdeck.core.checks import CheckState
from agentdeck.core.events import EventKind
from agentdeck.core.moments import (
    Moment,
    MomentKind,
    moment_of_event,
    moment_of_hook,
    moments_between,
    said_of,
)
from agentdeck.core.session import Activity, Needs, NeedsKind, Phase, Session, Why
from tests.fakes.fake_client import NOW, a_session

ASKED = Needs(NeedsKind.PERMISSION, "Bash(rm x)", ("Yes", "No"))
LATER = datetime(2026, 5, 4, 13, 0, tzinfo=UTC)


def changed(before: Session, **values: Any) -> list[tuple[str, str, str]]:
    after = replace(before, **values)
    return [(m.kind.value, m.text, m.by) for m in moments_between(before, after)]


def asking(**values: Any) -> Session:
    return a_session(
        "a", activity=Activity.NEEDS_INPUT, needs=ASKED, needs_since=NOW, **values
    )


def why(source: str, detail: str) -> Why:
    return Why(source, detail, NOW)


def test_a_new_session_is_created_with_its_prompt() -> None:
    (moment,) = moments_between(None, a_session("a", prompt="Fix it"))
    assert (moment.kind, moment.text) == (MomentKind.CREATED, "Fix it")


@pytest.mark.parametrize(
    ("before", "values", "expected"),
    [
        (
            a_session("a", phase=Phase.PREPARING),
            {"phase": Phase.RUNNING},
            [("started", "claude", "")],
        ),
        (
            a_session("a"),
            {"phase": Phase.FAILED, "reason": "ended with status 3"},
            [("ended", "failed: ended with status 3", "")],
        ),
        (
            a_session("a"),
            {"phase": Phase.ENDED, "reason": "stopped"},
            [("ended", "stopped", "")],
        ),
        (a_session("a"), {"phase": Phase.STOPPING}, [("status", "stopping", "")]),
        (
            a_session("a"),
            {"activity": Activity.NEEDS_INPUT, "needs": ASKED, "needs_since": NOW},
            [("question", "permission: Bash(rm x)", "")],
        ),
        (
            asking(),
            {
                "activity": Activity.WORKING,
                "needs": None,
                "needs_since": None,
                "why": why("answer", "answered: approved (1. Yes)"),
            },
            [("answered", "approved (1. Yes)", "you")],
        ),
        (
            asking(),
            {
                "activity": Activity.WORKING,
                "needs": None,
                "needs_since": None,
                "why": why("answer", "answered by rule 2: approved (1. Yes)"),
            },
            [("answered", "approved (1. Yes)", "rule 2")],
        ),
        (
            asking(),
            {
                "activity": Activity.WORKING,
                "needs": None,
                "needs_since": None,
                "why": why("hook", "PostToolUse: x"),
            },
            [],
        ),
        (
            # The same question, told in more words.
            asking(),
            {"needs": replace(ASKED, text="Bash(rm x) in /tmp")},
            [],
        ),
        (
            asking(),
            {"needs_since": LATER, "why": why("answer", "1 was pressed")},
            [
                ("answered", "1 was pressed", "you"),
                ("question", "permission: Bash(rm x)", ""),
            ],
        ),
        (
            a_session("a"),
            {"activity": Activity.IDLE, "why": why("hook", "Stop: All done.")},
            [("turn", "All done.", "")],
        ),
        (
            a_session("a"),
            {"activity": Activity.IDLE, "why": why("hook", "session.status: idle")},
            [("turn", "", "")],
        ),
        (
            a_session("a", check=CheckState.RUNNING),
            {"check": CheckState.FAILED, "check_note": "2 of 12 failed"},
            [("check", "failed: 2 of 12 failed", "")],
        ),
        (a_session("a", check=CheckState.PASSED), {"check": CheckState.STALE}, []),
        (a_session("a"), {"ahead": 3, "last_line": "x"}, []),
    ],
)
def test_what_changes_of_a_session_becomes_moments(
    before: Session, values: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert changed(before, **values) == expected


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("UserPromptSubmit: Fix it: now", (MomentKind.PROMPT, "Fix it: now")),
        ("BeforeAgent: hi", (MomentKind.PROMPT, "hi")),
        ("PreToolUse: Bash(npm test)", (MomentKind.TOOL, "Bash(npm test)")),
        ("preToolUse: shell(ls)", (MomentKind.TOOL, "shell(ls)")),
        ("PostToolUse: Bash(npm test)", None),
        ("Stop: done", None),
        ("", None),
    ],
)
def test_what_hooks_tell(detail: str, expected: tuple[MomentKind, str] | None) -> None:
    moment = moment_of_hook("id", detail, NOW)
    assert (moment and (moment.kind, moment.text)) == expected


def test_what_events_tell() -> None:
    told = {
        "sha": "0123456789abcdef",
        "subject": "Fix",
        "into": "main",
        "commit": "f" * 40,
    }
    commit = moment_of_event(EventKind.COMMIT_LANDED, "id", told, NOW)
    merged = moment_of_event(EventKind.SESSION_MERGED, "id", told, NOW)
    assert commit is not None
    assert commit.text == "01234567 Fix"
    assert merged is not None
    assert said_of(merged) == "merged into main as ffffffff"
    assert moment_of_event(EventKind.RULE_ANSWERED, "id", {"by": "rule 1"}, NOW) is None
    assert moment_of_event(EventKind.SESSION_CHANGED, "id", {}, NOW) is None


@pytest.mark.parametrize("kind", MomentKind)
def test_each_kind_has_words(kind: MomentKind) -> None:
    said = said_of(Moment("id", NOW, kind, "text", "you"))
    assert "text" in said
    assert "{" not in said
    assert not said_of(Moment("id", NOW, kind)).endswith((":", " "))
