"""What the person's hooks are told: names of events, and what a change means."""

from __future__ import annotations

from typing import Any

import pytest

from agentdeck.config.settings import HookSettings
from agentdeck.core.events import Event, EventKind
from agentdeck.core.hook_events import (
    BY_HOOKS,
    EVENT_NAMES,
    ONLY_BY_NAME,
    Namer,
    checked_pattern,
    matches,
)
from tests.fakes.fake_client import NOW


def a_state(
    phase: str = "running", activity: str | None = None, **more: Any
) -> dict[str, Any]:
    asks = more.get("asks", "")
    return {
        "id": "1",
        "name": "one",
        "phase": phase,
        "activity": "needs-input" if asks else activity,
        "needs": {"kind": "question", "text": "?"} if asks else None,
        "needs_since": asks or None,
        "ruled_by": more.get("ruled_by", ""),
        "last_line": more.get("last_line", ""),
    }


def names(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    event = Event(2, NOW, EventKind.SESSION_CHANGED, "1", {"session": after})
    told = [each.name for each in Namer([before]).happened(event)]
    assert told[0] == "session.changed"
    return told[1:]


CHANGES = (
    (a_state("queued"), a_state("preparing"), ["session.preparing"]),
    (a_state("preparing"), a_state(), ["session.started"]),
    (
        a_state("preparing"),
        a_state(activity="working"),
        ["session.started", "session.working"],
    ),
    (a_state(activity="working"), a_state(activity="idle"), ["session.idle"]),
    (a_state(activity="idle"), a_state(activity="idle", last_line="x"), []),
    (a_state(activity="working"), a_state(asks="t1"), ["session.needs-input"]),
    (a_state(asks="t1"), a_state(asks="t1", last_line="x"), []),
    (a_state(asks="t1"), a_state(asks="t2"), ["session.needs-input"]),
    (a_state(activity="working"), a_state(asks="t1", ruled_by="rule 1"), []),
    (
        a_state(asks="t1", ruled_by="rule 1"),
        a_state(asks="t1"),
        ["session.needs-input"],
    ),
    (a_state(activity="working"), a_state("ended"), ["session.ended"]),
    (a_state("running"), a_state("failed"), ["session.failed"]),
    (a_state("ended"), a_state("queued"), ["session.queued"]),
)


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES)
def test_what_a_change_means(
    before: dict[str, Any], after: dict[str, Any], expected: list[str]
) -> None:
    assert names(before, after) == expected


OTHERS = (
    (EventKind.SESSION_ADDED, {"session": a_state("queued")}, ["session.created"]),
    (EventKind.SESSION_REMOVED, {"name": "one"}, ["session.removed"]),
    (EventKind.SESSION_MERGED, {"into": "main"}, ["merge.landed"]),
    (EventKind.MERGE_PROGRESS, {}, ["merge.progress"]),
    (EventKind.CHECK_ENDED, {"state": "failed"}, ["check.failed"]),
    (EventKind.NOTICE, {"level": "warning"}, ["notice.warning"]),
    (EventKind.NOTICE, {"level": "warning", "by": BY_HOOKS}, []),
    (EventKind.ATTENDED, {}, []),
    (EventKind.PULSE, {}, []),
)


@pytest.mark.parametrize(("kind", "data", "expected"), OTHERS)
def test_what_an_event_is_called(
    kind: EventKind, data: dict[str, Any], expected: list[str]
) -> None:
    namer = Namer([a_state("ended")])
    told = namer.happened(Event(1, NOW, kind, "1", data))
    assert [each.name for each in told] == expected
    assert all(each.name in EVENT_NAMES for each in told)


def test_a_hook_gets_the_session_with_what_happened_to_it() -> None:
    namer = Namer([a_state("ended")])
    (told,) = namer.happened(
        Event(7, NOW, EventKind.SESSION_MERGED, "1", {"into": "main"})
    )
    assert told.payload["session"]["name"] == "one"
    assert told.payload["data"] == {"into": "main"}
    assert told.payload["server_seq"] == 7


@pytest.mark.parametrize("name", [n for n in EVENT_NAMES if n not in ONLY_BY_NAME])
def test_a_star_means_all_but_what_happens_all_the_time(name: str) -> None:
    assert matches("*", name)
    assert matches(name, name)


def test_what_happens_all_the_time_has_to_be_named() -> None:
    assert not matches("session.*", "session.changed")
    assert matches("session.changed", "session.changed")


@pytest.mark.parametrize("pattern", ["session.nedds-input", "", "merge", "session.*x"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no event is called"):
        checked_pattern(pattern)


def test_a_typo_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Did you mean session\.needs-input\?"):
        HookSettings(on=["session.needs-inptu"], run=["true"])


@pytest.mark.parametrize("run", [[], [""], ["a\0b"]])
def test_no_command_is_refused(run: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        HookSettings(on=["*"], run=run)
