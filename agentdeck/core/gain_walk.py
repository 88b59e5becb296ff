"""Measures the gain: walks over events once and adds up who did what for how long.

The clock of the walk is the events' own. Between two of them at most `GAP_CUT_S` are
counted, as a host that runs says so every minute: after a crash, while the machine
sleeps, or when its clock leaps forward, nothing is made up. A clock that is set back
takes nothing away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from agentdeck.core.events import Event, EventKind
from agentdeck.core.gain import By, Row, SessionRow, Totals, midnight, summed
from agentdeck.core.gain_events import IDLE_CUT_S, PULSE_S, Reducer, Work
from agentdeck.core.session import Activity, Phase

GAP_CUT_S = PULSE_S * 1.5
"""More than a pulse, so that a busy host loses nothing."""
IN_TIME_S = 60.0

_WORKING = Activity.WORKING.value
_IDLE = Activity.IDLE.value
_RUNNING = Phase.RUNNING.value
_QUEUED = Phase.QUEUED.value
_FAILED = Phase.FAILED.value

Wanted = Callable[[str], bool]
"""Says of a session's id whether it is measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured over a range."""

    since: datetime
    until: datetime
    total: Totals
    rows: Mapping[By, tuple[Row, ...]]
    """Days in their order; the others with the most autonomous time first."""
    sessions: tuple[SessionRow, ...]


@dataclass(slots=True)
class _Tracked:
    """A session as it is at this point of the walk."""

    work: Work
    since: int
    """Up to where its time has been added, by the counted clock."""
    is_supervised: bool = False
    asks_since: int | None = None
    typed_until: int = -1
    """Until when a turn that begins was asked for by what a person typed."""
    has_run: bool = False
    added_on: str | None = None
    """The day that counts it as begun."""


@dataclass(slots=True)
class _Union:
    """How long any of some sessions worked."""

    count: int = 0
    since: int = 0
    total: int = 0


@dataclass(slots=True)
class _Window:
    """A stretch of real time that is added to one day, or to none."""

    start: float = 0.0
    end: float = 0.0
    day: str | None = None


