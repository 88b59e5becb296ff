"""The gain is measured from events: times, counts, and what they are split by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.errors import UsageError
from agentdeck.core.events import Event, EventKind
from agentdeck.core.gain import (
    FIGURES,
    By,
    Totals,
    range_start,
    summed,
    totals_from_wire,
    totals_to_wire,
)
from agentdeck.core.gain_events import Reducer
from agentdeck.core.gain_walk import Measured, measure

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
END = T0 + timedelta(hours=12)


class Log:
    """Builds events; times are seconds after `T0`."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def _add(
        self, at: float, kind: EventKind, session_id: str | None, **data: object
    ) -> None:
        seq = len(self.events) + 1
        when = T0 + timedelta(seconds=at)
        self.events.append(Event(seq, when, kind, session_id, data))

    def state(
        self,
        at: float,
        name: str,
        phase: str = "running",
        activity: str | None = None,
        *,
        new: bool = False,
        asks: str = "",
        why: tuple[str, str] = ("hook", "x"),
        **more: object,
    ) -> None:
        session = {
            "name": name,
            "repo": more.get("repo", "/r"),
            "agent": more.get("agent", "claude"),
            "prompt": more.get("prompt", "Do it\nnow"),
            "phase": phase,
            "activity": "needs-input" if asks else activity,
            "needs": {"kind": "question", "text": "?"} if asks else None,
            "needs_since": asks or None,
            "ruled_by": more.get("ruled_by", ""),
            "merged_into": more.get("merged_into"),
            "why": {"source": why[0], "detail": why[1]},
            "last_line": str(at),
        }
        kind = EventKind.SESSION_ADDED if new else EventKind.SESSION_CHANGED
        self._add(at, kind, name, session=session)

    def attend(
        self, at: float, name: str | None, client: str = "c", **data: object
    ) -> None:
        self._add(at, EventKind.ATTENDED, name, client=client, **data)

    def pulses(self, start: float, end: float, every: float = 60) -> None:
        """Interleave pulses with what is there."""
        at = start
        while at <= end:
            self._add(at, EventKind.PULSE, None)
            at += every
        self.events.sort(key=lambda event: event.at)
        self.events = [
            Event(n, e.at, e.kind, e.session_id, e.data)
            for n, e in enumerate(self.events, 1)
        ]

    def tell(self, at: float, kind: EventKind, name: str) -> None:
        self._add(at, kind, name)

    def measured(self, until: float = 3600, since: float = 0) -> Measured:
        start, end = (T0 + timedelta(seconds=each) for each in (since, until))
        return measure(self.events, start, end, zone=UTC)


def test_work_is_autonomous_unless_somebody_attends() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.attend(10, "a", ago_s=0)
    log.attend(30, None)
    log.state(50, "a", activity="idle")
    total = log.measured().total
    assert (total.working_ms, total.supervised_ms) == (50_000, 20_000)
    assert total.autonomous_ms == 30_000
    assert total.gain == 1.5


def test_attention_ends_a_minute_after_the_last_act() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="idle")
    log.attend(0, "a", ago_s=0)
    log.attend(20, "a", ago_s=5)
    log.pulses(40, 400)
    # The last act was 15 s in; what was reported before never shortens it.
    assert log.measured().total.supervised_ms == 75_000


def test_an_old_act_that_is_told_late_shortens_nothing() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="idle")
    log.attend(10, "a", ago_s=0)
    log.attend(12, "a", ago_s=30)
    log.pulses(20, 400)
    assert log.measured().total.supervised_ms == 60_000


def test_turning_to_another_session_ends_the_first() -> None:
    log = Log()
    for name in "ab":
        log.state(0, name, new=True, activity="idle")
    log.attend(0, "a")
    log.attend(10, "b")
    log.attend(25, None)
    by_name = {row.name: row.totals for row in log.measured().sessions}
    assert by_name["a"].supervised_ms == 10_000
    assert by_name["b"].supervised_ms == 15_000


