"""A host of scripted answers, on a real socket in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.rpc import protocol

Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]


class FakeHost:
    """Answers what it was told to, notes each call, and fails on any other."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.events_after: dict[str, list[dict[str, Any]]] = {}
        """Events sent once after the answer to a method."""
        self.drop_after: set[str] = set()
        """Methods after which the connection is cut, once."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.unexpected: list[str] = []

    def calls_of(self, method: str) -> list[dict[str, Any]]:
        return [params for name, params in self.calls if name == method]

    async def serve(self, connection: ServerConnection) -> None:
        try:
            async for message in connection:
                request = json.loads(message)
                await self._answer(connection, request)
        except ConnectionClosed:
            pass

    async def _answer(
        self, connection: ServerConnection, request: dict[str, Any]
    ) -> None:
        method, number = request["method"], request["id"]
        self.calls.append((method, request["params"]))
        await connection.send(self._text(method, number, request["params"]))
        for event in self.events_after.pop(method, []):
            await connection.send(protocol.notification("event", event))
        if method in self.drop_after:
            self.drop_after.discard(method)
            await connection.close()

    def _text(self, method: str, number: int, params: dict[str, Any]) -> str:
        if method not in self.answers:
            self.unexpected.append(method)
            return protocol.failure(number, protocol.METHOD_NOT_FOUND, f"no {method}")
        answer = self.answers[method]
        try:
            return protocol.result(
                number, answer(params) if callable(answer) else answer
            )
        except AgentDeckError as error:
            return protocol.dump(
                {"jsonrpc": "2.0", "id": number, "error": protocol.error_to_wire(error)}
            )


@contextmanager
def fake_host(paths: Paths) -> Iterator[FakeHost]:
    """A fake host that listens where the real one would."""
    paths.prepare()
    host = FakeHost()
    loop = asyncio.new_event_loop()
    ready, stopping = threading.Event(), asyncio.Event()

    async def listen() -> None:
        async with unix_serve(host.serve, str(paths.host_socket), compression=None):
            ready.set()
            await stopping.wait()
        paths.host_socket.unlink(missing_ok=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(listen(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield host
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
        paths.tidy()
    assert not host.unexpected


def session_wire(name: str, **values: Any) -> dict[str, Any]:
    """A session as the host sends it."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat(timespec="milliseconds")
    return {
        "id": f"id{name}",
        "name": name,
        "title": f"Title of {name}",
        "repo": "/r",
        "branch": f"agentdeck/{name}",
        "base": "main",
        "worktree": f"/r.worktrees/{name}",
        "agent": "scripted",
        "created_at": at,
        "updated_at": at,
        "phase": "running",
        "activity": "working",
        **values,
    }


def event_wire(number: int, session: dict[str, Any]) -> dict[str, Any]:
    """A `session_changed` event as the host sends it."""
    return {
        "server_seq": number,
        "at": session["updated_at"],
        "kind": "session_changed",
        "session_id": session["id"],
        "data": {"session": session},
    }
