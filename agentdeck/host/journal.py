"""The order of events: each is numbered, written to disk, then told to clients.

A client is told only what is on disk, so that after a crash no number is given
twice. When the disk is full, clients are told all the same and the writing is
tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from agentdeck.core.events import Event, EventKind
from agentdeck.core.moments import Moment
from agentdeck.core.session import Session
from agentdeck.host.store import Change, Store, StoreError

logger = logging.getLogger(__name__)

RETRY_S = 2.0
"""How soon a write that failed is tried again; runs only while the disk fails."""
MAX_BATCH = 500

Subscriber = Callable[[Event], None]


class Journal:
    """Numbers events, keeps them, and passes them on."""

    def __init__(self, store: Store, last_seq: int) -> None:
        self._store = store
        self._given_seq = last_seq
        self.told_seq = last_seq
        """The last number that clients have been told."""
        self._pending: list[Event] = []
        self._saved: dict[str, Session] = {}
        self._removed: set[str] = set()
        self._moments: list[Moment] = []
        self._unwritten: list[Event] = []
        self._wake = asyncio.Event()
        self._subscribers: list[Subscriber] = []
        self.on_told: Subscriber = lambda _: None
        """Called with each event like a client, though it does not count as one."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._disk_fails = False

    @property
    def has_subscribers(self) -> bool:
        """Whether any client listens."""
        return bool(self._subscribers)

    def record(
        self,
        kind: EventKind,
        data: dict[str, object],
        session_id: str | None = None,
        *,
        saved: tuple[Session, ...] = (),
        removed: bool = False,
    ) -> None:
        """Note an event and, with it, sessions' new states or one's removal."""
        self._given_seq += 1
        event = Event(self._given_seq, datetime.now(UTC), kind, session_id, data)
        self._pending.append(event)
        self._saved.update((session.id, session) for session in saved)
        if removed and session_id is not None:
            self._saved.pop(session_id, None)
            self._removed.add(session_id)
        self._idle.clear()
        self._wake.set()

    def note(self, moment: Moment) -> None:
        """Keep a moment of a session's timeline, with the events of its time."""
        self._moments.append(moment)
        self._idle.clear()
        self._wake.set()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call a function with each event from now on; gives the way to end it."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def written(self) -> None:
        """Wait until all that was recorded so far has been told."""
        await self._idle.wait()

    async def run(self) -> None:
        """Write and tell until cancelled; what is left is written on the way out."""
        try:
            while True:
                await self._until_woken()
                await self._flush()
        finally:
            await self._flush()

    async def _until_woken(self) -> None:
        if not self._unwritten and not self._disk_fails:
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(RETRY_S):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _flush(self) -> None:
        self._wake.clear()
        fresh, self._pending = self._pending, []
        saved, self._saved = self._saved, {}
        removed, self._removed = self._removed, set()
        moments, self._moments = self._moments, []
        events = [*self._unwritten, *fresh]
        if not events and not moments:
            self._idle.set()
            return
        change = Change(
            tuple(events), tuple(saved.values()), tuple(removed), tuple(moments)
        )
        try:
            await self._store.apply(change)
        except StoreError as error:
            self._keep_for_later(events, saved, removed)
            self._moments = [*moments, *self._moments][-MAX_BATCH * 20 :]
            self._tell(fresh)
            self._say_disk_fails(error)
        else:
            self._unwritten = []
            self._tell(fresh)
            self._say_disk_works()
        if not self._pending:
            self._idle.set()

    def _keep_for_later(
        self, events: list[Event], saved: dict[str, Session], removed: set[str]
    ) -> None:
        self._unwritten = events[-MAX_BATCH * 20 :]
        self._saved = {**saved, **self._saved}
        self._removed |= removed

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self.told_seq = event.server_seq
            self.on_told(event)
            for subscriber in tuple(self._subscribers):
                subscriber(event)

    def _say_disk_fails(self, error: StoreError) -> None:
        if not self._disk_fails:
            self._disk_fails = True
            logger.error("state_not_written: %s", error)
            self._notice("error", f"{error.message} The agents go on.")

    def _say_disk_works(self) -> None:
        if self._disk_fails:
            self._disk_fails = False
            self._notice("info", "AgentDeck's state is written again.")

    def _notice(self, level: str, text: str) -> None:
        self.record(EventKind.NOTICE, {"level": level, "text": text})
