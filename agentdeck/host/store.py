"""The host's memory on disk: sessions and the event log, in SQLite (WAL).

Every call runs on one thread of its own, so that a slow disk never blocks the loop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event, EventKind
from agentdeck.core.moments import Moment, MomentKind
from agentdeck.core.session import Session
from agentdeck.host.gain_log import SCHEMA as GAIN_SCHEMA
from agentdeck.host.gain_log import GainLog
from agentdeck.rpc.wire import (
    event_from_wire,
    session_from_wire,
    session_to_wire,
)

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
KEPT_EVENTS = 50_000
"""Older events are dropped; a client that asks for them gets a snapshot."""
_PRUNE_EVERY = 1000
KEPT_MOMENTS = 5000
"""Of a session's timeline; older moments are dropped."""
KEPT_OF_REMOVED_DAYS = 31
"""How long the timeline of a removed session stays, which may be brought back."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
    session_id TEXT, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pool (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS moments (
    n INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, at TEXT NOT NULL,
    kind TEXT NOT NULL, text TEXT NOT NULL, by TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS moments_of ON moments (session_id, n);
CREATE TABLE IF NOT EXISTS reviews (
    id TEXT PRIMARY KEY, session_id TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS findings (session_id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS review_rules (key TEXT PRIMARY KEY, seen_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS layouts (size TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS listing (name TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trust (repo TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS prompts (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS choices (repo TEXT PRIMARY KEY, data TEXT NOT NULL);
"""

T = TypeVar("T")


class StoreError(AgentDeckError):
    """The state could not be written or read."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction holds: news, and the sessions as they are after it."""

    events: tuple[Event, ...] = ()
    saved: tuple[Session, ...] = ()
    removed: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was on disk when the host started."""

    sessions: tuple[Session, ...] = ()
    last_seq: int = 0
    set_aside: Path | None = None
    """Where a state file that could not be read was kept."""
    pool: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, str] = field(default_factory=dict)
    """As JSON, by the size of the terminal; the one kept last is last."""
    prompts: dict[str, str] = field(default_factory=dict)
    """What was typed into the composer, by its hash; the newest is last."""
    choices: dict[str, str] = field(default_factory=dict)
    """What was last chosen in the composer, as JSON by repository."""
    batches: dict[str, str] = field(default_factory=dict)
    """Records of merges as JSON, by id; the one kept last is last."""
    runs: dict[str, str] = field(default_factory=dict)
    """Runs of pipelines as JSON, by name; the one kept last is last."""
    listing: dict[str, str] = field(default_factory=dict)
    """How the list is shown and its saved filters, as JSON."""
    trust: dict[str, str] = field(default_factory=dict)
    """What is trusted of repositories' settings, as JSON by their folders."""


