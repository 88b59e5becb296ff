"""The replay screen on a fake host: what it asks, shows and leaves behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.widgets import Static

from agentdeck.tui.screens.replay import ReplayScreen
from agentdeck.tui.widgets.terminal import Terminal
from agentdeck.tui.widgets.time_bar import TimeBar
from tests.fakes.fake_client import NOW, REPLAY_CHANNEL, FakeLink, a_session
from tests.tui.driving import Deck, running
from tests.tui.scenes import an_app

WALL = NOW.timestamp() - 7200
ABOUT = {
    "t": "replay",
    "duration": 100.0,
    "anchors": [[0.0, WALL], [52.0, WALL + 3600]],
    "prompts": [10.0, 60.0],
    "exits": [[100.0, "0"]],
    "over": True,
}


def a_frame(n: int, text: str) -> dict[str, Any]:
    return {
        "t": "frame",
        "n": n,
        "full": n == 1,
        "cols": 60,
        "rows": 10,
        "styles": [[None, None, 0]] if n == 1 else [],
        "styles_from": 0 if n == 1 else 1,
        "rows_changed": {"0": [[text, 0]]},
        "cursor": [0, 2, True, "block"],
        "title": "",
        "alternate": False,
        "mouse": 0,
        "paste": False,
    }


def at(time: float, *, playing: bool = False) -> dict[str, Any]:
    wall = WALL + time
    return {"t": "at", "at": time, "wall": wall, "playing": playing, "speed": 1}


@asynccontextmanager
async def replaying(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Deck]:
    link = FakeLink(a_session("fix-login"))
    commit = {
        "subject": "Fix [b]it[/]",
        "at": f"{NOW.replace(hour=10, minute=0, second=30).isoformat()}",
    }
    link.answer("session.commits", {"commits": [commit]})
    async with running(link, size) as deck:
        deck.rows.cursor = "id-fix-login"
        await deck.press("V")
        await deck.until(lambda: asked(link, "subscribe"))
        assert isinstance(deck.app.screen, ReplayScreen)
        for message in (ABOUT, at(0.0), a_frame(1, "as it was")):
            link.replays[REPLAY_CHANNEL](message)
        await deck.settle()
        yield deck


def asked(link: FakeLink, do: str) -> list[dict[str, Any]]:
    return [told for told in link.told_of("replay.control") if told["do"] == do]


def status(deck: Deck) -> str:
    return str(deck.app.screen.query_one("#status", Static).render())


async def test_frames_are_drawn_and_acknowledged() -> None:
    async with replaying() as deck:
        terminal = deck.app.screen.query_one(Terminal)
        assert terminal.frame_size == (60, 10)

        def acks() -> list[dict[str, Any]]:
            told = deck.link.told_of("screen.ack")
            return [each for each in told if each["channel"] == REPLAY_CHANNEL]

        await deck.until(acks)
        assert acks()[0]["n"] == 1
        assert not terminal.can_focus


async def test_keys_seek_play_and_change_the_speed() -> None:
    async with replaying() as deck:
        await deck.press("right", "right", "shift+right", "left", "home", "end")
        wanted = [5, 10, 70, 65, 0, 100]
        await deck.until(lambda: len(asked(deck.link, "seek")) == len(wanted))
        assert [told["at"] for told in asked(deck.link, "seek")] == wanted
        await deck.press("greater_than_sign", "greater_than_sign", "space")
        await deck.until(lambda: len(asked(deck.link, "play")) == 2)
        speeds = [told["speed"] for told in asked(deck.link, "play")]
        assert speeds == [1, 4], "it plays from the start, then as asked"
        assert "×4  playing" in status(deck)
        deck.link.replays[REPLAY_CHANNEL](at(100.0))
        assert "paused" in status(deck)


async def test_marks_are_gone_through_and_named() -> None:
    async with replaying() as deck:
        await deck.press(*"nnnnnn", "p")

        def seeks() -> list[float]:
            return [told["at"] for told in asked(deck.link, "seek")]

        await deck.until(lambda: len(seeks()) == 6)
        assert seeks() == [10, 30, 52, 60, 100, 60]
        await deck.press("p", "p")
        assert "commit Fix [b]it[/]" in status(deck)


async def test_the_bar_is_clicked_and_dragged() -> None:
    async with replaying() as deck:
        bar = deck.app.screen.query_one(TimeBar)
        middle = bar.size.width // 2
        await deck.pilot.mouse_down(bar, offset=(middle, 0))
        await deck.pilot.hover(bar, offset=(bar.size.width - 1, 0))
        await deck.pilot.mouse_up(bar, offset=(bar.size.width - 1, 0))
        await deck.until(lambda: len(asked(deck.link, "seek")) > 1)
        times = [told["at"] for told in asked(deck.link, "seek")]
        assert 49 < times[0] < 52
        assert times[-1] == 100


async def test_a_replay_that_stopped_by_itself_says_so_and_is_started_again() -> None:
    async with replaying() as deck:
        await deck.press("right")
        deck.link.replays[REPLAY_CHANNEL]({"t": "ended"})
        assert "space starts it again" in status(deck)
        await deck.press("space")
        await deck.until(lambda: len(asked(deck.link, "subscribe")) == 2)
        assert asked(deck.link, "subscribe")[1]["at"] == 5
        await deck.until(lambda: len(asked(deck.link, "play")) == 2)


async def test_leaving_ends_the_replay() -> None:
    async with replaying() as deck:
        await deck.press("escape")
        await deck.until(lambda: REPLAY_CHANNEL in deck.link.closed)
        assert deck.app.screen is deck.main


async def test_an_error_is_said_as_plain_text() -> None:
    async with replaying() as deck:
        deck.link.replays[REPLAY_CHANNEL]({"t": "error", "message": "No [b]x[/]"})
        await deck.settle()
        assert "No [b]x[/]" in status(deck)


@pytest.mark.parametrize(
    ("size", "options"),
    [((80, 24), {}), ((120, 40), {}), ((80, 24), {"ascii": True})],
    ids=["80x24", "120x40", "ascii"],
)
def test_it_looks_like_this(
    snap_compare: Any, size: tuple[int, int], options: dict[str, Any]
) -> None:
    """A terminal, the bar with a prompt, a commit, a pause and the end, the keys."""
    link = FakeLink(a_session("fix-login", title="Fix the login"), **options)
    at_s = NOW.replace(hour=10, second=30).isoformat()
    link.answer("session.commits", {"commits": [{"subject": "Fix it", "at": at_s}]})

    async def settle(pilot: Any) -> None:
        deck = Deck(pilot.app, link, pilot)
        await deck.until(lambda: pilot.app.deck.store.is_known)
        await deck.settle()
        await deck.until(lambda: deck.rows.order)
        await deck.press("V")
        await deck.until(lambda: asked(link, "subscribe"))
        for message in (ABOUT, at(30.0), a_frame(1, "● Editing login.py")):
            link.replays[REPLAY_CHANNEL](message)
        await deck.settle()

    assert snap_compare(an_app(link), terminal_size=size, run_before=settle)
