"""The host's news as one stream that goes on when the host starts again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.events import Event
from agentdeck.rpc.client import HostClient, connected
from agentdeck.rpc.wire import event_from_wire

Snapshot = list[dict[str, Any]]
"""Sessions as the host sends them: all there are, where events were missed."""


async def news(
    paths: Paths, *, since: int | None = None
) -> AsyncGenerator[Event | Snapshot, None]:
    """Yield `Event`s in order, each once, and a `Snapshot` where some are missing.

    The first is a snapshot unless `since` is known to the host. Where the host goes
    away it is started again. Ends only with its reader.
    """
    last = since
    while True:
        async with connected(paths) as client:
            inbox: asyncio.Queue[Event] = asyncio.Queue()
            client.on_event = inbox.put_nowait
            greeting = await client.hello("cli", events=True, since=last)
            if greeting["sessions"] is not None:
                last = greeting["server_seq"]
                yield greeting["sessions"]
            for values in greeting["events"] or ():
                event = event_from_wire(values)
                last = event.server_seq
                yield event
            while (arrived := await _next(client, inbox)) is not None:
                if last is None or arrived.server_seq > last:
                    last = arrived.server_seq
                    yield arrived


async def _next(client: HostClient, inbox: asyncio.Queue[Event]) -> Event | None:
    """The next event, or None once the connection is gone and all are read."""
    if not inbox.empty():
        return inbox.get_nowait()
    getting = asyncio.ensure_future(inbox.get())
    closing = asyncio.ensure_future(client.closed.wait())
    try:
        await asyncio.wait((getting, closing), return_when=asyncio.FIRST_COMPLETED)
        return getting.result() if getting.done() else None
    finally:
        getting.cancel()
        closing.cancel()