class Store:
    """The state file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._database: sqlite3.Connection | None = None
        self._since_pruned = 0
        self.gain = GainLog(file)
        """The events that the gain is measured from."""

    async def open(self) -> Loaded:
        """Open or make the state file, and read the sessions.

        A file that is corrupt or of a newer version is kept aside under another
        name and an empty one begun; `Loaded.set_aside` tells.

        Raises:
            StoreError: If no state file can be made at all.
        """
        return await self._run(self._open)

    async def apply(self, change: Change) -> None:
        """Write one change, wholly or not at all.

        Raises:
            StoreError: If it could not be written, such as on a full disk.
        """
        try:
            await self._run(lambda: self._apply(change))
        except StoreError:
            self.gain.forget()
            raise

    async def events_since(self, since: int | None, limit: int) -> list[Event] | None:
        """The events after a number, or None if they are no longer kept.

        Without a number those from the oldest on.
        """
        return await self._run(lambda: self._events_since(since, limit))

    async def newest_of(self, kind: EventKind, limit: int) -> list[Event]:
        """The newest events of a kind, newest first."""
        return await self._run(lambda: self._newest(kind, limit))

    async def moments_of(self, session_id: str, since: int = 0) -> list[Moment]:
        """A session's timeline after a number, oldest first."""
        return await self._run(lambda: self._moments_of(session_id, since))

    async def past_questions(self, limit: int) -> list[Session]:
        """The newest states in which a session asked something, newest first."""
        kind = EventKind.SESSION_CHANGED
        events = await self._run(lambda: self._newest(kind, limit, asks=True))
        states = [event.data.get("session") for event in events]
        return [session_from_wire(each) for each in states if isinstance(each, dict)]

    async def save_pool(self, values: dict[str, str]) -> None:
        """Remember what a person changed of the pool."""
        await self._run(lambda: self._save_pool(values))

    async def save_layout(self, size: str, data: str, *, keep: int) -> None:
        """Remember how the app was divided; only the newest `keep` stay."""
        await self._run(lambda: self._save_newest("layouts", size, data, keep))

    async def save_listing(self, name: str, data: str) -> None:
        """Remember how the list is shown, or its saved filters."""
        await self._run(lambda: self._save_listing(name, data))

    async def save_composed(
        self, table: Literal["prompts", "choices"], key: str, data: str, *, keep: int
    ) -> None:
        """Remember what was composed; only the newest `keep` stay."""
        await self._run(lambda: self._save_newest(table, key, data, keep))

    async def save_batch(self, batch_id: str, data: str, *, keep: int) -> None:
        """Remember a batch of merges; only the newest `keep` stay."""
        await self._run(lambda: self._save_newest("batches", batch_id, data, keep))

    async def save_run(self, name: str, data: str, *, keep: int) -> None:
        """Remember a run of a pipeline; only the newest `keep` stay."""
        await self._run(lambda: self._save_newest("runs", name, data, keep))

    async def drop_batch(self, batch_id: str) -> None:
        """Forget a batch of merges."""
        await self._run(lambda: self._drop_batch(batch_id))

    async def save_trust(self, repo: str, data: str) -> None:
        """Remember which text of a repository's settings is trusted."""
        await self._run(lambda: self._save_trust(repo, data))

    async def drop_trust(self, repo: str) -> None:
        """Forget that a repository is trusted."""
        await self._run(lambda: self._save_trust(repo, None))

    async def with_database(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the open database, in a transaction of its own.

        Raises:
            StoreError: If it could not be written or read.
        """

        def work() -> T:
            with self._open_database as database:
                return job(database)

        return await self._run(work)

    async def close(self) -> None:
        """Close the file."""
        await self._run(self._close)
        self._thread.shutdown()

    async def _run(self, job: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, job)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"AgentDeck's state in {self._file} could not be read or written: "
                f"{error}. Check the room on that disk."
            ) from error

    def _open(self) -> Loaded:
        try:
            return self._load()
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            logger.warning("state_set_aside", exc_info=error)
        aside = self._set_aside()
        loaded = self._load()
        return replace(loaded, set_aside=aside)

    def _load(self) -> Loaded:
        database = sqlite3.connect(self._file, check_same_thread=False)
        self._database = database
        self._file.chmod(0o600)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise ValueError(f"state of version {version}, newer than {SCHEMA_VERSION}")
        database.executescript(_SCHEMA + GAIN_SCHEMA)
        database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        database.commit()
        rows = database.execute("SELECT data FROM sessions").fetchall()
        sessions = [session_from_wire(json.loads(data)) for (data,) in rows]
        (last,) = database.execute(
            "SELECT COALESCE(MAX(seq), 0) FROM events"
        ).fetchone()
        pool = dict(database.execute("SELECT name, value FROM pool").fetchall())
        sessions.sort(key=lambda s: (s.position, s.id))
        layouts = dict(
            database.execute("SELECT size, data FROM layouts ORDER BY rowid").fetchall()
        )
        prompts, choices, batches, runs = (
            dict(database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall())  # noqa: S608  # one of four names
            for table in ("prompts", "choices", "batches", "runs")
        )
        listing = dict(database.execute("SELECT name, data FROM listing").fetchall())
        trust = dict(database.execute("SELECT repo, data FROM trust").fetchall())
        return Loaded(
            tuple(sessions),
            last,
            None,
            pool,
            layouts,
            prompts,
            choices,
            batches,
            runs,
            listing,
            trust,
        )

    def _set_aside(self) -> Path:
        self._close()
        aside = self._file.with_name(f"{self._file.name}.kept-{time.time_ns()}")
        self._file.rename(aside)
        for suffix in ("-wal", "-shm"):
            left = self._file.with_name(self._file.name + suffix)
            if left.exists():
                left.rename(aside.with_name(aside.name + suffix))
        return aside

    @property
    def _open_database(self) -> sqlite3.Connection:
        if self._database is None:
            raise sqlite3.ProgrammingError("the state file is not open")
        return self._database

    def _apply(self, change: Change) -> None:
        database = self._open_database
        with database:
            database.executemany(
                "INSERT OR REPLACE INTO sessions VALUES (?, ?)",
                [(s.id, json.dumps(session_to_wire(s))) for s in change.saved],
            )
            database.executemany(
                "DELETE FROM sessions WHERE id = ?",
                [(each,) for each in change.removed],
            )
            database.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?)",
                [_event_row(event) for event in change.events],
            )
            self.gain.write(database, change.events)
            database.executemany(
                "INSERT INTO moments (session_id, at, kind, text, by) "
                "VALUES (?, ?, ?, ?, ?)",
                [_moment_row(moment) for moment in change.moments],
            )
            self._since_pruned += len(change.events) + len(change.moments)
            if self._since_pruned >= _PRUNE_EVERY and change.events:
                self._since_pruned = 0
                oldest = change.events[-1].server_seq - KEPT_EVENTS
                database.execute("DELETE FROM events WHERE seq <= ?", (oldest,))
                _prune_moments(database)
                self.gain.prune(database)

    def _moments_of(self, session_id: str, since: int) -> list[Moment]:
        rows = self._open_database.execute(
            "SELECT n, at, kind, text, by FROM moments "
            "WHERE session_id = ? AND n > ? ORDER BY n",
            (session_id, since),
        ).fetchall()
        return [
            Moment(
                session_id, datetime.fromisoformat(at), MomentKind(kind), text, by, n
            )
            for n, at, kind, text, by in rows
        ]

    def _events_since(self, since: int | None, limit: int) -> list[Event] | None:
        database = self._open_database
        first, last = database.execute(
            "SELECT COALESCE(MIN(seq), 1), COALESCE(MAX(seq), 0) FROM events"
        ).fetchone()
        if since is None:
            since = first - 1
        elif since + 1 < first or since > last:
            return None
        rows = database.execute(
            "SELECT seq, at, kind, session_id, data FROM events WHERE seq > ? "
            "ORDER BY seq LIMIT ?",
            (since, limit),
        ).fetchall()
        return [_event_from_row(row) for row in rows]

    def _newest(
        self, kind: EventKind, limit: int, *, asks: bool = False
    ) -> list[Event]:
        rows = self._open_database.execute(
            "SELECT seq, at, kind, session_id, data FROM events WHERE kind = ? "
            "AND (NOT ? OR json_extract(data, '$.session.needs') IS NOT NULL) "
            "ORDER BY seq DESC LIMIT ?",
            (kind.value, asks, limit),
        ).fetchall()
        return [_event_from_row(row) for row in rows]

    def _save_pool(self, values: dict[str, str]) -> None:
        with self._open_database as database:
            database.executemany(
                "INSERT OR REPLACE INTO pool VALUES (?, ?)", list(values.items())
            )

    def _save_listing(self, name: str, data: str) -> None:
        with self._open_database as database:
            database.execute(
                "INSERT OR REPLACE INTO listing VALUES (?, ?)", (name, data)
            )

    def _save_newest(
        self,
        table: Literal["layouts", "batches", "prompts", "choices", "runs"],
        key: str,
        data: str,
        keep: int,
    ) -> None:
        with self._open_database as database:
            # Replacing gives a new rowid, so the order is that of keeping.
            newest = f"SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT ?"  # noqa: S608  # one of five names
            replace_row = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608  # as above
            database.execute(replace_row, (key, data))
            prune = f"DELETE FROM {table} WHERE rowid NOT IN ({newest})"  # noqa: S608  # as above
            database.execute(prune, (keep,))

    def _drop_batch(self, batch_id: str) -> None:
        with self._open_database as database:
            database.execute("DELETE FROM batches WHERE id = ?", (batch_id,))

    def _save_trust(self, repo: str, data: str | None) -> None:
        with self._open_database as database:
            if data is None:
                database.execute("DELETE FROM trust WHERE repo = ?", (repo,))
            else:
                row = (repo, data)
                database.execute("INSERT OR REPLACE INTO trust VALUES (?, ?)", row)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _moment_row(moment: Moment) -> tuple[str, str, str, str, str]:
    at = moment.at.isoformat(timespec="milliseconds")
    # Text that cannot be encoded, as from a broken escape in JSON, must not stop all.
    text = moment.text.encode("utf-8", "replace").decode()
    return moment.session_id, at, moment.kind.value, text, moment.by


def _prune_moments(database: sqlite3.Connection) -> None:
    database.execute(
        "DELETE FROM moments WHERE n IN (SELECT n FROM (SELECT n, row_number() OVER "
        "(PARTITION BY session_id ORDER BY n DESC) AS place FROM moments) "
        "WHERE place > ?)",
        (KEPT_MOMENTS,),
    )
    long_ago = datetime.now(UTC) - timedelta(days=KEPT_OF_REMOVED_DAYS)
    database.execute(
        "DELETE FROM moments WHERE at < ? "
        "AND session_id NOT IN (SELECT id FROM sessions)",
        (long_ago.isoformat(timespec="milliseconds"),),
    )


def _event_row(event: Event) -> tuple[int, str, str, str | None, str]:
    data = json.dumps(event.data, separators=(",", ":"))
    at = event.at.isoformat(timespec="milliseconds")
    return event.server_seq, at, event.kind.value, event.session_id, data


def _event_from_row(row: Sequence[object]) -> Event:
    seq, at, kind, session_id, data = row
    return event_from_wire(
        {
            "server_seq": seq,
            "at": at,
            "kind": kind,
            "session_id": session_id,
            "data": json.loads(str(data)),
        }
    )
