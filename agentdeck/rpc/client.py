"""A client's side of the connection to the host."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from agentdeck import __version__
from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event
from agentdeck.rpc import protocol
from agentdeck.rpc.start import start_host
from agentdeck.rpc.wire import event_from_wire

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 10.0
CALL_TIMEOUT_S = 600.0
"""A bulk merge with many conflicts takes a while; nothing takes longer."""

EventHandler = Callable[[Event], None]
FrameHandler = Callable[[dict[str, Any]], None]


class HostGoneError(AgentDeckError):
    """The connection to the host was lost; a new one starts a new host."""


class HostClient:
    """One connection to the host.

    Use `connected`. Handlers are called on the event loop, in the order in which
    the host sent, and must not block.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._frame_handlers: dict[int, FrameHandler] = {}
        self._early_frames: dict[int, dict[str, Any]] = {}
        self.on_event: EventHandler | None = None
        self.closed = asyncio.Event()

    async def call(self, method: str, **params: Any) -> Any:
        """Ask the host, and wait for its answer.

        Raises:
            AgentDeckError: What the host answered, as the class that it raised.
            HostGoneError: If the connection was lost before the answer.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            await self._send(protocol.request(number, method, params))
            async with asyncio.timeout(CALL_TIMEOUT_S):
                return await answer
        except TimeoutError as error:
            raise HostGoneError(f"The host did not answer {method} in time.") from error
        finally:
            self._answers.pop(number, None)

    async def tell(self, method: str, **params: Any) -> None:
        """Tell the host without waiting for an answer.

        Raises:
            HostGoneError: If the connection was lost.
        """
        await self._send(protocol.notification(method, params))

    async def hello(
        self, client: str, *, events: bool = False, since: int | None = None
    ) -> dict[str, Any]:
        """Introduce this client; with `events`, `on_event` is called from now on."""
        answer: dict[str, Any] = await self.call(
            "host.hello", client=client, version=__version__, events=events, since=since
        )
        return answer

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Have a session's frames passed to a handler; gives the channel.

        The handler gets the next frame once `ack` was called for the last.
        """
        channel: int = (await self.call("screen.open", id=session_id))["channel"]
        self._frame_handlers[channel] = on_frame
        early = self._early_frames.pop(channel, None)
        if early is not None:
            on_frame(early)
        return channel

    async def open_replay(self, session_id: str, on_message: FrameHandler) -> int:
        """Have a session's recording played; gives the channel.

        Nothing comes until it is told to `subscribe` by `replay.control`. The
        handler gets its frames, which are acknowledged as those of a screen are,
        and its other messages, told apart by `t`. The last is `ended`, should the
        replay end before it is closed.
        """
        channel: int = (await self.call("replay.open", id=session_id))["channel"]
        self._frame_handlers[channel] = on_message
        return channel

    async def close_screen(self, channel: int) -> None:
        """Have no more frames of a channel."""
        self._frame_handlers.pop(channel, None)
        await self.tell("screen.close", channel=channel)

    async def close(self) -> None:
        """End the connection."""
        await self._connection.close()

    async def _send(self, message: str) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed as error:
            raise _gone() from error

    async def read(self) -> None:
        """Deal with what the host sends until the connection ends."""
        try:
            async for message in self._connection:
                if isinstance(message, bytes):
                    self._deal_with_frame(message)
                else:
                    self._deal_with_text(json.loads(message))
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(_gone())

    def _deal_with_frame(self, message: bytes) -> None:
        channel, frame = protocol.unpack_frame(message)
        handler = self._frame_handlers.get(channel)
        if handler is None:
            self._early_frames[channel] = frame
        else:
            handler(frame)

    def _deal_with_text(self, message: dict[str, Any]) -> None:
        if message.get("method") == "event":
            if self.on_event is not None:
                self.on_event(event_from_wire(message["params"]))
            return
        answer = self._answers.get(message.get("id", 0))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(protocol.error_from_wire(message["error"]))
        else:
            answer.set_result(message.get("result"))


def _gone() -> HostGoneError:
    return HostGoneError(
        "The connection to AgentDeck's host was lost. The agents go on; run the "
        "command again and the host starts again."
    )


@asynccontextmanager
async def connected(paths: Paths, *, start: bool = True) -> AsyncIterator[HostClient]:
    """A connection to the host, which is started where none runs.

    Raises:
        HostGoneError: If no host runs and `start` is false.
        AgentDeckError: If it cannot be started; the message says why.
    """
    connection = await _connection(paths, start=start)
    client = HostClient(connection)
    reader = asyncio.create_task(client.read(), name="host-client-reader")
    try:
        yield client
    finally:
        await client.close()
        await reader


async def _connection(paths: Paths, *, start: bool) -> ClientConnection:
    try:
        return await _open(paths)
    except (OSError, InvalidHandshake, EOFError):
        if not start:
            raise HostGoneError("AgentDeck's host does not run.") from None
    await start_host(paths, lambda: _answers(paths))
    return await _open(paths)


async def _answers(paths: Paths) -> bool:
    try:
        connection = await _open(paths)
    except (OSError, InvalidHandshake, EOFError):
        return False
    await connection.close()
    return True


async def _open(paths: Paths) -> ClientConnection:
    return await unix_connect(
        str(paths.host_socket),
        uri="ws://agentdeck/",
        compression=None,
        max_size=protocol.MAX_MESSAGE_BYTES,
        open_timeout=OPEN_TIMEOUT_S,
        ping_interval=None,
    )
