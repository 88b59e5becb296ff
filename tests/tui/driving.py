"""How the app's tests drive it: wait for what should hold, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.widgets.session_list import SessionList
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_client import FakeLink
from tests.tui.scenes import an_app

DEADLINE_S = 15.0


class Deck:
    """A running app and what a test asks of it."""

    def __init__(self, app: AgentDeckApp, link: FakeLink, pilot: Pilot[None]) -> None:
        self.app = app
        self.link = link
        self.pilot = pilot

    @property
    def main(self) -> SessionsScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, SessionsScreen)
        return screen

    @property
    def rows(self) -> SessionList:
        return self.main.query_one(SessionList)

    @property
    def terminal(self) -> Terminal:
        return self.main.query_one(Terminal)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], Any]) -> None:
        """Let the app work until something holds."""
        end = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < end, "it never came to hold"
            await self.pilot.pause(0.01)

    async def settle(self) -> None:
        """Let all that was posted be dealt with."""
        for _ in range(3):
            await asyncio.sleep(0)
            await self.pilot.pause()

    async def go_to(self, name: str) -> None:
        """Put the cursor on a session and have its screen opened."""
        self.rows.cursor = f"id-{name}"
        await self.until(lambda: f"id-{name}" in self.link.opened.values())
        await self.until(lambda: self.terminal.frame_size)

    async def go_to_row(self, name: str) -> None:
        """Put the cursor on a session that need not have a screen."""
        self.rows.cursor = f"id-{name}"
        await self.settle()

    def keys_typed(self) -> list[str]:
        """The keys that went to sessions."""
        told = self.link.told_of("screen.input")
        return [each["event"]["key"] for each in told if each["kind"] == "key"]

    def toasts(self) -> list[str]:
        """What was said in the corner."""
        return [notice.message for notice in self.app._notifications]


@asynccontextmanager
async def running(
    link: FakeLink, size: tuple[int, int] = (120, 40), **values: Any
) -> AsyncIterator[Deck]:
    """The app on a fake link, once it knows the sessions."""
    app = an_app(link, **values)
    async with app.run_test(size=size) as pilot:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: deck.rows.order or not link.sessions)
        yield deck
    assert not link.unexpected
