"""The log screen on a fake host: follows, searches, goes from mark to mark."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.screens.replay import ReplayScreen
from agentdeck.tui.widgets.log_view import LogView
from tests.fakes.fake_client import NOW, REPLAY_CHANNEL, FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app

START = NOW.timestamp() - 600


def entry(kind: str, text: str, after_s: float) -> dict[str, Any]:
    return {"kind": kind, "text": text, "at": START + after_s}


def moment(
    n: int, kind: str, text: str, after_s: float, by: str = ""
) -> dict[str, Any]:
    at = NOW.fromtimestamp(START + after_s, NOW.tzinfo).isoformat()
    return {
        "n": n,
        "session_id": "id-fix-login",
        "at": at,
        "kind": kind,
        "text": text,
        "by": by,
    }


TERMINAL = [
    entry("begin", "", 0),
    entry("text", "✻ Claude Code", 1),
    entry("text", "● I'll compare the passwords in constant time.", 20),
    entry("text", "  12  -    if given == stored:", 20),
    entry("text", "  12  +    if hmac.compare_digest(given, stored):", 21),
    *(entry("text", f"  test_{n:02} PASSED", 40 + n) for n in range(40)),
    entry("text", "All tests PASSED [b]really[/b]", 90),
]
CONVERSATION = [
    entry("prompt", "Fix the timing leak in the login\nand add a test for it", 2),
    entry("thought", "The comparison leaks how much of the password is right.", 10),
    entry("answer", "I'll compare the passwords in constant time.", 20),
    entry("tool", "Edit(orchard/login.py)", 21),
    entry("result", "The file was updated.", 22),
    entry("tool", "Bash(pytest -q)", 40),
    entry("result", "\n".join(f"test_{n:02} PASSED" for n in range(40)), 80),
    entry("answer", "All tests pass, so the leak is gone.", 90),
]
MOMENTS = [
    moment(1, "prompt", "Fix the timing leak in the login", 2),
    moment(2, "question", "permission: Bash(pip install argon2-cffi)", 30),
    moment(3, "answered", "approved (1. Yes)", 35, by="you"),
    moment(4, "commit", "00a8b60b Compare in constant time", 88),
    moment(5, "turn", "All tests pass, so the leak is gone.", 91),
]


def a_link(*, has_conversation: bool = True) -> FakeLink:
    """A host with both logs of a session that is over."""
    link = FakeLink(a_session("fix-login", title="Fix the [b]login[/b]"))
    sources = ["conversation", "terminal"] if has_conversation else ["terminal"]

    def text(params: dict[str, Any]) -> dict[str, Any]:
        source = params["source"] or sources[0]
        entries = CONVERSATION if source == "conversation" else TERMINAL
        return {
            "entries": [] if params["position"] else entries,
            "position": "1-0:9",
            "reset": False,
            "whole": True,
            "end": bool(params["position"]),
            "source": source,
            "sources": sources,
        }

    def timeline(params: dict[str, Any]) -> dict[str, Any]:
        moments = [each for each in MOMENTS if each["n"] > params["since"]]
        return {"moments": moments, "newest": 5}

    link.answer("session.text", text)
    link.answer("session.timeline", timeline)
    link.answer("session.commits", {"commits": []})
    return link


@asynccontextmanager
async def reading(
    link: FakeLink, size: tuple[int, int] = (100, 24)
) -> AsyncIterator[tuple[Deck, LogScreen]]:
    async with running(link, size) as deck:
        await deck.press("l")
        await deck.until(lambda: isinstance(deck.app.screen, LogScreen))
        screen = deck.app.screen
        assert isinstance(screen, LogScreen)
        await deck.until(lambda: screen.view.log_rows.rows)
        yield deck, screen


def row_of_cursor(view: LogView) -> str:
    return view.log_rows.rows[view.cursor].text


def shown(view: LogView) -> str:
    return "\n".join(view.render_line(y).text for y in range(view.size.height))


def title_of(screen: LogScreen) -> str:
    return str(screen.query_one("#title", Static).render())


async def test_the_conversation_comes_first_and_c_shows_the_terminal() -> None:
    async with reading(a_link()) as (deck, screen):
        kinds = [item.kind for item in screen.view.log_rows.items]
        # What the conversation says itself is not said again by a mark.
        assert kinds.count("prompt") == 1
        assert kinds.count("commit") == kinds.count("question") == 1
        assert "36 more lines" in shown(screen.view)
        assert "Fix the [b]login[/b]" in title_of(screen)
        await deck.press("c")
        await deck.until(lambda: screen.feed.source == "terminal")
        await deck.until(lambda: screen.view.log_rows.rows)
        kinds = [item.kind for item in screen.view.log_rows.items]
        assert [k for k in kinds if k not in ("text", "begin")] == [
            "prompt",
            "question",
            "answered",
            "commit",
            "turn",
        ]
        assert "All tests PASSED [b]really[/b]" in shown(screen.view)


async def test_it_goes_from_mark_to_mark() -> None:
    async with reading(a_link(has_conversation=False)) as (deck, screen):
        view = screen.view
        seen = []
        for _ in range(6):
            await deck.press("left_square_bracket")
            seen.append(row_of_cursor(view))
        assert seen == [
            "commit 00a8b60b Compare in constant time",
            "you answered: approved (1. Yes)",
            "asks permission: Bash(pip install argon2-cffi)",
            "Fix the timing leak in the login",
            "its terminal begins",
            "its terminal begins",
        ]
        await deck.press("right_square_bracket")
        assert row_of_cursor(view) == "Fix the timing leak in the login"


async def test_a_search_counts_goes_around_and_ends() -> None:
    async with reading(a_link(has_conversation=False)) as (deck, screen):
        view = screen.view
        await deck.press("slash", *"test_3")
        await deck.until(lambda: view.hit_place == (1, 10))
        assert row_of_cursor(view) == "  test_30 PASSED"
        await deck.press("enter", "n", "n")
        assert row_of_cursor(view) == "  test_32 PASSED"
        await deck.press("N", "N", "N")
        assert row_of_cursor(view) == "  test_39 PASSED"
        await deck.press("n")
        assert view.hit_place == (1, 10)
        await deck.press("escape")
        assert view.hit_place == (0, 0)
        assert isinstance(deck.app.screen, LogScreen)
        await deck.press("escape")
        await deck.until(lambda: deck.app.screen is deck.main)


async def test_a_hit_in_a_folded_result_unfolds_it() -> None:
    async with reading(a_link()) as (deck, screen):
        await deck.press("slash", *"test_27", "enter")
        await deck.until(lambda: row_of_cursor(screen.view) == "test_27 PASSED")
        await deck.press("enter")
        await deck.until(lambda: "36 more lines" in shown(screen.view))


async def test_new_output_moves_only_who_is_at_the_end() -> None:
    link = a_link(has_conversation=False)
    more: list[dict[str, Any]] = []

    def text(params: dict[str, Any]) -> dict[str, Any]:
        entries, more[:] = ([*more], []) if params["position"] else (TERMINAL, more)
        return {
            "entries": entries,
            "position": "1-0:9",
            "reset": False,
            "whole": True,
            "end": False,
            "source": "terminal",
            "sources": ["terminal"],
        }

    link.answer("session.text", text)
    async with reading(link) as (deck, screen):
        view = screen.view
        more.append(entry("text", "while at the end", 100))
        await deck.until(lambda: row_of_cursor(view) == "while at the end")
        assert not view.has_news
        await deck.press("g")
        top = shown(view)
        more.append(entry("text", "while at the top", 101))
        await deck.until(lambda: view.has_news)
        assert shown(view) == top
        assert "new output below" in title_of(screen)
        await deck.press("G")
        assert row_of_cursor(view) == "while at the top"
        await deck.until(lambda: "new output below" not in title_of(screen))


async def test_a_line_opens_the_replay_at_its_moment() -> None:
    async with reading(a_link(has_conversation=False)) as (deck, screen):
        link = deck.link
        screen.view.go_to_time(START + 20)
        await deck.press("V")
        await deck.until(lambda: isinstance(deck.app.screen, ReplayScreen))
        await deck.until(lambda: link.replays)
        link.replays[REPLAY_CHANNEL](
            {
                "t": "replay",
                "duration": 90.0,
                "anchors": [[0.0, START]],
                "prompts": [],
                "exits": [],
                "over": True,
            }
        )

        def sought() -> list[float]:
            told = link.told_of("replay.control")
            return [each["at"] for each in told if each["do"] == "seek"]

        await deck.until(sought)
        assert sought() == [20.0]
        assert not any(each["do"] == "play" for each in link.told_of("replay.control"))


async def test_what_cannot_be_read_is_said() -> None:
    link = FakeLink(a_session("fix-login"))
    link.answer("session.text", AgentDeckError("The log [cannot] be read."))
    async with running(link) as deck:
        await deck.press("l")
        await deck.until(lambda: isinstance(deck.app.screen, LogScreen))
        problem = deck.app.screen.query_one("#problem", Static)
        await deck.until(lambda: "[cannot]" in str(problem.render()))


@pytest.mark.parametrize("source", ["conversation", "terminal"])
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_how_it_looks(snap_compare: Any, source: str, size: tuple[int, int]) -> None:
    """The log with its gutter, a search, and the cursor on its hit."""
    link = a_link(has_conversation=source == "conversation")

    async def read(pilot: Pilot[None]) -> None:
        app = pilot.app
        deck = Deck(app, link, pilot)  # type: ignore[arg-type]
        await pilot.pause()
        await deck.until(lambda: deck.rows.order)
        await deck.press("l")
        await deck.until(lambda: isinstance(app.screen, LogScreen))
        screen = app.screen
        assert isinstance(screen, LogScreen)
        await deck.until(lambda: screen.view.log_rows.rows)
        await deck.press("slash", *"pass", "enter")
        await deck.settle()

    assert snap_compare(an_app(link), terminal_size=size, run_before=read)


async def test_lines_are_selected_and_copied_as_they_were_printed() -> None:
    async with reading(a_link(has_conversation=False)) as (deck, screen):
        view = screen.view
        await deck.press("end", "k", "y")
        assert deck.app.clipboard == "All tests PASSED [b]really[/b]"
        await deck.press("k", "v", "k", "k", "y")
        assert deck.app.clipboard == (
            "  test_38 PASSED\n  test_39 PASSED\n"
            "commit 00a8b60b Compare in constant time"
        )
        assert view.selected_from is None
        await deck.press("v", "j", "escape")
        assert isinstance(deck.app.screen, LogScreen), "escape ends the selection first"
        assert view.selected_from is None


async def test_copy_mode_of_a_session_that_is_over_is_its_log() -> None:
    link = a_link()
    link.sessions["id-fix-login"] = replace(
        link.sessions["id-fix-login"], phase=Phase.ENDED, exit_code=0
    )
    async with running(link, (100, 24)) as deck:
        await deck.press("c")
        await deck.until(lambda: isinstance(deck.app.screen, LogScreen))
        screen = deck.app.screen
        assert isinstance(screen, LogScreen)
        await deck.until(lambda: screen.feed.is_whole)
        await deck.settle()
        await deck.press("k", "y")
        assert deck.app.clipboard == "All tests PASSED [b]really[/b]"
