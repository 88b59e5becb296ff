"""What is kept of events for the measured gain, and what is read of it for a range."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.events import Event
from agentdeck.core.gain_walk import measure
from agentdeck.host import gain_log
from agentdeck.host.gain_log import SCHEMA, GainLog
from tests.unit.core.test_gain import HISTORIES, LATE, T0, Log


@contextmanager
def kept(events: list[Event], *, every: int = 1000) -> Iterator[GainLog]:
    """A log with these events, written so many at a time."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "state.db")
        log = GainLog(file)
        with closing(sqlite3.connect(file)) as database:
            database.executescript(SCHEMA)
            for start in range(0, len(events), every):
                with database:
                    log.write(database, events[start : start + every])
            yield log


async def test_what_was_not_written_is_written_once_more() -> None:
    log = Log()
    log.state(0, "a", new=True, activity="working")
    log.state(1, "a", activity="working")
    with kept(log.events) as gain:
        assert len(await gain.events()) == 1
        gain.forget()
        with closing(sqlite3.connect(gain._file)) as database, database:
            gain.write(database, log.events[1:])
        assert len(await gain.events()) == 2
        assert len(await gain.events(since=1)) == 1
        assert len(await gain.events(limit=1)) == 1


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gain_log, "KEPT", 3)
    log = Log()
    log.pulses(0, 600)
    with kept(log.events) as gain:
        with closing(sqlite3.connect(gain._file)) as database, database:
            gain.prune(database)
        assert [e.server_seq for e in await gain.events()] == [9, 10, 11]


async def test_of_what_was_before_a_range_only_the_last_is_read() -> None:
    log = Log()
    for at in range(0, 3600, 60):
        log.state(at, "a", new=at == 0, activity="idle" if at % 120 else "working")
    with kept(log.events) as gain:
        read = await gain.events_for(T0 + timedelta(seconds=3000))
    assert len(read) == 1 + (3600 - 3000 + 180) // 60


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.integers(min_value=0, max_value=4 * 3600))
def test_a_range_measures_the_same_from_less(events: list[Event], begin: int) -> None:
    """On a clock that goes forth; one that was set back may hide a question's age."""
    ordered = [
        Event(n, e.at, e.kind, e.session_id, e.data)
        for n, e in enumerate(sorted(events, key=lambda event: event.at), 1)
    ]
    since = T0 + timedelta(seconds=begin)
    with kept(ordered) as gain:
        read = asyncio.run(gain.events_for(since))
    assert len(read) <= len(ordered)
    less, whole = (measure(each, since, LATE, zone=UTC) for each in (read, ordered))
    assert less.total == whole.total
    assert less.rows == whole.rows