def test_two_clients_at_one_session_are_one_supervision() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.attend(0, "a", client="one")
    log.attend(10, "a", client="two")
    log.attend(15, None, client="one")
    log.attend(30, None, client="two")
    assert log.measured(until=30).total.supervised_ms == 30_000


def test_what_a_client_that_crashed_left_ends_by_itself() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.attend(0, "a", client="dead")
    log.pulses(30, 600)
    total = log.measured(until=600).total
    assert (total.supervised_ms, total.working_ms) == (60_000, 600_000)


def test_a_gap_without_a_host_counts_for_a_minute_and_a_half() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.pulses(60, 120)
    log.state(8000, "a", activity="idle")
    assert log.measured(until=9000).total.working_ms == 120_000 + 90_000


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    log = Log()
    log.state(100, "a", new=True, activity="working")
    log.state(130, "a", activity="idle")
    log.state(20, "a", activity="working")
    log.state(60, "a", activity="idle")
    total = log.measured().total
    assert (total.working_ms, total.wall_ms) == (70_000, 70_000)


def test_waiting_is_from_the_question_to_its_answer() -> None:
    log = Log()
    log.state(0, "a", new=True, asks="t1")
    log.state(20, "a", activity="working", why=("answer", "answered: yes"))
    log.state(30, "a", asks="t2")
    log.pulses(60, 180)
    log.state(200, "a", activity="working")
    log.state(210, "a", asks="t3")
    log.state(211, "a", "stopping")
    log.state(212, "a", "ended")
    total = log.measured(until=212).total
    assert total.waiting_ms == 20_000 + 170_000 + 1_000
    # The third was never answered, but it was not a minute old either.
    assert (total.needs, total.in_time) == (2, 1)


def test_one_question_right_after_another_is_two() -> None:
    log = Log()
    log.state(0, "a", new=True, asks="t1")
    log.state(20, "a", asks="t2")
    log.state(30, "a", activity="working")
    assert log.measured().total.needs == 2


def test_an_open_question_counts_once_it_is_a_minute_old() -> None:
    log = Log()
    log.state(0, "a", new=True, asks="t1")
    log.pulses(30, 30)
    assert log.measured(until=59).total.needs == 0
    old = log.measured(until=61)
    assert (old.total.needs, old.total.in_time) == (1, 0)
    assert old.rows[By.DAY][0].totals.needs == 1


def test_what_a_rule_answers_calls_nobody() -> None:
    log = Log()
    log.state(0, "a", new=True, asks="t1", ruled_by="rule 1")
    log.state(20, "a", activity="working")
    total = log.measured().total
    assert (total.needs, total.waiting_ms) == (0, 0)


def test_parallelism_is_working_time_by_the_time_of_any() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working", repo="/x")
    log.state(10, "b", new=True, activity="working", repo="/y")
    log.state(30, "a", activity="idle", repo="/x")
    log.state(40, "b", activity="idle", repo="/y")
    measured = log.measured()
    assert measured.total.wall_ms == 40_000
    assert measured.total.parallelism == 1.5
    walls = {row.key: row.totals.wall_ms for row in measured.rows[By.REPOSITORY]}
    assert walls == {"/x": 30_000, "/y": 30_000}


REWORK = (
    ("a person sent a text", ("answer", "a text was sent"), 1),
    ("what waited was sent", ("answer", "a queued text was sent"), 1),
    ("a hook tells of a prompt", ("hook", "UserPromptSubmit: again"), 1),
    ("it goes on by itself", ("hook", "PreToolUse: ls"), 0),
    ("it prints", ("output", "it prints: x"), 0),
    ("another agent sent a text", ("answer", "an agent sent a text"), 0),
    ("its first prompt", ("answer", "its first prompt was typed"), 0),
)


