"""Sessions and events as JSON objects, without any validating library.

The host and its clients are of one user and one version, so what comes from the
host is read as it is; what goes to the host is validated there (`messages.py`).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from agentdeck.core.checks import CheckState, SetupState
from agentdeck.core.events import Event, EventKind
from agentdeck.core.moments import Moment, MomentKind
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.core.session import (
    Activity,
    Needs,
    NeedsKind,
    Phase,
    Session,
    SessionId,
    SessionType,
    Why,
)

_SESSION_FIELDS = frozenset(field.name for field in fields(Session))
_TIMES = (
    "created_at",
    "updated_at",
    "needs_since",
    "stuck_since",
    "started_at",
    "ended_at",
    "read_at",
    "read_before",
)


def session_to_wire(session: Session) -> dict[str, Any]:
    """A session as `agentdeck ls --json` shows it."""
    values: dict[str, Any] = {name: getattr(session, name) for name in _ORDERED}
    for name in _TIMES:
        values[name] = _time_to_wire(values[name])
    values["phase"] = session.phase.value
    values["activity"] = session.activity.value if session.activity else None
    values["command"] = list(session.command)
    values["images"] = list(session.images)
    values["queued"] = list(session.queued)
    values["collides"] = list(session.collides)
    values["same_files"] = list(session.same_files)
    values["checks"] = list(session.checks)
    values["continued"] = list(session.continued)
    values["type"] = session.type.value
    values["check"] = session.check.value
    values["setup"] = session.setup.value
    values["needs"] = needs_to_wire(session.needs)
    values["pull"] = pull_to_wire(session.pull)
    if session.why is not None:
        why = session.why
        at = _time_to_wire(why.at)
        values["why"] = {"source": why.source, "detail": why.detail, "at": at}
    return values


_ORDERED = tuple(field.name for field in fields(Session))


def needs_to_wire(needs: Needs | None) -> dict[str, Any] | None:
    """What an agent asks, as `{kind, text, choices, until}`."""
    if needs is None:
        return None
    return {
        "kind": needs.kind.value,
        "text": needs.text,
        "choices": list(needs.choices),
        "until": _time_to_wire(needs.until),
    }


def needs_from_wire(values: dict[str, Any] | None) -> Needs | None:
    """What an agent asks, from `{kind, text, choices, until}`."""
    if values is None:
        return None
    kind, until = NeedsKind(values["kind"]), values.get("until")
    at = datetime.fromisoformat(until) if until else None
    return Needs(kind, values["text"], tuple(values.get("choices") or ()), at)


def pull_to_wire(pull: PullRequest | None) -> dict[str, Any] | None:
    """A pull request as `agentdeck pr status --json` shows it."""
    return None if pull is None else {n: getattr(pull, n) for n in _PULL_FIELDS}


def pull_from_wire(values: dict[str, Any] | None) -> PullRequest | None:
    """A pull request from its JSON object; keys of a newer host are left out."""
    if values is None:
        return None
    known = {name: values[name] for name in _PULL_FIELDS if name in values}
    known["state"] = PullState(known.get("state") or PullState.OPEN)
    known["checks"] = PullChecks(known.get("checks") or PullChecks.NONE)
    known["review"] = PullReview(known.get("review") or PullReview.NONE)
    return PullRequest(**known)


_PULL_FIELDS = tuple(field.name for field in fields(PullRequest))


def session_from_wire(values: dict[str, Any]) -> Session:
    """A session from its JSON object; keys of a newer host are left out."""
    known = {name: value for name, value in values.items() if name in _SESSION_FIELDS}
    for name in _TIMES:
        if known.get(name) is not None:
            known[name] = datetime.fromisoformat(known[name])
    activity, why = known.get("activity"), known.get("why")
    known["id"] = SessionId(known["id"])
    known["phase"] = Phase(known["phase"])
    known["activity"] = Activity(activity) if activity else None
    known["needs"] = needs_from_wire(known.get("needs"))
    known["command"] = tuple(known.get("command") or ())
    known["images"] = tuple(known.get("images") or ())
    known["pull"] = pull_from_wire(known.get("pull"))
    known["queued"] = tuple(known.get("queued") or ())
    known["collides"] = tuple(known.get("collides") or ())
    known["same_files"] = tuple(known.get("same_files") or ())
    known["checks"] = tuple(known.get("checks") or ())
    known["continued"] = tuple(known.get("continued") or ())
    known["type"] = SessionType(known.get("type") or SessionType.BACKGROUND)
    known["check"] = CheckState(known.get("check") or CheckState.NONE)
    known["setup"] = SetupState(known.get("setup") or SetupState.NONE)
    if why is not None:
        at = datetime.fromisoformat(why["at"])
        known["why"] = Why(why["source"], why["detail"], at)
    return Session(**known)


def event_to_wire(event: Event) -> dict[str, Any]:
    """An event as `agentdeck events --json` shows it."""
    return {
        "server_seq": event.server_seq,
        "at": _time_to_wire(event.at),
        "kind": event.kind.value,
        "session_id": event.session_id,
        "data": event.data,
    }


def event_from_wire(values: dict[str, Any]) -> Event:
    """An event from its JSON object."""
    return Event(
        values["server_seq"],
        datetime.fromisoformat(values["at"]),
        EventKind(values["kind"]),
        values["session_id"],
        values["data"],
    )


def moment_to_wire(moment: Moment) -> dict[str, Any]:
    """A moment as `agentdeck timeline --json` shows it."""
    return {
        "n": moment.n,
        "session_id": moment.session_id,
        "at": _time_to_wire(moment.at),
        "kind": moment.kind.value,
        "text": moment.text,
        "by": moment.by,
    }


def moment_from_wire(values: dict[str, Any]) -> Moment:
    """A moment from its JSON object."""
    return Moment(
        values["session_id"],
        datetime.fromisoformat(values["at"]),
        MomentKind(values["kind"]),
        values["text"],
        values["by"],
        values["n"],
    )


def _time_to_wire(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
