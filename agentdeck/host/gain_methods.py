"""The methods about the measured gain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentdeck.core.events import Event, EventKind
from agentdeck.core.filters import Filter, parse_filter
from agentdeck.core.gain import By, totals_to_wire
from agentdeck.core.gain_events import Work, work_of
from agentdeck.core.gain_walk import Measured, measure
from agentdeck.core.session import Activity, Phase, Session, SessionId
from agentdeck.host.method import Method
from agentdeck.rpc import gain_messages as m
from agentdeck.rpc.wire import event_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class GainMethods:
    """Takes note of people's attention, and measures."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "gain.attend": Method(m.Attend, self._attend),
            "gain.measure": Method(m.Measure, self._measure),
            "gain.events": Method(m.ReadGainEvents, self._events),
        }

    async def _attend(self, params: m.Attend) -> dict[str, Any]:
        data: dict[str, object] = {"client": params.client}
        if params.id is not None:
            session = self._host.sessions.session(params.id)
            data |= {"how": params.how, "ago_s": round(params.ago_s, 3)}
            self._host.journal.record(EventKind.ATTENDED, data, session.id)
        else:
            self._host.journal.record(EventKind.ATTENDED, data)
        return {}

    async def _events(self, params: m.ReadGainEvents) -> dict[str, Any]:
        events = await self._host.store.gain.events(params.since, params.limit)
        return {"events": [event_to_wire(event) for event in events]}

    async def _measure(self, params: m.Measure) -> dict[str, Any]:
        wanted = parse_filter(params.filter, self._host.listing.queries)
        known = {str(session.id): session for session in self._host.sessions}
        await self._host.journal.written()
        events = await self._host.store.gain.events_for(params.since)
        now = datetime.now(UTC)
        measured = await asyncio.to_thread(
            _measured, events, params.since, now, wanted, known
        )
        return {"filter": params.filter, **measured_to_wire(measured)}


def _measured(
    events: list[Event],
    since: datetime,
    now: datetime,
    query: Filter,
    known: Mapping[str, Session],
) -> Measured:
    if not query.query.strip():
        return measure(events, since, now)
    return measure(events, since, now, wanted=_wanted(events, query, known, now))


def _wanted(
    events: list[Event], query: Filter, known: Mapping[str, Session], now: datetime
) -> Callable[[str], bool]:
    """The sessions that a query means; those that are gone as they were last."""
    last: dict[str, Work] = {}
    for event in events:
        work = work_of(event.data)
        if work is not None and event.session_id:
            last[event.session_id] = work
    chosen = {
        session_id
        for session_id, work in last.items()
        if query.meets_all(known.get(session_id) or _as_session(session_id, work), now)
    }
    return chosen.__contains__


def _as_session(session_id: str, work: Work) -> Session:
    activities, phases = set(Activity), set(Phase)
    long_ago = datetime.fromtimestamp(0, UTC)
    return Session(
        id=SessionId(session_id),
        name=work.name,
        title=work.title,
        repo=work.repo,
        branch=work.branch,
        base="",
        worktree="",
        agent=work.agent,
        model=work.model or None,
        group=work.group,
        created_at=long_ago,
        updated_at=long_ago,
        phase=Phase(work.phase) if work.phase in phases else Phase.ENDED,
        activity=Activity(work.activity) if work.activity in activities else None,
        merged_into="" if work.merged else None,
    )


def measured_to_wire(measured: Measured) -> dict[str, Any]:
    """What was measured, as `agentdeck metrics --json` shows it."""
    return {
        "since": measured.since.isoformat(timespec="milliseconds"),
        "until": measured.until.isoformat(timespec="milliseconds"),
        "total": totals_to_wire(measured.total),
        "by": {
            by.value: [
                {"key": row.key, **totals_to_wire(row.totals)}
                for row in measured.rows[by]
            ]
            for by in By
        },
        "sessions": [
            {"id": row.id, "name": row.name, **totals_to_wire(row.totals)}
            for row in measured.sessions
        ],
    }
