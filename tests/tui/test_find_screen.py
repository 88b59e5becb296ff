"""Find and the timeline on a fake host: what is asked, shown, and where it leads."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.screens.find import FindScreen
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.screens.replay import ReplayScreen
from agentdeck.tui.screens.timeline import TimelineScreen
from tests.fakes.fake_client import a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app
from tests.tui.test_log_screen import MOMENTS, START, a_link, row_of_cursor, shown


def hit(text: str, after_s: float, source: str = "terminal") -> dict[str, Any]:
    return {"source": source, "at": START + after_s, "text": text}


FOUND = [
    {
        "id": "id-fix-login",
        "name": "fix-login",
        "title": "Fix the [b]login[/b]",
        "count": 2,
        "hits": [
            hit("Fix the timing leak in the login", 2, "about"),
            hit("  12  +    if hmac.compare_digest(given, stored):", 21),
        ],
    },
    {
        "id": "id-other",
        "name": "other",
        "title": "Another \x1b[31mone",
        "count": 1,
        "hits": [hit("compares the [red]login[/red] times", 30, "conversation")],
    },
]


def find_link(pending: list[int] | None = None) -> Any:
    link = a_link()
    other = a_session("other", title="Another one", age_s=300)
    link.sessions[other.id] = other
    left = pending or [0]

    def find(params: dict[str, Any]) -> dict[str, Any]:
        still = left.pop(0) if len(left) > 1 else left[0]
        sessions = FOUND if params["text"] in ("login", "compare") else []
        return {"sessions": sessions, "hits": 3 if sessions else 0, "pending": still}

    link.answer("find.search", find)
    return link


def said(screen: Any) -> str:
    return str(screen.query_one("#said", Static).render())


async def open_find(deck: Deck, text: str) -> FindScreen:
    await deck.press("ctrl+f")
    await deck.until(lambda: isinstance(deck.app.screen, FindScreen))
    screen = deck.app.screen
    assert isinstance(screen, FindScreen)
    await deck.until(lambda: screen.query("#words"))
    await deck.press(*text)
    return screen


async def test_what_is_typed_is_found_and_a_line_opens_the_log_there() -> None:
    link = find_link()
    async with running(link, (100, 30)) as deck:
        screen = await open_find(deck, "compare")
        await deck.until(lambda: "3 lines in 2 sessions" in said(screen))
        drawn = shown(screen.view)
        assert "Fix the [b]login[/b]" in drawn
        assert "\x1b" not in drawn
        assert "timing leak" in row_of_cursor(screen.view)
        await deck.press("down", "enter")
        await deck.until(lambda: isinstance(deck.app.screen, LogScreen))
        log = deck.app.screen
        assert isinstance(log, LogScreen)
        await deck.until(lambda: log.feed.is_whole and log.view.hit_place[1])
        assert log.feed.source == "terminal"
        assert "hmac.compare_digest" in row_of_cursor(log.view)
        assert deck.rows.cursor == "id-fix-login"
        await deck.press("escape", "escape")
        await deck.until(lambda: deck.app.screen is screen)
        await deck.press("escape")
        await deck.until(lambda: deck.app.screen is deck.main)


async def test_one_search_follows_a_pause_and_goes_on_while_sessions_are_read() -> None:
    link = find_link([2, 1, 0])
    async with running(link, (100, 30)) as deck:
        screen = await open_find(deck, "login")
        await deck.until(lambda: len(link.calls_of("find.search")) == 3)
        await deck.until(lambda: "still being read" not in said(screen))
        texts = [call["text"] for call in link.calls_of("find.search")]
        assert texts == ["login"] * 3


async def test_a_title_leads_to_the_session() -> None:
    async with running(find_link(), (100, 30)) as deck:
        deck.rows.cursor = "id-other"
        screen = await open_find(deck, "login")
        await deck.until(lambda: "3 lines" in said(screen))
        await deck.press("enter")
        await deck.until(lambda: deck.app.screen is deck.main)
        await deck.until(lambda: deck.rows.cursor == "id-fix-login")


@pytest.mark.parametrize(
    ("text", "expected"), [("x", "Two letters"), ("nothing", "Nothing is found")]
)
async def test_what_is_not_found_is_said(text: str, expected: str) -> None:
    async with running(find_link(), (80, 24)) as deck:
        screen = await open_find(deck, text)
        await deck.until(lambda: expected in said(screen))
        await deck.press("enter")
        assert deck.app.screen is screen


async def test_an_index_that_fails_is_said() -> None:
    link = find_link()
    link.answer("find.search", AgentDeckError("The index [cannot] be kept."))
    async with running(link, (80, 24)) as deck:
        screen = await open_find(deck, "login")
        await deck.until(lambda: "[cannot]" in said(screen))


async def test_the_timeline_goes_from_view_to_view_and_leads_to_log_and_replay() -> (
    None
):
    link = a_link()
    async with running(link, (100, 24)) as deck:
        await deck.press("Q")
        await deck.until(lambda: isinstance(deck.app.screen, TimelineScreen))
        screen = deck.app.screen
        assert isinstance(screen, TimelineScreen)
        await deck.until(lambda: len(screen.view.log_rows.rows) == len(MOMENTS))
        await deck.press("c", "c")
        await deck.until(lambda: screen.feed.source == "work")
        await deck.until(lambda: len(screen.view.log_rows.rows) == 1)
        assert "commit 00a8b60b" in row_of_cursor(screen.view)
        await deck.press("l")
        await deck.until(lambda: type(deck.app.screen) is LogScreen)
        log = deck.app.screen
        assert isinstance(log, LogScreen)
        await deck.until(lambda: log.feed.is_whole)
        await deck.until(lambda: "commit 00a8b60b" in row_of_cursor(log.view))
        await deck.press("escape")
        await deck.until(lambda: deck.app.screen is screen)
        await deck.press("enter")
        await deck.until(lambda: isinstance(deck.app.screen, ReplayScreen))


async def test_the_timeline_shows_what_happens_while_it_is_open() -> None:
    link = a_link()
    session = next(iter(link.sessions.values()))
    async with running(link, (100, 24)) as deck:
        await deck.press("Q")
        await deck.until(lambda: isinstance(deck.app.screen, TimelineScreen))
        screen = deck.app.screen
        assert isinstance(screen, TimelineScreen)
        await deck.until(lambda: len(screen.view.log_rows.rows) == len(MOMENTS))
        more = [{**MOMENTS[3], "n": 6, "text": "11111111 Another"}]
        link.answer(
            "session.timeline",
            lambda params: {
                "moments": more if params["since"] < 6 else [],
                "newest": 6,
            },
        )
        link.change(session, ahead=2)
        await deck.until(lambda: len(screen.view.log_rows.rows) == len(MOMENTS) + 1)


@pytest.mark.parametrize("what", ["find", "timeline"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_how_it_looks(snap_compare: Any, what: str, size: tuple[int, int]) -> None:
    """Hits by session with the words marked; moments with their signs."""
    link = find_link()

    async def show(pilot: Pilot[None]) -> None:
        deck = Deck(pilot.app, link, pilot)  # type: ignore[arg-type]
        await pilot.pause()
        await deck.until(lambda: deck.rows.order)
        deck.rows.cursor = "id-fix-login"
        if what == "find":
            screen = await open_find(deck, "login")
            screen.query_one(Input).cursor_blink = False
            await deck.until(lambda: "3 lines" in said(screen))
        else:
            await deck.press("Q")
            await deck.until(lambda: isinstance(pilot.app.screen, TimelineScreen))
            timeline = pilot.app.screen
            assert isinstance(timeline, TimelineScreen)
            await deck.until(lambda: timeline.view.log_rows.rows)
        await deck.settle()

    assert snap_compare(an_app(link), terminal_size=size, run_before=show)
