"""The names of what happens, as hooks of the settings know them.

A name is `what.happened`, such as `session.needs-input`. States of sessions are told
whole with each change; here it is found out what a change means.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from agentdeck.core.events import Event, EventKind
from agentdeck.core.session import Activity, Phase

CHANGED = "session.changed"
ONLY_BY_NAME = frozenset({CHANGED, "lines.printed"})
"""What happens all the time: any change of a session, and what it printed last. No
pattern means these, only their whole names."""

_NAMES = {
    EventKind.SESSION_ADDED: "session.created",
    EventKind.SESSION_REMOVED: "session.removed",
    EventKind.SESSION_MERGED: "merge.landed",
}
_PHASES = {
    Phase.QUEUED.value: "session.queued",
    Phase.PREPARING.value: "session.preparing",
    Phase.RUNNING.value: "session.started",
    Phase.STOPPING.value: "session.stopping",
    Phase.ENDED.value: "session.ended",
    Phase.FAILED.value: "session.failed",
    Phase.LOST.value: "session.lost",
}
_ACTIVITIES = {each.value: f"session.{each.value}" for each in Activity}
_BY_DATA = {
    EventKind.CHECK_ENDED: ("check", "state", ("passed", "failed", "interrupted")),
    EventKind.NOTICE: ("notice", "level", ("info", "warning", "error")),
}
_SILENT = frozenset(
    {EventKind.SESSION_CHANGED, EventKind.ATTENDED, EventKind.PULSE} | set(_BY_DATA)
)
BY_HOOKS = "hooks"
"""Who says a notice about a hook; no hook is told of it, as it would go round."""


def _plain_name(kind: EventKind) -> str:
    return _NAMES.get(kind) or kind.value.replace("_", ".", 1).replace("_", "-")


EVENT_NAMES: tuple[str, ...] = tuple(
    sorted(
        {
            CHANGED,
            *_PHASES.values(),
            *_ACTIVITIES.values(),
            *(_plain_name(kind) for kind in EventKind if kind not in _SILENT),
            *(f"{what}.{how}" for what, _, hows in _BY_DATA.values() for how in hows),
        }
    )
)


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern of the settings means an event."""
    if name in ONLY_BY_NAME:
        return pattern == name
    return fnmatchcase(name, pattern)


def checked_pattern(pattern: str) -> str:
    """A pattern that means at least one event.

    Raises:
        ValueError: If it means none; says which is near.
    """
    if any(matches(pattern, name) for name in EVENT_NAMES):
        return pattern
    near = difflib.get_close_matches(pattern, EVENT_NAMES, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(
        f"no event is called {pattern!r}.{hint} `agentdeck hooks --events` lists them"
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened, ready to be told to a hook."""

    name: str
    session_id: str | None
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Seen:
    phase: str
    activity: str
    asks: str
    """Since when, as a question that follows another is another one."""


class Namer:
    """Says what each event means; knows what each session did last."""

    def __init__(self, sessions: Iterable[Mapping[str, Any]] = ()) -> None:
        self._states = {str(each["id"]): dict(each) for each in sessions}

    def happened(self, event: Event) -> list[Happened]:
        """What an event means, in order; nothing for one that is of no interest."""
        session = event.data.get("session")
        before = self._states.get(event.session_id or "")
        if isinstance(session, dict) and event.session_id:
            self._states[event.session_id] = session
        elif event.kind is EventKind.SESSION_REMOVED and event.session_id:
            self._states.pop(event.session_id, None)
        names = _names(event, before)
        now = session if isinstance(session, dict) else before
        data = {k: v for k, v in event.data.items() if k != "session"}
        return [
            Happened(
                name,
                event.session_id,
                {
                    "event": name,
                    "at": event.at.isoformat(),
                    "server_seq": event.server_seq,
                    "session_id": event.session_id,
                    "session": now,
                    "data": data,
                },
            )
            for name in names
        ]


def _names(event: Event, before: Mapping[str, Any] | None) -> list[str]:
    if event.kind is EventKind.SESSION_CHANGED:
        session = event.data.get("session")
        return _of_change(before, session) if isinstance(session, dict) else []
    if event.kind in _BY_DATA:
        if event.data.get("by") == BY_HOOKS:
            return []
        what, key, hows = _BY_DATA[event.kind]
        how = str(event.data.get(key) or hows[0])
        return [f"{what}.{how if how in hows else hows[0]}"]
    if event.kind in _SILENT:
        return []
    return [_plain_name(event.kind)]


def _of_change(
    before: Mapping[str, Any] | None, session: Mapping[str, Any]
) -> list[str]:
    names = [CHANGED]
    if before is None:
        return names
    was, now = _seen(before), _seen(session)
    if was.phase != now.phase and now.phase in _PHASES:
        names.append(_PHASES[now.phase])
    is_other = was.activity != now.activity or (now.asks and was.asks != now.asks)
    if is_other and now.activity in _ACTIVITIES and now.phase == Phase.RUNNING.value:
        names.append(_ACTIVITIES[now.activity])
    return names


def _seen(session: Mapping[str, Any]) -> _Seen:
    activity, needs = str(session.get("activity") or ""), session.get("needs")
    asks = str(session.get("needs_since") or "") if needs else ""
    if activity == Activity.NEEDS_INPUT.value and session.get("ruled_by"):
        # A rule answers it, so nobody is needed.
        return _Seen(str(session.get("phase")), "", "")
    return _Seen(str(session.get("phase")), activity, asks)


SAMPLE: dict[str, Any] = {
    "event": "session.needs-input",
    "at": "2026-01-01T12:00:00+00:00",
    "server_seq": 0,
    "session_id": "0000000000",
    "session": {
        "id": "0000000000",
        "name": "sample",
        "title": "A sample session",
        "repo": "/home/you/project",
        "branch": "agentdeck/sample",
        "agent": "claude",
        "phase": "running",
        "activity": "needs-input",
        "needs": {
            "kind": "permission",
            "text": "Allow Bash to run `make test`?",
            "choices": ["Yes", "No"],
            "until": None,
        },
    },
    "data": {},
    "coalesced": 1,
    "sample": True,
}
"""What `agentdeck hooks --test` gives to a hook."""
