"""Keeps the events that the gain is measured from, longer than all others.

They are reduced to what matters and written with the events themselves, in one
transaction. Reading has a connection of its own, so that no writing waits for it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event, EventKind
from agentdeck.core.gain_events import IDLE_CUT_S, Reducer

SCHEMA = """
CREATE TABLE IF NOT EXISTS gain (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
    session_id TEXT, data TEXT NOT NULL);
"""
KEPT = 200_000
"""Some months of heavy use, at 250 bytes each."""


LOOK_BACK = timedelta(seconds=IDLE_CUT_S * 3)

_AFTER = """
SELECT seq, at, kind, session_id, data FROM gain WHERE seq > ? ORDER BY seq LIMIT ?
"""
_FOR_RANGE = """
WITH first AS (
    SELECT COALESCE(MIN(seq), 9223372036854775807) AS seq FROM gain WHERE at >= :begin)
SELECT seq, at, kind, session_id, data FROM gain
WHERE seq >= (SELECT seq FROM first) OR seq IN (
    SELECT MAX(seq) FROM gain WHERE seq < (SELECT seq FROM first)
    AND kind IN ('session_added', 'session_changed', 'session_removed')
    GROUP BY session_id)
ORDER BY seq
"""


class GainLog:
    """The reduced events on disk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._reducer = Reducer()

    def write(self, database: sqlite3.Connection, events: Sequence[Event]) -> None:
        """Add what matters of some events, within the transaction that is open."""
        reduced = self._reducer.reduced(events)
        database.executemany(
            "INSERT OR REPLACE INTO gain VALUES (?, ?, ?, ?, ?)",
            [_to_row(event) for event in reduced],
        )

    def forget(self) -> None:
        """What was written last is not on disk; write all states once more."""
        self._reducer = Reducer()

    def prune(self, database: sqlite3.Connection) -> None:
        """Drop the oldest; within the transaction that is open."""
        database.execute(
            "DELETE FROM gain WHERE seq <= (SELECT seq FROM gain ORDER BY seq DESC "
            "LIMIT 1 OFFSET ?)",
            (KEPT,),
        )

    async def events(self, since: int = 0, limit: int = -1) -> list[Event]:
        """What is kept, in order, after a number.

        Raises:
            AgentDeckError: If it cannot be read.
        """
        return await self._fetch(_AFTER, (since, limit))

    async def events_for(self, since: datetime) -> list[Event]:
        """What a range that begins at a time is measured from, in order.

        Of what was before, only the last of each session: it says how it went into the
        range. The last minutes before it are whole, as attention reaches over.

        Raises:
            AgentDeckError: If it cannot be read.
        """
        begin = (since - LOOK_BACK).astimezone(UTC).isoformat(timespec="milliseconds")
        return await self._fetch(_FOR_RANGE, {"begin": begin})

    async def _fetch(self, query: str, values: Any) -> list[Event]:
        try:
            return await asyncio.to_thread(lambda: list(self._read(query, values)))
        except sqlite3.Error as error:
            raise AgentDeckError(
                f"The measured gain in {self._file} could not be read: {error}."
            ) from error

    def _read(self, query: str, values: Any) -> Iterator[Event]:
        uri = f"{self._file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            for seq, at, kind, session_id, data in database.execute(query, values):
                yield Event(
                    seq,
                    datetime.fromisoformat(at),
                    EventKind(kind),
                    session_id,
                    json.loads(data),
                )


def _to_row(event: Event) -> tuple[int, str, str, str | None, str]:
    data = json.dumps(event.data, separators=(",", ":"))
    at = event.at.isoformat(timespec="milliseconds")
    return event.server_seq, at, event.kind.value, event.session_id, data
