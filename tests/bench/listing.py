"""A list of 1,000 sessions: from a key, or news of one session, to its frame.

One loop does all of it, so the process's own time is what a free core takes, however
busy the machine is otherwise.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from textual import events

from agentdeck.core.session import Activity, Phase, Session
from agentdeck.tui.app import AgentDeckApp
from agentdeck.tui.screens.sessions import SessionsScreen
from agentdeck.tui.view import Grouping
from agentdeck.tui.widgets.session_list import SessionList
from tests.bench.measure import Row
from tests.fakes.fake_client import FakeLink, a_session
from tests.integration.deck import Deck
from tests.tui.scenes import an_app

SESSIONS = 1000
RUNS = 25
FRAME_MS = 1000 / 30
DEADLINE_S = 20.0


def sessions() -> list[Session]:
    """Sessions of all kinds in ten repositories."""
    made = []
    for n in range(SESSIONS):
        is_over = n % 3 == 0
        made.append(
            a_session(
                f"session-{n:04}",
                repo=f"/home/ada/repo-{n % 10}",
                agent=("claude", "codex", "gemini")[n % 3],
                phase=Phase.ENDED if is_over else Phase.RUNNING,
                activity=Activity.IDLE if n % 7 == 0 else Activity.WORKING,
                last_line=f"Editing file {n} of many",
                ahead=n % 5,
                added=n,
                position=n,
            )
        )
    return made


class Watched:
    """An app of which each painted frame is noticed."""

    def __init__(self, app: AgentDeckApp) -> None:
        self.app = app
        self._painted = asyncio.Event()
        paint: Any = app._display

        def display(*args: Any) -> None:
            paint(*args)
            self._painted.set()

        app._display = display  # type: ignore[method-assign]

    async def quiet(self) -> None:
        """Wait until nothing more is painted for a while."""
        while True:
            self._painted.clear()
            try:
                async with asyncio.timeout(0.15):
                    await self._painted.wait()
            except TimeoutError:
                return

    async def frame_ms(
        self, act: Callable[[], object], done: Callable[[], Any]
    ) -> float:
        """How long it is from an act to the frame that shows what it did."""
        await self.quiet()
        self._painted.clear()
        began = time.process_time()
        act()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                await self._painted.wait()
                if done():
                    return (time.process_time() - began) * 1000
                self._painted.clear()


async def _measure() -> dict[str, float]:
    link = FakeLink(*sessions(), motion=False)
    app = an_app(link)
    taken: dict[str, list[float]] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        while not (app.deck.store.is_known and app.screen.query(SessionList)):
            await pilot.pause(0.05)
        main = app.screen
        assert isinstance(main, SessionsScreen)
        rows = main.query_one(SessionList)
        while not (rows.order and rows.has_focus):
            await pilot.pause(0.05)
        watched = Watched(app)

        def press(key: str, character: str | None = None) -> Callable[[], object]:
            event = events.Key(key, character)
            event.set_sender(app)
            return lambda: app._driver.send_message(event)  # type: ignore[union-attr]

        async def take(what: str, act: Callable[[], object], done: Any) -> None:
            taken.setdefault(what, []).append(await watched.frame_ms(act, done))

        for run in range(RUNS):
            rows.action_cursor_top()
            at = rows.cursor
            await take("move", press("j", "j"), lambda at=at: rows.cursor != at)
            at = rows.cursor
            await take("page down", press("pagedown"), lambda at=at: rows.cursor != at)
            query = f"repo:repo-{run % 10} -s:idle"
            act = lambda query=query: main.filter_by(query)  # noqa: E731
            await take("filter", act, lambda: len(rows.every) < SESSIONS)
            act = lambda: main.filter_by("")  # noqa: E731
            await take("filter off", act, lambda: len(rows.every) == SESSIONS)
            grouping = (Grouping.REPOSITORY, Grouping.AGENT, Grouping.STATE)[run % 3]
            view = replace(main.view, grouping=grouping)
            act = lambda view=view: main.set_view(view)  # noqa: E731
            await take("group", act, lambda view=view: main.view == view)
            session = link.sessions[app.deck.store.sessions[rows.order[1]].id]
            change = lambda s=session, n=run: link.change(s, last_line=f"line {n}")  # noqa: E731
            told = lambda s=session, n=run: (  # noqa: E731
                app.deck.store.sessions[s.id].last_line == f"line {n}"
            )
            await take("news of one", change, told)
    return {what: statistics.median(times) for what, times in taken.items()}


def rows(_: Deck) -> list[Row]:
    """Each against one frame at 30 a second."""
    measured = asyncio.run(_measure())
    return [
        Row(
            f"{SESSIONS} sessions, {what}",
            f"{ms:.0f} ms",
            f"{FRAME_MS:.0f} ms",
            ms / FRAME_MS,
            1.0,
        )
        for what, ms in measured.items()
    ]
