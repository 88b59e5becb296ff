"""What a pane shows of a session that ends while it is looked at."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agentdeck.config.paths import paths_from_environment
from agentdeck.rpc.client import connected
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


async def test_its_last_screen_comes_though_no_frame_before_was_drawn(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow line has not acknowledged what it drew last when the agent ends."""
    monkeypatch.setenv("AGENTDECK_HOME", str(deck.home))
    await asyncio.to_thread(deck.shell, "brief", "read x; echo the-end; exit 0")
    frames: list[dict[str, Any]] = []
    async with connected(paths_from_environment()) as client:
        session_id = (await asyncio.to_thread(deck.sessions))["brief"]["id"]
        await client.open_screen(session_id, frames.append)
        async with asyncio.timeout(30):
            while not frames:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
            await asyncio.to_thread(deck.run, "send", "brief", "go")
            while "the-end" not in json.dumps(frames[-1]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert frames[-1]["full"]
