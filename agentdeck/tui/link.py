"""The door to the host, with reconnection behind it.

Screens see a `Link` and nothing of sockets. `HostLink` is the real one; tests put
a fake in its place. News arrive in the order in which the host sent them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import Event
from agentdeck.rpc.client import FrameHandler, HostClient, HostGoneError, connected

logger = logging.getLogger(__name__)

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands; `hello` is the host's greeting with snapshot or events."""

    hello: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """No connection; `reason` is a sentence for a person. A retry follows."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event arrived."""

    event: Event


News = Connected | Lost | Arrived
NewsHandler = Callable[[News], None]


class Link(Protocol):
    """What the screens need of the host."""

    async def run(self, on_news: NewsHandler) -> None:
        """Keep connected and pass news on, until cancelled."""

    async def call(self, method: str, **params: Any) -> Any:
        """Ask the host; raises AgentDeckError."""

    async def tell(self, method: str, **params: Any) -> None:
        """Tell the host without an answer; raises AgentDeckError."""

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Have frames of a session; gives the channel."""

    async def open_replay(self, session_id: str, on_message: FrameHandler) -> int:
        """Have a session's recording played; gives the channel."""

    async def close_screen(self, channel: int) -> None:
        """Have no more frames of a channel."""


class HostLink:
    """A link that starts the host again when it is gone."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._client: HostClient | None = None
        self._server_seq: int | None = None

    async def run(self, on_news: NewsHandler) -> None:
        """Keep connected, with growing pauses between attempts."""
        pause_s = FIRST_RETRY_S
        while True:
            reason = "The connection to the host was lost."
            try:
                may_start = await self._may_start()
                async with connected(self._paths, start=may_start) as client:
                    await self._greet(client, on_news)
                    pause_s = FIRST_RETRY_S
                    await client.closed.wait()
            except AgentDeckError as error:
                reason = error.message
                logger.info("host_unreachable", extra={"reason": reason})
            finally:
                self._client = None
            on_news(Lost(reason))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LAST_RETRY_S)

    async def _may_start(self) -> bool:
        """Whether a host may be started: not in a folder that was removed since."""
        if self._server_seq is None:
            return True
        return await asyncio.to_thread(self._paths.state.exists)

    async def _greet(self, client: HostClient, on_news: NewsHandler) -> None:
        """Say hello; events that overtake the answer are kept until it is there."""
        early: list[Event] = []
        client.on_event = early.append
        hello = await client.hello("tui", events=True, since=self._server_seq)
        self._server_seq = hello["server_seq"]
        self._client = client

        def pass_on(event: Event) -> None:
            if self._server_seq is None or event.server_seq > self._server_seq:
                self._server_seq = event.server_seq
                on_news(Arrived(event))

        client.on_event = pass_on
        on_news(Connected(hello))
        for event in early:
            pass_on(event)

    @property
    def _open_client(self) -> HostClient:
        if self._client is None:
            raise HostGoneError("Not connected to the host; reconnecting. Try again.")
        return self._client

    async def call(self, method: str, **params: Any) -> Any:
        """Ask the host."""
        return await self._open_client.call(method, **params)

    async def tell(self, method: str, **params: Any) -> None:
        """Tell the host."""
        await self._open_client.tell(method, **params)

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Have frames of a session."""
        return await self._open_client.open_screen(session_id, on_frame)

    async def open_replay(self, session_id: str, on_message: FrameHandler) -> int:
        """Have a session's recording played."""
        return await self._open_client.open_replay(session_id, on_message)

    async def close_screen(self, channel: int) -> None:
        """Have no more frames of a channel."""
        await self._open_client.close_screen(channel)
