"""The runner's clients: who is connected, and sending without ever blocking."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentdeck.runner.errors import ProtocolError
from agentdeck.runner.frames import Subscription
from agentdeck.runner.peer import peer_uid
from agentdeck.runner.protocol import Decoder, encode
from agentdeck.runner.sizes import Claim

# A client that lets more than this wait is taken for dead.
UNSENT_LIMIT_BYTES = 16 * 1024 * 1024
_READ_BYTES = 64 * 1024
_BACKLOG = 64


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.decoder = Decoder()
        self.unsent = bytearray()
        self.is_watching = False
        self.subscription: Subscription | None = None
        self.room: tuple[int, int] | None = None
        """The columns and rows that it can show."""
        self.focused_at: float | None = None
        self.is_gone = False

    def unsubscribe(self) -> None:
        """Want no more frames."""
        subscription, self.subscription = self.subscription, None
        if subscription is not None:
            subscription.follow()

    @property
    def claim(self) -> Claim | None:
        """What it asks of the terminal's size; None if it shows nothing."""
        return Claim(*self.room, self.focused_at) if self.room else None


class Clients:
    """Listens on a socket and moves messages.

    `handle` is given what comes in, `left` each client that has gone.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        handle: Callable[[Client, dict[str, Any]], None],
        left: Callable[[Client], None],
    ) -> None:
        self._selector = selector
        self._handle = handle
        self._left = left
        self._listener: socket.socket | None = None
        self._path: Path | None = None
        self._connected: list[Client] = []

    def listen(self, path: Path) -> None:
        """Bind the socket, readable and writable by its owner only.

        Raises:
            OSError: If the path is too long or its folder cannot be written.
        """
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous = os.umask(0o177)
        try:
            listener.bind(str(path))
        except OSError:
            listener.close()
            raise
        finally:
            os.umask(previous)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        self._listener, self._path = listener, path
        self._selector.register(listener, selectors.EVENT_READ, self._accept)

    def __iter__(self) -> Any:
        return iter(list(self._connected))

    def send(self, client: Client, message: dict[str, Any]) -> None:
        """Send a message, or as much of it as the client takes now."""
        if client.is_gone:
            return
        try:
            frame = encode(message)
        except ProtocolError as error:
            frame = encode({"t": "error", "message": str(error)})
        client.unsent += frame
        self._send_unsent(client)
        if len(client.unsent) > UNSENT_LIMIT_BYTES:
            self.drop(client)

    def drop(self, client: Client) -> None:
        """Close a connection; the others do not notice."""
        if client.is_gone:
            return
        client.is_gone = True
        client.unsubscribe()
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()
        self._connected.remove(client)
        self._left(client)

    def close(self) -> None:
        """Send what can be sent within a moment, close all, remove the socket."""
        for client in self:
            with contextlib.suppress(OSError):
                client.connection.settimeout(0.2)
                client.connection.sendall(client.unsent)
            self.drop(client)
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _accept(self, _events: int) -> None:
        if self._listener is None:
            return
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if peer_uid(connection) not in (os.getuid(), None):
            connection.close()
            return
        connection.setblocking(False)
        client = Client(connection)
        self._connected.append(client)
        self._selector.register(
            connection,
            selectors.EVENT_READ,
            lambda events: self._ready(client, events),
        )

    def _ready(self, client: Client, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send_unsent(client)
        if events & selectors.EVENT_READ and not client.is_gone:
            self._receive(client)

    def _receive(self, client: Client) -> None:
        try:
            data = client.connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(client)
            return
        try:
            messages = client.decoder.feed(data)
        except ProtocolError as error:
            self.send(client, {"t": "error", "message": str(error)})
            self.drop(client)
            return
        for message in messages:
            self._handle(client, message)

    def _send_unsent(self, client: Client) -> None:
        try:
            while client.unsent:
                sent = client.connection.send(client.unsent[: 4 * _READ_BYTES])
                del client.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self.drop(client)
            return
        wanted = selectors.EVENT_READ
        if client.unsent:
            wanted |= selectors.EVENT_WRITE
        key = self._selector.get_key(client.connection)
        if key.events != wanted:
            self._selector.modify(client.connection, wanted, key.data)