@pytest.mark.parametrize(("_case", "why", "count"), REWORK)
def test_rework_is_what_a_person_asked_for(
    _case: str, why: tuple[str, str], count: int
) -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working", why=("answer", "a text was sent"))
    log.state(10, "a", activity="idle")
    log.state(20, "a", activity="working", why=why)
    log.state(25, "a", activity="working", why=("answer", "a text was sent"))
    assert log.measured().total.rework == count


def test_a_prompt_typed_into_its_terminal_is_rework() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="idle")
    log.attend(1, "a", how="typing")
    log.state(5, "a", activity="working", why=("screen", "esc to interrupt"))
    log.state(8, "a", activity="idle")
    log.attend(9, "a", how="reading")
    log.pulses(60, 120)
    log.state(125, "a", activity="working", why=("screen", "esc to interrupt"))
    assert log.measured().total.rework == 1


def test_what_was_discarded_and_brought_back_is_not_discarded() -> None:
    log = Log()
    for name in "abc":
        log.state(0, name, "running", "idle", new=True)
        log.state(5, name, "ended", merged_into="main" if name == "c" else None)
        log.tell(10, EventKind.SESSION_REMOVED, name)
    log.state(20, "b", "ended", new=True)
    log.tell(4, EventKind.SESSION_MERGED, "c")
    total = log.measured().total
    assert (total.sessions, total.discards, total.merges) == (3, 1, 1)


def test_a_session_that_could_not_be_made_never_was() -> None:
    log = Log()
    log.state(0, "a", "queued", new=True)
    log.state(1, "a", "failed")
    log.tell(2, EventKind.SESSION_REMOVED, "a")
    total = log.measured().total
    assert (total.sessions, total.discards, total.queued_ms) == (0, 0, 1000)


def test_days_are_where_people_see_their_clock() -> None:
    """A night over the change to summer time, which has 23 hours."""
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, 22, 0, tzinfo=zone)
    log = Log()
    offset = (start - T0).total_seconds()
    log.state(offset, "a", new=True, activity="working")
    log.pulses(offset + 60, offset + 27 * 3600)
    end = datetime(2026, 3, 30, 1, 0, tzinfo=zone)
    measured = measure(log.events, start, end, zone=zone)
    hours = {r.key: r.totals.working_ms / 3_600_000 for r in measured.rows[By.DAY]}
    assert hours == {"2026-03-28": 2, "2026-03-29": 23, "2026-03-30": 1}


def test_what_began_before_the_range_goes_on_in_it() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.pulses(60, 600)
    measured = log.measured(since=300, until=420)
    assert measured.total.working_ms == 120_000
    assert measured.total.sessions == 0


def test_totals_survive_the_wire() -> None:
    totals = Totals(*range(1, len(FIGURES) + 1))
    assert totals_from_wire(totals_to_wire(totals)) == totals


RANGES = (
    ("7d", "2026-03-25T00:00"),
    ("1d", "2026-03-31T00:00"),
    ("2w", "2026-03-18T00:00"),
    ("12h", "2026-03-31T08:30"),
    ("30m", "2026-03-31T20:00"),
    ("2026-03-01", "2026-03-01T00:00"),
)


@pytest.mark.parametrize(("text", "begins"), RANGES)
def test_ranges(text: str, begins: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 31, 20, 30, tzinfo=zone)
    assert f"{range_start(text, now, zone):%Y-%m-%dT%H:%M}" == begins


