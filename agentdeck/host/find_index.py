"""The index of all logs: full text by lines, in a SQLite file of its own.

It can be lost at any time: what is in it is made anew from the recordings and records.
Every call blocks; one thread at a time may call.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

VERSION = 1
MAX_ALL_LINES = 2_000_000
"""Above this, some hundred megabytes, the texts that came first leave the index."""
MAX_LINES = 200_000
"""Of one text; more are not taken in."""
LONGEST_LINE = 1000
MAX_SCANNED = 5000
"""So many hits are looked at, newest texts first."""
_BITS = 24
"""A line's number: that of its text, and its own in the text in so many bits."""

_SCHEMA = """
CREATE TABLE texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,
    source TEXT NOT NULL, position TEXT NOT NULL, lines INTEGER NOT NULL,
    UNIQUE (session_id, source));
CREATE VIRTUAL TABLE lines USING fts5 (
    text, at UNINDEXED, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
"""


class Line(NamedTuple):
    """A line of a text, and when it was there."""

    text: str
    at: float


class Hit(NamedTuple):
    """A line that was found."""

    session_id: str
    source: str
    at: float
    text: str


class FindIndex:
    """Texts by session and source."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._database: sqlite3.Connection | None = None

    def position(self, session_id: str, source: str) -> str:
        """Up to where a text has been taken in; empty for not at all."""
        row = self._run(
            lambda d: d.execute(
                "SELECT position FROM texts WHERE session_id = ? AND source = ?",
                (session_id, source),
            ).fetchone()
        )
        return str(row[0]) if row else ""

    def take(
        self,
        session_id: str,
        source: str,
        lines: Sequence[Line],
        position: str,
        *,
        anew: bool = False,
    ) -> None:
        """Take lines in, wholly or not at all.

        Args:
            session_id: Whose text it is.
            source: Which of its texts.
            lines: What is added to it.
            position: Up to where it goes then.
            anew: It begins anew, so that what there was goes.
        """
        self._run(lambda d: _take(d, session_id, source, lines, position, anew=anew))

    def keep_only(self, session_ids: Iterable[str]) -> None:
        """Let the texts of all other sessions go."""
        kept = set(session_ids)

        def drop(database: sqlite3.Connection) -> None:
            for text, owner in database.execute("SELECT id, session_id FROM texts"):
                if owner not in kept:
                    _drop(database, text)

        self._run(drop)

    def bound(self) -> None:
        """Let the texts go that came first, until there are no more than there may be."""

        def drop_oldest(database: sqlite3.Connection) -> None:
            count = "SELECT COALESCE(SUM(lines), 0), MIN(id) FROM texts"
            while True:
                lines, oldest = database.execute(count).fetchone()
                if lines <= MAX_ALL_LINES:
                    return
                _drop(database, oldest)

        self._run(drop_oldest)

    def search(self, match: str) -> list[Hit]:
        """The lines that match, those of the newest texts first."""

        def found(database: sqlite3.Connection) -> list[Hit]:
            rows = database.execute(
                "SELECT t.session_id, t.source, l.at, l.text FROM ("
                "SELECT rowid AS n, at, text FROM lines WHERE lines MATCH ? "
                "ORDER BY rowid DESC LIMIT ?) l JOIN texts t ON t.id = l.n >> ?",
                (match, MAX_SCANNED, _BITS),
            ).fetchall()
            return [Hit(*row) for row in rows]

        return self._run(found)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do a job in a transaction; a file that is no index is made anew, once."""
        try:
            with self._opened() as database:
                return job(database)
        except sqlite3.OperationalError as error:
            # A locked file, a full disk: the index itself is well.
            if "malformed" not in str(error) and "no such" not in str(error):
                raise
            logger.warning("find_index_made_anew: %s", error)
        except sqlite3.DatabaseError as error:
            logger.warning("find_index_made_anew: %s", error)
        self._remove()
        with self._opened() as database:
            return job(database)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if self._database is None or not self._file.exists():
            self.close()
            self._database = self._open()
        with self._database:
            yield self._database

    def _open(self) -> sqlite3.Connection:
        database = self._connected()
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            database.close()
            self._remove()
            database, version = self._connected(), 0
        if not version:
            database.executescript(_SCHEMA)
            database.execute(f"PRAGMA user_version={VERSION}")
            database.commit()
        return database

    def _connected(self) -> sqlite3.Connection:
        self._file.touch(mode=0o600)
        self._file.chmod(0o600)
        database = sqlite3.connect(self._file, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute("PRAGMA secure_delete=FAST")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _remove(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)


def _take(
    database: sqlite3.Connection,
    session_id: str,
    source: str,
    lines: Sequence[Line],
    position: str,
    *,
    anew: bool,
) -> None:
    which = (session_id, source)
    where = "WHERE session_id = ? AND source = ?"
    row = database.execute(f"SELECT id, lines FROM texts {where}", which).fetchone()  # noqa: S608 - a constant
    if row is not None and anew:
        _drop(database, row[0])
        row = None
    if row is None:
        cursor = database.execute(
            "INSERT INTO texts (session_id, source, position, lines) VALUES (?, ?, '', 0)",
            which,
        )
        row = (cursor.lastrowid, 0)
    text, count = row
    room = max(0, MAX_LINES - count)
    database.executemany(
        "INSERT INTO lines (rowid, text, at) VALUES (?, ?, ?)",
        [
            ((text << _BITS) + count + number, line.text[:LONGEST_LINE], line.at)
            for number, line in enumerate(lines[:room])
        ],
    )
    database.execute(
        f"UPDATE texts SET position = ?, lines = lines + ? {where}",  # noqa: S608 - a constant
        (position, min(room, len(lines)), *which),
    )


def _drop(database: sqlite3.Connection, text: int) -> None:
    first, last = text << _BITS, (text + 1) << _BITS
    database.execute("DELETE FROM lines WHERE rowid >= ? AND rowid < ?", (first, last))
    database.execute("DELETE FROM texts WHERE id = ?", (text,))
