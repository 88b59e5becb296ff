"""Passes terminal frames from runners to clients, and keys the other way.

A frame is not read here: the runner wrote it, the client draws it. Each open screen
is one connection to the runner, so the runner knows what that client has drawn.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase, Session
from agentdeck.host.runner_link import RunnerGoneError, RunnerLink
from agentdeck.host.session_files import read_json
from agentdeck.host.supervisor import Supervisor
from agentdeck.rpc.protocol import pack_frame

logger = logging.getLogger(__name__)

ANSWERING_KEYS = frozenset({"enter", "escape", "y", "n", *"123456789"})
"""Keys after which a question counts as answered, until the agent says otherwise."""
_FRAME_STARTS = (b'{"t":"frame"', b'{"t": "frame"')

SendBytes = Callable[[bytes], Coroutine[Any, Any, None]]


@dataclass
class OpenScreen:
    """One client's view of one session's screen."""

    session_id: str
    link: RunnerLink
    task: asyncio.Task[None] | None = None


class Screens:
    """The open screens of one client."""

    def __init__(self, paths: Paths, supervisor: Supervisor, send: SendBytes) -> None:
        self._paths = paths
        self._supervisor = supervisor
        self._send = send
        self._numbers = itertools.count(1)
        self._open: dict[int, OpenScreen] = {}
        self._last_frames: set[asyncio.Task[None]] = set()

    async def open(self, session: Session) -> int:
        """Open a session's screen; its frames follow, each after the last's ack.

        Raises:
            AgentDeckError: If it has none: it never started, or nothing was kept.
        """
        channel = next(self._numbers)
        try:
            link = await RunnerLink.connect(self._paths.runner_socket(session.id))
        except RunnerGoneError:
            self._send_last(channel, await self._last_frame(session))
            return channel
        screen = OpenScreen(session.id, link)
        self._open[channel] = screen
        link.send({"t": "subscribe"})
        screen.task = asyncio.create_task(
            self._relay(channel, screen), name=f"screen-{session.name}"
        )
        return channel

    def tell(self, channel: int, message: dict[str, Any]) -> None:
        """Pass a message to the runner of an open screen; others are dropped."""
        screen = self._open.get(channel)
        if screen is None:
            return
        screen.link.send(message)
        if message["t"] == "key" and message.get("key") in ANSWERING_KEYS:
            live = self._supervisor.live(screen.session_id)
            if live is not None:
                live.witness.answered_if_asked(f"{message['key']} was pressed")

    async def close(self, channel: int) -> None:
        """Close one screen."""
        screen = self._open.pop(channel, None)
        if screen is not None and screen.task is not None:
            screen.task.cancel()
            await asyncio.gather(screen.task, return_exceptions=True)

    async def close_all(self) -> None:
        """Close all screens, as when the client has gone."""
        for channel in tuple(self._open):
            await self.close(channel)
        await asyncio.gather(*self._last_frames, return_exceptions=True)

    async def _relay(self, channel: int, screen: OpenScreen) -> None:
        try:
            async for payload in screen.link.payloads():
                if payload.startswith(_FRAME_STARTS):
                    await self._send(pack_frame(channel, payload))
        finally:
            self._open.pop(channel, None)
            await screen.link.close()

    def _send_last(self, channel: int, frame: bytes) -> None:
        task = asyncio.create_task(self._send(pack_frame(channel, frame)))
        self._last_frames.add(task)
        task.add_done_callback(self._last_frames.discard)

    async def _last_frame(self, session: Session) -> bytes:
        file = self._paths.session_dir(session.id) / "screen.json"
        frame = await asyncio.to_thread(read_json, file)
        if frame is None:
            raise AgentDeckError(_why_no_screen(session))
        return json.dumps(frame).encode()


def _why_no_screen(session: Session) -> str:
    if session.phase is Phase.QUEUED:
        return f"{session.name} waits in the queue; it has no screen yet."
    if session.phase is Phase.PREPARING:
        return f"{session.name} is being prepared; it has no screen yet."
    return f"{session.name} has no screen: {session.reason or session.phase.value}."