@pytest.mark.parametrize("text", ["", "7", "0d", "d7", "99999w", "2026-04-01", "soon"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        range_start(text, datetime(2026, 3, 31, 20, 30, tzinfo=UTC), UTC)


NAMES = st.sampled_from("abc")
STEPS = st.integers(min_value=-30_000, max_value=400_000)
"""Milliseconds to the next event: the clock may also go back or leap."""
HAPPENED = st.one_of(
    st.tuples(
        st.just("state"),
        NAMES,
        st.sampled_from(["queued", "running", "stopping", "ended", "failed"]),
        st.sampled_from([None, "working", "idle"]),
        st.sampled_from(["", "", "t1", "t2"]),
    ),
    st.tuples(
        st.just("attend"),
        st.one_of(st.none(), NAMES),
        st.sampled_from("xy"),
        st.floats(min_value=-5, max_value=100),
        st.sampled_from(["typing", "reading"]),
    ),
    st.tuples(st.sampled_from(["merged", "removed"]), NAMES),
    st.tuples(st.just("pulse")),
)


def build(history: list[tuple[int, tuple[object, ...]]]) -> list[Event]:
    log, at, known = Log(), 0.0, set[str]()
    for step, (what, *rest) in history:
        at += step / 1000
        match what:
            case "state":
                name, phase, activity, asks = rest
                log.state(
                    at,
                    str(name),
                    str(phase),
                    activity,  # type: ignore[arg-type]
                    new=name not in known,
                    asks=str(asks) if phase == "running" else "",
                    repo="/even" if name == "a" else "/odd",
                )
                known.add(str(name))
            case "attend":
                name, client, ago_s, how = rest
                log.attend(at, name, str(client), ago_s=ago_s, how=how)  # type: ignore[arg-type]
            case "merged":
                log.tell(at, EventKind.SESSION_MERGED, str(rest[0]))
            case "removed":
                log.tell(at, EventKind.SESSION_REMOVED, str(rest[0]))
                known.discard(str(rest[0]))
            case _:
                log.tell(at, EventKind.PULSE, "")
    return log.events


HISTORIES = st.lists(st.tuples(STEPS, HAPPENED), max_size=60).map(build)
LATE = T0 + timedelta(days=2)


@settings(max_examples=300, deadline=None)
@given(HISTORIES)
def test_nothing_is_negative_and_parts_sum_up(events: list[Event]) -> None:
    measured = measure(events, T0, LATE, zone=ZoneInfo("Asia/Kathmandu"))
    total = measured.total
    for by in By:
        for row in measured.rows[by]:
            assert all(getattr(row.totals, name) >= 0 for name in FIGURES)
            assert row.totals.autonomous_ms <= row.totals.working_ms
            assert row.totals.wall_ms <= row.totals.working_ms
            supervised_work = row.totals.working_ms - row.totals.autonomous_ms
            assert supervised_work <= row.totals.supervised_ms
            assert row.totals.in_time <= row.totals.needs
        sums = summed(row.totals for row in measured.rows[by])
        if by is not By.DAY:
            sums.wall_ms = total.wall_ms
        assert sums == total
    each = summed(row.totals for row in measured.sessions)
    each.wall_ms = total.wall_ms
    assert each == total


@settings(max_examples=200, deadline=None)
@given(HISTORIES, st.integers(min_value=0, max_value=4 * 3600))
def test_two_halves_of_a_range_sum_to_the_whole(
    events: list[Event], cut_s: int
) -> None:
    cut = T0 + timedelta(seconds=cut_s)
    whole = measure(events, T0, LATE, zone=UTC).total
    # Both halves are walked to the same end, so that no question is open at the cut.
    halves = [
        measure(events, *ends, zone=UTC).total for ends in ((T0, cut), (cut, LATE))
    ]
    for name in (each for each in FIGURES if each.endswith("_ms")):
        assert sum(getattr(h, name) for h in halves) == getattr(whole, name)


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.integers(min_value=1, max_value=20))
def test_the_reduced_events_measure_the_same(events: list[Event], every: int) -> None:
    """Also if the one who reduces forgets now and then, as a host that starts."""
    reduced: list[Event] = []
    for start in range(0, len(events), every):
        reduced += Reducer().reduced(events[start : start + every])
    assert measure(reduced, T0, LATE, zone=UTC) == measure(events, T0, LATE, zone=UTC)


def test_a_reduced_event_is_small() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    (event,) = Reducer().reduced(log.events)
    assert event.data == {
        "work": {
            "name": "a",
            "repo": "/r",
            "agent": "claude",
            "brief": "Do it",
            "phase": "running",
            "activity": "working",
        }
    }
    assert Reducer().reduced([event]) == [event]
