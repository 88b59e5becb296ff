"""Passes terminal frames from runners and replays to clients, and keys the other way.

A frame is not read here: the runner wrote it, the client draws it. Each open screen
is one connection to the runner, so the runner knows what that client has drawn.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase, Session
from agentdeck.host.runner_link import RunnerGoneError, RunnerLink
from agentdeck.host.session_files import read_json
from agentdeck.host.supervisor import Supervisor
from agentdeck.launch.local import LocalLauncher
from agentdeck.rpc.protocol import pack_frame
from agentdeck.runner.recording_reader import segments

logger = logging.getLogger(__name__)

ANSWERING_KEYS = frozenset({"enter", "escape", "y", "n", *"123456789"})
"""Keys after which a question counts as answered, until the agent says otherwise."""
_PASSED_ON = (b'{"t":"frame"', b'{"t": "frame"', b'{"t":"copied"', b'{"t":"links"')
REPLAY_START_S = 5.0
_REPLAY_HAS_NO = (b'{"t":"hello"',)
_REPLAY_ENDED = b'{"t":"ended"}'
_REPLAY_TAKES = frozenset({"ack", "subscribe", "seek", "play", "pause"})

SendBytes = Callable[[bytes], Coroutine[Any, Any, None]]


@dataclass
class OpenScreen:
    """One client's view of one session's screen."""

    session_id: str
    link: RunnerLink
    is_replay: bool = False
    task: asyncio.Task[None] | None = None

    def passes(self, payload: bytes) -> bool:
        """Whether the client is told this."""
        if self.is_replay:
            return not payload.startswith(_REPLAY_HAS_NO)
        return payload.startswith(_PASSED_ON)


class Screens:
    """The open screens of one client."""

    def __init__(
        self,
        paths: Paths,
        supervisor: Supervisor,
        launcher: LocalLauncher,
        send: SendBytes,
    ) -> None:
        self._paths = paths
        self._supervisor = supervisor
        self._launcher = launcher
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
        self._begin(channel, OpenScreen(session.id, link))
        link.send({"t": "subscribe"})
        return channel

    async def open_replay(self, session: Session) -> int:
        """Start a replay of a session's recording; it waits for `subscribe`.

        Raises:
            AgentDeckError: If there is no recording, or it cannot be played.
        """
        folder = self._paths.session_dir(session.id)
        if not await asyncio.to_thread(segments, folder):
            raise AgentDeckError(f"{session.name} has no recording yet.")
        channel = next(self._numbers)
        socket = self._paths.runtime / f"p-{secrets.token_hex(6)}.sock"
        await self._launcher.replay(folder, socket)
        try:
            link = await RunnerLink.connect(socket, REPLAY_START_S)
        finally:
            # The replay is for this client; nobody else shall find it.
            socket.unlink(missing_ok=True)
        self._begin(channel, OpenScreen(session.id, link, is_replay=True))
        return channel

    def _begin(self, channel: int, screen: OpenScreen) -> None:
        self._open[channel] = screen
        screen.task = asyncio.create_task(
            self._relay(channel, screen), name=f"screen-{screen.session_id}"
        )

    def tell(self, channel: int, message: dict[str, Any]) -> None:
        """Pass a message to the runner of an open screen; others are dropped."""
        screen = self._open.get(channel)
        if screen is None or (screen.is_replay and message["t"] not in _REPLAY_TAKES):
            return
        screen.link.send(message)
        if screen.is_replay:
            return
        live = self._supervisor.live(screen.session_id)
        if live is None or message["t"] not in ("key", "text", "paste"):
            return
        live.witness.typed()
        if message["t"] == "key" and message.get("key") in ANSWERING_KEYS:
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
        live = self._supervisor.live(screen.session_id)
        if live is not None:
            live.viewers += 1
        try:
            async for payload in screen.link.payloads():
                if screen.passes(payload):
                    await self._send(pack_frame(channel, payload))
            # An agent's end waits for nobody who has yet to draw what came before.
            last: bytes | None = _REPLAY_ENDED
            if not screen.is_replay:
                last = await self._kept(screen.session_id)
            if last is not None:
                await self._send(pack_frame(channel, last))
        finally:
            if live is not None:
                live.viewers -= 1
            self._open.pop(channel, None)
            await screen.link.close()

    def _send_last(self, channel: int, frame: bytes) -> None:
        task = asyncio.create_task(self._send(pack_frame(channel, frame)))
        self._last_frames.add(task)
        task.add_done_callback(self._last_frames.discard)

    async def _last_frame(self, session: Session) -> bytes:
        frame = await self._kept(session.id)
        if frame is None:
            raise AgentDeckError(_why_no_screen(session))
        return frame

    async def _kept(self, session_id: str) -> bytes | None:
        """The screen that a runner left when its agent ended."""
        file = self._paths.session_dir(session_id) / "screen.json"
        frame = await asyncio.to_thread(read_json, file)
        return None if frame is None else json.dumps(frame).encode()


def _why_no_screen(session: Session) -> str:
    if session.phase is Phase.QUEUED:
        return f"{session.name} waits in the queue; it has no screen yet."
    if session.phase is Phase.PREPARING:
        return f"{session.name} is being prepared; it has no screen yet."
    return f"{session.name} has no screen: {session.reason or session.phase.value}."
