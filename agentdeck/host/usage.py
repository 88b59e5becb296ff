"""Reads what each conversation has cost, when a turn of it is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from agentdeck.agents.registry import Registry
from agentdeck.core.session import Activity, Session
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)


class UsageReader:
    """Tokens and cost by the agents' own records; none is read while it is written."""

    def __init__(self, sessions: Sessions, registry: Registry) -> None:
        self._sessions = sessions
        self._registry = registry
        self._read_at: dict[str, tuple[str, int]] = {}
        self.on_read: Callable[[Session], None] = lambda _: None
        """Called with a session whose use was read anew."""
        self._tasks: set[asyncio.Task[None]] = set()

    def refresh(self, session_id: str) -> None:
        """Read a session's record if it rests and its record has grown."""
        session = self._sessions.find(session_id)
        if session is None or not session.transcript:
            return
        if not session.is_over and session.activity is Activity.WORKING:
            return
        task = asyncio.create_task(self._read(session), name=f"usage-{session.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for the reads under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, session: Session) -> None:
        read = self._registry.known_or_command(session.agent).read_usage
        file = Path(session.transcript)
        if read is None:
            return
        try:
            size = (await asyncio.to_thread(file.stat)).st_size
            if self._read_at.get(session.id) == (session.transcript, size):
                return
            usage = await asyncio.to_thread(read, file)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            # The format is another program's and changes with it.
            logger.info("usage_not_read: %s", error, extra={"agent": session.agent})
            return
        self._read_at[session.id] = (session.transcript, size)
        if usage is not None and self._sessions.find(session.id) is not None:
            changed = self._sessions.change(
                session.id,
                tokens_in=usage.tokens_in,
                tokens_out=usage.tokens_out,
                cost_usd=usage.cost_usd,
            )
            self.on_read(changed)
