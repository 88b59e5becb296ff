"""Messages that wait for the end of a session's turn, and their sending.

The queue is part of the session, so it outlives the host. The first message goes out
when the agent comes to rest; the next waits for the next rest. A first prompt that
has to be typed, as its CLI takes it no other way, waits here too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.core.gain_events import FIRST_PROMPT
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import Supervisor
from agentdeck.host.typing_in import send_text

logger = logging.getLogger(__name__)

MAX_QUEUED = 100
REST_S = 0.4
"""How long a session must have rested: some draw their prompt a moment late."""
INTERRUPTED_WITHIN_S = 10.0
LOOK_EVERY_S = 0.08


class Outbox:
    """Sends what waits, one message a rest."""

    def __init__(self, sessions: Sessions, supervisor: Supervisor) -> None:
        self._sessions = sessions
        self._supervisor = supervisor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.on_sent: Callable[[str], None] = lambda _: None
        """Called with a session's id after one of its messages went, or did not."""
        self.before_sending: Callable[[str], Awaitable[None]] = _at_once
        """Waits for what has to be done with a turn before the next one begins."""

    def consider(self, session: Session) -> None:
        """Send the first message of a session that rests."""
        if not _rests(session) or not session.queued or session.id in self._tasks:
            return
        task = asyncio.create_task(self._send_first(session.id), name="outbox")
        self._tasks[session.id] = task
        task.add_done_callback(lambda _: self._sent(session.id))

    def is_sending(self, session_id: str) -> bool:
        """Whether a message of a session is on its way."""
        return session_id in self._tasks

    def _sent(self, session_id: str) -> None:
        self._tasks.pop(session_id, None)
        self.on_sent(session_id)

    def add(self, session: Session, text: str) -> Session:
        """Queue a message; it goes at once if the session rests.

        Raises:
            AgentDeckError: If the session is over, or has too many already.
        """
        if session.is_over:
            raise RefusedError(f"{session.name} is over; resume it first.")
        if len(session.queued) >= MAX_QUEUED:
            raise RefusedError(f"{session.name} has {MAX_QUEUED} messages waiting.")
        return self.set(session, (*session.queued, text))

    def set(self, session: Session, messages: tuple[str, ...]) -> Session:
        """Have these messages wait, in this order, in place of those that do.

        Raises:
            UsageError: If one is empty or there are too many.
        """
        if len(messages) > MAX_QUEUED or any(not each.strip() for each in messages):
            raise UsageError(
                f"Up to {MAX_QUEUED} messages may wait, none of them empty."
            )
        changed = self._sessions.change(session.id, queued=messages)
        self.consider(changed)
        return changed

    async def interrupt_and_send(
        self, session: Session, text: str, what: str = "a text was sent"
    ) -> None:
        """Interrupt a session's turn, wait until it rests, and type a text.

        Raises:
            AgentDeckError: If it does not run, asks something, or does not rest.
        """
        await self.interrupt(session)
        await self._send(session, text, what)

    async def interrupt(self, session: Session) -> None:
        """Interrupt a session's turn, if it is in one, and wait until it rests.

        Raises:
            AgentDeckError: If it does not run, asks something, or does not rest.
        """
        live, link = self._supervisor.live(session.id), self._supervisor.link(session)
        if session.needs_attention:
            raise RefusedError(f"{session.name} asks something; answer that first.")
        if live is not None and session.activity is Activity.WORKING:
            await link.ask(
                {"t": "key", "key": live.witness.agent.interrupt or "ctrl+c"}
            )
            await self._until_rest(session)

    async def _until_rest(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + INTERRUPTED_WITHIN_S
        while not _rests(self._sessions.session(session.id)):
            if loop.time() >= deadline:
                raise RefusedError(
                    f"{session.name} was interrupted but goes on, so nothing was done."
                )
            await asyncio.sleep(LOOK_EVERY_S)

    async def _send(self, session: Session, text: str, what: str) -> None:
        link = self._supervisor.link(session)
        live = self._supervisor.live(session.id)
        if live is not None:
            witness = live.witness
            witness.prompt = text
            note = partial(witness.answered, what)
            await send_text(link, text, witness.agent.unsent, note)

    async def close(self) -> None:
        """Send no more; what waits goes out once a host runs again."""
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_first(self, session_id: str) -> None:
        await asyncio.sleep(REST_S)
        await self.before_sending(session_id)
        async with self._locks[session_id]:
            session = self._sessions.find(session_id)
            if session is None or not _rests(session) or not session.queued:
                return
            text, *rest = session.queued
            try:
                self._supervisor.link(session)
                self._sessions.put(
                    replace(session, queued=tuple(rest), updated_at=datetime.now(UTC))
                )
                # An agent that takes no prompt as an argument has its first one here.
                is_first = bool(session.prompt) and text.endswith(session.prompt)
                what = FIRST_PROMPT if is_first else "a queued text was sent"
                await self._send(session, text, what)
            except AgentDeckError as error:
                logger.warning("message_not_sent: %s", error.message)


async def _at_once(_: str) -> None:
    """Nothing has to be done before."""


def _rests(session: Session) -> bool:
    return session.phase is Phase.RUNNING and session.activity is Activity.IDLE
