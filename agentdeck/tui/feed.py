"""The channel of the session that is shown: opened, resized, typed into, closed.

It owns the order of what is sent: one worker sends one thing after the other, so
that keys arrive as they were typed and no caller waits for the network.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.link import Link

logger = logging.getLogger(__name__)

MAX_WAITING = 4096
"""Keys that wait for the host. When it is stuck that long, further ones are dropped."""

FrameReader = Callable[[int, dict[str, Any]], None]
FailureReader = Callable[[str], None]


class ScreenFeed:
    """At most one open channel."""

    def __init__(
        self, link: Link, on_frame: FrameReader, on_failure: FailureReader
    ) -> None:
        self._link = link
        self._on_frame = on_frame
        self._on_failure = on_failure
        self._waiting: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(
            MAX_WAITING
        )
        self.session_id: str | None = None
        self.channel: int | None = None
        self._size: tuple[int, int] | None = None
        self._told_size: tuple[int, int] | None = None
        self._early: list[dict[str, Any]] = []
        self._turn = 0
        """Counts what was asked for; an answer to an earlier wish is closed again."""

    async def show(self, session_id: str | None, *, again: bool = False) -> None:
        """Open a session's channel in place of the one that is open.

        It may be called again before it is done: the last call counts. A call that
        is cancelled while the host opens the channel would leave that open unseen.

        Args:
            session_id: The session, or None for none.
            again: Open it even if it is open; after a new connection it is not.
        """
        if session_id == self.session_id and not again:
            return
        self._turn += 1
        turn = self._turn
        channel, self.channel = self.channel, None
        self.session_id = session_id
        self._early.clear()
        if channel is not None and not again:
            await self._close(channel)
        if session_id is None:
            return
        try:
            opened = await self._link.open_screen(
                session_id, lambda frame: self._pass_on(turn, frame)
            )
        except AgentDeckError as error:
            if turn == self._turn:
                self.session_id = None
                self._on_failure(error.message)
            return
        if turn != self._turn:
            await self._close(opened)
            return
        self.channel = opened
        self._told_size = None
        self._tell_size()
        for frame in self._early:
            self._on_frame(opened, frame)
        self._early.clear()

    def _pass_on(self, turn: int, frame: dict[str, Any]) -> None:
        if turn != self._turn:
            return
        if self.channel is None:
            self._early.append(frame)
        else:
            self._on_frame(self.channel, frame)

    async def _close(self, channel: int) -> None:
        try:
            await self._link.close_screen(channel)
        except AgentDeckError as error:
            logger.debug("screen_not_closed", extra={"reason": error.message})

    def lost(self) -> None:
        """Forget the channel of a connection that is gone."""
        self.channel = None
        self._told_size = None

    def fit(self, cols: int, rows: int) -> None:
        """Have the session's terminal made this large."""
        self._size = (cols, rows)
        self._tell_size()

    def _tell_size(self) -> None:
        if self.channel is None or self._size in (None, self._told_size):
            return
        assert self._size is not None
        self._told_size = self._size
        self._put("screen.resize", cols=self._size[0], rows=self._size[1])

    def type(self, kind: str, event: dict[str, Any]) -> None:
        """Send input to the session."""
        self._put("screen.input", kind=kind, event=event)

    def acknowledge(self, channel: int, n: int) -> None:
        """Say that a frame is painted, so that the next may come."""
        if channel == self.channel:
            self._put("screen.ack", n=n)

    def _put(self, method: str, **params: Any) -> None:
        if self.channel is None:
            return
        try:
            self._waiting.put_nowait((method, {"channel": self.channel, **params}))
        except asyncio.QueueFull:
            logger.warning("input_dropped", extra={"method": method})

    async def send_waiting(self) -> None:
        """Send what waits, one after the other, until cancelled."""
        while True:
            method, params = await self._waiting.get()
            if params["channel"] != self.channel:
                continue
            try:
                await self._link.tell(method, **params)
            except AgentDeckError as error:
                logger.info(
                    "not_told", extra={"method": method, "reason": error.message}
                )
