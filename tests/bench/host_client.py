"""A connection to a deck's host for benchmarks, used from plain functions."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.events import Event
from agentdeck.rpc.client import HostClient as Client
from agentdeck.rpc.client import HostGoneError, connected
from tests.integration.deck import Deck

Sessions = dict[str, dict[str, Any]]
DEADLINE_S = 120.0


class HostClient:
    """Asks the host of a deck, without starting a process for each question."""

    def __init__(self, deck: Deck, *, start: bool = True) -> None:
        self._paths = Paths(
            deck.home / "state", deck.home / "config", deck.home / "run"
        )
        self._repo = str(deck.repo)
        self.on_event: Callable[[Event], None] = lambda _: None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        if start:
            deck.run("ls")
        self._client = self._run(self._connected())
        self._client.on_event = self._pass_on
        self.hello: dict[str, Any] = self._run(self._client.hello("bench", events=True))

    async def _connected(self) -> Client:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                opened = connected(self._paths, start=False)
                return await self._stack.enter_async_context(opened)
            except HostGoneError:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(120)

    def _pass_on(self, event: Event) -> None:
        self.on_event(event)

    def call(self, method: str, **params: Any) -> Any:
        """Ask the host."""
        return self._run(self._client.call(method, **params))

    def start(self, name: str, *command: str) -> str:
        """Start a session that runs a command; gives its id."""
        made = self.call(
            "session.create", repo=self._repo, name=name, command=list(command)
        )
        return str(made["session"]["id"])

    def sessions(self) -> Sessions:
        """All sessions by name."""
        rows = self.call("session.list", everything=True)["sessions"]
        return {row["name"]: row for row in rows}

    def until(self, holds: Callable[[Sessions], bool]) -> Sessions:
        """Wait until something holds of the sessions."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(sessions := self.sessions()):
            assert time.monotonic() < deadline, list(sessions)
            time.sleep(0.02)
        return sessions

    def until_running(self, count: int) -> Sessions:
        """Wait until so many sessions run."""
        return self.until(
            lambda all_: sum(s["phase"] == "running" for s in all_.values()) >= count
        )

    def close(self) -> None:
        """End the connection."""
        self._run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
