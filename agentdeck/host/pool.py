"""The worker pool: starts queued sessions while there is a place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from agentdeck.core.events import EventKind
from agentdeck.core.schedule import next_to_start
from agentdeck.core.session import Phase, Session
from agentdeck.host.journal import Journal
from agentdeck.host.sessions import Sessions
from agentdeck.host.store import Store, StoreError

logger = logging.getLogger(__name__)

Starter = Callable[[Session], Awaitable[None]]


class Pool:
    """At most `limit` sessions live at once; the rest wait in order."""

    def __init__(
        self, sessions: Sessions, journal: Journal, store: Store, start: Starter
    ) -> None:
        self._sessions = sessions
        self._journal = journal
        self._store = store
        self._start = start
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._long: dict[str, asyncio.Event] = {}
        self._told: dict[str, Any] = {}
        self._is_kicking = False
        self._is_closed = False
        self.limit = 1
        self.paused = False

    def state(self) -> dict[str, Any]:
        """Limit, whether it is paused, and how many of its sessions run and wait."""
        pooled = [session for session in self._sessions if session.is_pooled]
        running = sum(session.is_live for session in pooled)
        queued = sum(session.phase is Phase.QUEUED for session in pooled)
        return {
            "limit": self.limit,
            "paused": self.paused,
            "running": running,
            "queued": queued,
        }

    async def set(self, limit: int | None, paused: bool | None) -> dict[str, Any]:
        """Change the limit or pause; what runs goes on either way."""
        if limit is not None:
            self.limit = limit
        if paused is not None:
            self.paused = paused
        try:
            await self._store.save_pool(
                {"limit": str(self.limit), "paused": str(int(self.paused))}
            )
        except StoreError as error:
            logger.warning("pool_not_saved: %s", error)
        self.kick()
        return self.state()

    def kick(self) -> None:
        """Start what has a place now, and tell clients how full the pool is.

        Moving a session to another phase calls this again, so one call at a time
        does the work, and looks again after each start.
        """
        if self._is_kicking or self._is_closed:
            return
        self._is_kicking = True
        try:
            while ready := next_to_start(
                self._sessions, self.limit, paused=self.paused
            ):
                self._begin(ready[0])
        finally:
            self._is_kicking = False
        self._tell_state()

    def _begin(self, session: Session) -> None:
        preparing = self._sessions.move(session.id, Phase.PREPARING)
        self._long[session.id] = asyncio.Event()
        self._starting[session.id] = asyncio.create_task(
            self._start_one(preparing), name=f"start-{session.name}"
        )

    def _tell_state(self) -> None:
        state = self.state()
        if state != self._told:
            self._told = state
            self._journal.record(EventKind.POOL_CHANGED, {"pool": state})

    async def until_started(self, session_id: str) -> None:
        """Wait until a session that is being prepared runs or has failed.

        One whose preparation takes long is not waited for.
        """
        task, is_long = self._starting.get(session_id), self._long.get(session_id)
        if task is not None and is_long is not None:
            waiting = asyncio.create_task(is_long.wait(), name="until-long")
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    async def until_settled(self, session_id: str) -> None:
        """Wait until a session is prepared, however long that takes."""
        task = self._starting.get(session_id)
        if task is not None:
            await asyncio.wait({task})

    def takes_long(self, session_id: str) -> None:
        """A session's preparation takes a while: nobody waits for it any more."""
        is_long = self._long.get(session_id)
        if is_long is not None:
            is_long.set()

    async def close(self) -> None:
        """Begin no more starts, and finish those under way."""
        self._is_closed = True
        if self._starting:
            await asyncio.wait(set(self._starting.values()))

    async def _start_one(self, session: Session) -> None:
        try:
            await self._start(session)
        except Exception:
            logger.exception("start_failed", extra={"session_id": session.id})
            if self._sessions.find(session.id) is not None:
                self._sessions.move(
                    session.id,
                    Phase.FAILED,
                    "AgentDeck could not start it; see its log",
                )
        finally:
            self._starting.pop(session.id, None)
            self._long.pop(session.id, None)
            self.kick()
