"""What agents print last reaches clients, for all of them in few events."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from agentdeck.config.paths import Paths
from agentdeck.core.events import Event, EventKind
from agentdeck.rpc.client import connected
from agentdeck.tui.store import SessionStore
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PRINTERS = 8
PRINTS = "while :; do n=$((n+1)); echo line $n; sleep 0.05; done"
SECONDS = 30


async def test_many_that_print_are_few_events_and_a_client_holds_their_lines(
    deck: Deck,
) -> None:
    names = [f"p{number}" for number in range(PRINTERS)]
    await asyncio.to_thread(deck.run, "pool", "--limit", str(PRINTERS))
    for name in names:
        await asyncio.to_thread(deck.shell, name, PRINTS)
    store, kinds = SessionStore(), Counter[EventKind]()
    told: set[str] = set()
    enough = asyncio.Event()

    def take(event: Event) -> None:
        if not store.is_known:
            return
        store.apply(event)
        kinds[event.kind] += 1
        lines = event.data.get("lines")
        if isinstance(lines, dict):
            told.update(store.sessions[each].name for each in lines)
            for session_id, line in lines.items():
                assert store.sessions[session_id].last_line == line
        if kinds[EventKind.LINES_PRINTED] >= 3 and told == set(names):
            enough.set()

    paths = Paths(deck.home / "state", deck.home / "config", deck.home / "run")
    async with connected(paths, start=False) as client:
        client.on_event = take
        store.greet(await client.hello("test", events=True))
        async with asyncio.timeout(SECONDS):
            await enough.wait()
        rows = (await client.call("session.list", everything=True))["sessions"]
    assert all(row["last_line"].startswith("line ") for row in rows)
    # Each prints twenty lines a second; an event for each would be hundreds.
    assert kinds[EventKind.LINES_PRINTED] <= 20