@dataclass(slots=True)
class _State:
    sessions: dict[str, _Tracked] = field(default_factory=dict)
    clients: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Which session each client attends, and until when by the counted clock."""
    cells: defaultdict[tuple[str, str], Totals] = field(
        default_factory=lambda: defaultdict(Totals)
    )
    """By day and session."""
    unions: defaultdict[tuple[By, str], _Union] = field(
        default_factory=lambda: defaultdict(_Union)
    )
    walls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How long any session worked, by day."""
    works: dict[str, Work] = field(default_factory=dict)
    """The last that was known of each session, those that are gone too."""
    gone: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Removed sessions: the day that counts it as discarded, and whether it ran."""


def measure(
    events: Iterable[Event],
    since: datetime,
    until: datetime,
    *,
    zone: tzinfo | None = None,
    wanted: Wanted = lambda _: True,
) -> Measured:
    """Measure a range.

    Args:
        events: All events up to `until` in their order, those before `since` as well,
            as they say what went on when the range began; whole or reduced.
        since: Where the range begins.
        until: Where it ends, usually now.
        zone: Where days begin at midnight; None is the machine's own.
        wanted: Which sessions to measure, by their ids.
    """
    walk = _Walk(since, until, zone, wanted)
    walk.follow(events)
    return walk.measured()


class _Walk:
    def __init__(
        self, since: datetime, until: datetime, zone: tzinfo | None, wanted: Wanted
    ) -> None:
        self._since, self._until = since, until
        self._zone, self._wanted = zone, wanted
        self._from_ms, self._to_ms = _ms(since), _ms(until)
        self._clock = 0
        """The counted time in milliseconds."""
        self._at: int | None = None
        """The real time of the event before."""
        self._window = _Window()
        self._state = _State()

    def follow(self, events: Iterable[Event]) -> None:
        """Walk over the events, then on to the end of the range."""
        for event, work in Reducer().fresh(events):
            at = _ms(event.at)
            self._go_to(at)
            self._take(event, work)
        self._go_to(self._to_ms)
        self._flush_all()
        for tracked_id, tracked in self._state.sessions.items():
            self._count_need(tracked_id, tracked, is_answered=False)

    def _go_to(self, at: int) -> None:
        """Let time pass up to an event."""
        before, self._at = self._at, at
        if before is None:
            self._enter(at)
            return
        left = min(max(0, at - before), int(GAP_CUT_S * 1000))
        real = before
        while left > 0:
            self._enter(real)
            step = min(left, self._window_end(real) - real, self._to_next_end())
            self._clock += step
            real += step
            left -= step
            self._end_attention()
        self._enter(at)

    def _window_end(self, real: int) -> int:
        end = self._window.end
        return int(end) if end != float("inf") else real + (1 << 60)

    def _to_next_end(self) -> int:
        ends = [until for _, until in self._state.clients.values()]
        return max(1, min(ends) - self._clock) if ends else 1 << 60

    def _enter(self, at: int) -> None:
        """Come into the stretch of real time that a moment belongs to."""
        window = self._window
        if window.start <= at < window.end:
            return
        self._flush_all()
        self._window = self._window_of(at)

    def _window_of(self, at: int) -> _Window:
        if at < self._from_ms:
            return _Window(float("-inf"), self._from_ms, None)
        if at >= self._to_ms:
            return _Window(self._to_ms, float("inf"), None)
        here = datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone)
        bare = here.replace(tzinfo=None)
        start = _ms(midnight(bare, self._zone))
        end = _ms(midnight(bare + timedelta(days=1), self._zone))
        if not start <= at < end:
            # A zone without its midnight on this day; an hour at a time will do.
            start, end = at, at + 3_600_000
        return _Window(
            max(start, self._from_ms), min(end, self._to_ms), f"{here:%Y-%m-%d}"
        )

    def _take(self, event: Event, work: Work | None) -> None:
        session_id = event.session_id or ""
        match event.kind:
            case EventKind.ATTENDED:
                self._attend(session_id, event.data)
            case EventKind.SESSION_MERGED:
                self._cell(session_id).merges += 1
            case EventKind.SESSION_REMOVED:
                self._remove(session_id)
            case EventKind.SESSION_ADDED | EventKind.SESSION_CHANGED:
                if work is not None and self._wanted(session_id):
                    is_new = event.kind is EventKind.SESSION_ADDED
                    self._change(session_id, work, is_new=is_new)
            case _:
                pass

    def _cell(self, session_id: str) -> Totals:
        """Where a session's figures of now go; nowhere outside of the range."""
        day = self._window.day
        if day is None or not self._wanted(session_id):
            return Totals()
        return self._state.cells[day, session_id]

    # Sessions.

    def _change(self, session_id: str, work: Work, *, is_new: bool) -> None:
        state = self._state
        tracked = state.sessions.get(session_id)
        if tracked is None:
            tracked = _Tracked(work, self._clock)
            tracked.is_supervised = self._is_attended(session_id)
            state.sessions[session_id] = tracked
            if is_new:
                self._begin(session_id, tracked)
            self._count_working(work, 1)
        else:
            self._flush(session_id, tracked)
            self._note_turn(session_id, tracked, work)
            self._note_question(session_id, tracked, work)
            self._count_working(tracked.work, -1)
            self._count_working(work, 1)
            tracked.work = work
        tracked.has_run |= work.phase == _RUNNING
        if work.asks and tracked.asks_since is None:
            tracked.asks_since = self._clock
        state.works[session_id] = work

    def _begin(self, session_id: str, tracked: _Tracked) -> None:
        back = self._state.gone.pop(session_id, None)
        if back is not None:
            # It was discarded and brought back, so it neither begins nor is gone.
            day, tracked.has_run = back
            if day:
                self._state.cells[day, session_id].discards -= 1
            return
        tracked.added_on = self._window.day
        self._cell(session_id).sessions += 1

    def _remove(self, session_id: str) -> None:
        tracked = self._state.sessions.pop(session_id, None)
        if tracked is None:
            # Of one that went before the range no more is known than that.
            self._state.gone[session_id] = ("", True)
            return
        self._flush(session_id, tracked)
        self._count_working(tracked.work, -1)
        self._count_need(session_id, tracked, is_answered=False)
        if not tracked.has_run and tracked.work.phase == _FAILED:
            # It could not be made at all; then it never was one.
            if tracked.added_on is not None:
                self._state.cells[tracked.added_on, session_id].sessions -= 1
            return
        day = ""
        if not tracked.work.merged:
            self._cell(session_id).discards += 1
            day = self._window.day or ""
        self._state.gone[session_id] = (day, tracked.has_run)

    def _note_turn(self, session_id: str, tracked: _Tracked, work: Work) -> None:
        began = tracked.work.activity == _IDLE and work.activity == _WORKING
        if began and (work.asked or self._clock <= tracked.typed_until):
            self._cell(session_id).rework += 1

    def _note_question(self, session_id: str, tracked: _Tracked, work: Work) -> None:
        if tracked.asks_since is None or work.asks == tracked.work.asks:
            return
        is_answered = work.phase == _RUNNING
        self._count_need(session_id, tracked, is_answered=is_answered)
        tracked.asks_since = None

    def _count_need(
        self, session_id: str, tracked: _Tracked, *, is_answered: bool
    ) -> None:
        """Count a question that is answered, or one that nobody answered in time."""
        if tracked.asks_since is None:
            return
        took_ms = self._clock - tracked.asks_since
        is_in_time = took_ms <= IN_TIME_S * 1000
        if is_answered or not is_in_time:
            cell = self._last_cell(session_id)
            cell.needs += 1
            cell.in_time += is_answered and is_in_time

    def _last_cell(self, session_id: str) -> Totals:
        if self._window.day is None and self._at == self._to_ms:
            # The end of the range is no day of its own; the last day has it.
            day = self._window_of(self._to_ms - 1).day
            if day is not None:
                return self._state.cells[day, session_id]
        return self._cell(session_id)

    # Attention.

    def _attend(self, session_id: str, data: Mapping[str, object]) -> None:
        state, client = self._state, str(data.get("client") or "")
        before = state.clients.pop(client, None)
        if session_id:
            ago_ms = _number(data.get("ago_s")) * 1000
            until = self._clock + round(IDLE_CUT_S * 1000 - ago_ms)
            if before is not None and before[0] == session_id:
                until = max(until, before[1])
            if until > self._clock:
                state.clients[client] = (session_id, until)
            tracked = state.sessions.get(session_id)
            if tracked is not None and data.get("how") == "typing":
                tracked.typed_until = until
        for each in {session_id, before[0] if before else ""} - {""}:
            self._show_attention(each)

    def _end_attention(self) -> None:
        clients = self._state.clients
        if not clients:
            return
        ended = {c: s for c, (s, end) in clients.items() if end <= self._clock}
        for client in ended:
            del self._state.clients[client]
        for session_id in set(ended.values()):
            self._show_attention(session_id)

    def _is_attended(self, session_id: str) -> bool:
        return any(each == session_id for each, _ in self._state.clients.values())

    def _show_attention(self, session_id: str) -> None:
        tracked = self._state.sessions.get(session_id)
        if tracked is None:
            return
        is_supervised = self._is_attended(session_id)
        if is_supervised is not tracked.is_supervised:
            self._flush(session_id, tracked)
            tracked.is_supervised = is_supervised

    # Adding up.

    def _flush_all(self) -> None:
        for session_id, tracked in self._state.sessions.items():
            self._flush(session_id, tracked)
        for key, union in self._state.unions.items():
            self._flush_union(key, union)

    def _flush(self, session_id: str, tracked: _Tracked) -> None:
        passed, tracked.since = self._clock - tracked.since, self._clock
        work = tracked.work
        if not passed or self._window.day is None:
            return
        is_working = work.activity == _WORKING
        is_queued = work.phase == _QUEUED
        if not (tracked.is_supervised or is_working or work.asks or is_queued):
            return
        cell = self._state.cells[self._window.day, session_id]
        cell.supervised_ms += passed if tracked.is_supervised else 0
        cell.working_ms += passed if is_working else 0
        is_alone = is_working and not tracked.is_supervised
        cell.autonomous_ms += passed if is_alone else 0
        cell.waiting_ms += passed if work.asks else 0
        cell.queued_ms += passed if is_queued else 0

    def _count_working(self, work: Work, by: int) -> None:
        if work.activity != _WORKING:
            return
        for key in ((By.DAY, ""), *_keys(work)):
            union = self._state.unions[key]
            self._flush_union(key, union)
            union.count += by

    def _flush_union(self, key: tuple[By, str], union: _Union) -> None:
        passed, union.since = self._clock - union.since, self._clock
        if not passed or not union.count or self._window.day is None:
            return
        union.total += passed
        if key == (By.DAY, ""):
            # One counter follows all sessions through the days.
            self._state.walls[self._window.day] += passed

    # The end.

    def measured(self) -> Measured:
        """What all of it comes to."""
        state = self._state
        cells = {k: totals for k, totals in state.cells.items() if not totals.is_empty}
        by: dict[By, defaultdict[str, list[Totals]]] = {
            each: defaultdict(list) for each in By
        }
        by_session: defaultdict[str, list[Totals]] = defaultdict(list)
        for (day, session_id), totals in cells.items():
            by[By.DAY][day].append(totals)
            by_session[session_id].append(totals)
            for group, name in _keys(state.works.get(session_id, Work())):
                by[group][name].append(totals)
        rows = {each: self._rows(each, parts) for each, parts in by.items()}
        total = summed(cells.values())
        total.wall_ms = state.unions[By.DAY, ""].total
        sessions = tuple(
            SessionRow(each, state.works.get(each, Work()).name, _alone(parts))
            for each, parts in by_session.items()
        )
        ordered = sorted(sessions, key=lambda s: (-s.totals.autonomous_ms, s.name))
        return Measured(self._since, self._until, total, rows, tuple(ordered))

    def _rows(self, by: By, parts: Mapping[str, Iterable[Totals]]) -> tuple[Row, ...]:
        rows = [Row(key, summed(each)) for key, each in parts.items()]
        if by is By.DAY:
            for row in rows:
                row.totals.wall_ms = self._state.walls.get(row.key, 0)
            return tuple(sorted(rows, key=lambda row: row.key))
        for row in rows:
            row.totals.wall_ms = self._state.unions[by, row.key].total
        return tuple(sorted(rows, key=lambda r: (-r.totals.autonomous_ms, r.key)))


def _alone(parts: Iterable[Totals]) -> Totals:
    """The totals of one session: any of it working is all of it working."""
    totals = summed(parts)
    totals.wall_ms = totals.working_ms
    return totals


def _keys(work: Work) -> tuple[tuple[By, str], ...]:
    return (
        (By.REPOSITORY, work.repo),
        (By.AGENT, work.agent),
        (By.BRIEF, work.brief),
    )


def _number(value: object) -> float:
    is_number = isinstance(value, int | float) and value == value
    return min(IDLE_CUT_S, max(0.0, float(value))) if is_number else 0.0  # type: ignore[arg-type]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
