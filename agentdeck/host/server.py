"""Serves clients: JSON-RPC 2.0 over WebSocket over a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event
from agentdeck.host.fleet_limits import CALLER_PID
from agentdeck.host.methods import Methods
from agentdeck.host.screens import Screens
from agentdeck.rpc import messages as m
from agentdeck.rpc import protocol
from agentdeck.rpc.wire import event_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host

logger = logging.getLogger(__name__)

EVENT_BACKLOG = 10_000
"""A client that is this many events behind is dropped; it comes back and catches up."""


class Server:
    """Accepts clients of the same user."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._methods = Methods(host)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while the context is open; the socket is gone afterwards."""
        path = self._host.paths.host_socket
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            server = await unix_serve(
                self._serve,
                str(path),
                compression=None,
                max_size=protocol.MAX_MESSAGE_BYTES,
                ping_interval=None,
                close_timeout=1,
            )
        finally:
            os.umask(mask)
        try:
            async with server:
                yield
        finally:
            path.unlink(missing_ok=True)

    async def _serve(self, connection: ServerConnection) -> None:
        pid, uid = _peer(connection)
        CALLER_PID.set(pid)
        if uid not in (None, os.getuid()):
            await connection.close(1008, "another user")
            return
        await Peer(self._host, self._methods, connection).serve()


class Peer:
    """One connected client."""

    def __init__(
        self, host: Host, methods: Methods, connection: ServerConnection
    ) -> None:
        self._host = host
        self._methods = methods
        self._connection = connection
        self._screens = Screens(host.paths, host.supervisor, host.launcher, self._send)
        self._events: asyncio.Queue[Event] = asyncio.Queue(EVENT_BACKLOG)
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe: list[Any] = []

    async def serve(self) -> None:
        """Deal with what the client sends until it leaves."""
        try:
            async for message in self._connection:
                if isinstance(message, str):
                    await self._deal_with(message)
        except ConnectionClosed:
            pass
        finally:
            for unsubscribe in self._unsubscribe:
                unsubscribe()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._screens.close_all()

    async def _send(self, message: str | bytes) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(message)

    async def _deal_with(self, text: str) -> None:
        try:
            message = json.loads(text)
            method, params = message["method"], message.get("params") or {}
        except (ValueError, KeyError, TypeError):
            error = protocol.failure(None, -32600, "This is not a JSON-RPC request.")
            await self._send(error)
            return
        number = message.get("id")
        if number is None:
            await self._notified(str(method), params)
            return
        task = asyncio.create_task(self._answer(number, str(method), params))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, number: object, method: str, params: Any) -> None:
        try:
            answer = protocol.result(number, await self._call(method, params))
        except AgentDeckError as error:
            wire = protocol.error_to_wire(error)
            answer = protocol.failure(
                number, wire["code"], wire["message"], wire["data"]
            )
        except ValidationError as error:
            answer = protocol.failure(number, protocol.INVALID_PARAMS, _sentence(error))
        except KeyError:
            answer = protocol.failure(
                number, protocol.METHOD_NOT_FOUND, self._methods.closest(method)
            )
        except Exception:
            logger.exception("request_failed", extra={"method": method})
            answer = protocol.failure(
                number,
                protocol.INTERNAL_ERROR,
                f"Something in AgentDeck went wrong; its log is "
                f"{self._host.paths.log_file}.",
            )
        await self._send(answer)

    async def _call(self, method: str, params: Any) -> Any:
        if method == "host.hello":
            return await self._hello(m.Hello.model_validate(params))
        if method == "screen.open":
            session_id = m.OneSession.model_validate(params).id
            session = self._host.sessions.session(session_id)
            return {"channel": await self._screens.open(session)}
        if method == "replay.open":
            session_id = m.OneSession.model_validate(params).id
            session = self._host.sessions.session(session_id)
            return {"channel": await self._screens.open_replay(session)}
        if method not in self._methods.table:
            raise KeyError(method)
        known = self._methods.table[method]
        return await known.handler(known.params.model_validate(params))

    async def _hello(self, hello: m.Hello) -> dict[str, Any]:
        if hello.events and not self._unsubscribe:
            self._unsubscribe.append(self._host.journal.subscribe(self._note_event))
            held_back = self._host.journal.told_seq
            greeting = await self._methods.greeting(hello.since)
            sender = asyncio.create_task(
                self._send_events(max(held_back, greeting["server_seq"]))
            )
            self._tasks.add(sender)
            return greeting
        return await self._methods.greeting(hello.since)

    def _note_event(self, event: Event) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            logger.warning("client_dropped: it is too far behind")
            self._connection.transport.abort()

    async def _send_events(self, after: int) -> None:
        while True:
            event = await self._events.get()
            if event.server_seq > after:
                await self._send(protocol.notification("event", event_to_wire(event)))

    async def _notified(self, method: str, params: Any) -> None:
        try:
            match method:
                case "screen.ack":
                    ack = m.Ack.model_validate(params)
                    self._screens.tell(ack.channel, {"t": "ack", "n": ack.n})
                case "screen.resize":
                    size = m.Resize.model_validate(params)
                    message = {"t": "resize", "cols": size.cols, "rows": size.rows}
                    self._screens.tell(size.channel, message)
                case "screen.input":
                    given = m.ScreenInput.model_validate(params)
                    message = {**given.event, "t": given.kind}
                    self._screens.tell(given.channel, message)
                case "replay.control":
                    control = m.ReplayControl.model_validate(params)
                    self._screens.tell(control.channel, control.message())
                case "screen.close":
                    channel = m.Channel.model_validate(params).channel
                    await self._screens.close(channel)
                case "gain.attend":
                    await self._call(method, params)
                case _:
                    logger.info("notification_unknown: %s", method)
        except ValidationError as error:
            logger.info("notification_invalid: %s", _sentence(error))
        except AgentDeckError as error:
            logger.info("notification_refused: %s", error.message)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}."


_LOCAL_PEERPID = 2
"""The option of a Unix socket that macOS has in place of `SO_PEERCRED`."""


def _peer(connection: ServerConnection) -> tuple[int, int | None]:
    """The process and the user at the other end, as far as the system tells.

    Only this user is served; the socket's folder is 0700 besides.
    """
    peer = connection.transport.get_extra_info("socket")
    if peer is None:
        return 0, None
    if hasattr(socket, "SO_PEERCRED"):
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, uid, _ = struct.unpack("3i", credentials)
        return pid, uid
    with contextlib.suppress(OSError):
        return int(peer.getsockopt(0, _LOCAL_PEERPID)), None
    return 0, None
