"""The terminal pane: what is typed into it, drawn in it and told of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual import events

from agentdeck.core.session import Phase, Session
from agentdeck.rpc.client import FrameHandler
from agentdeck.tui.screens.watching import OPEN_PAUSE_S
from agentdeck.tui.widgets import terminal
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_client import FakeLink, a_frame
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link, queued, working


async def test_every_key_but_the_release_key_goes_to_the_session() -> None:
    keys = ["q", "ctrl+q", "ctrl+p", "tab", "escape", "ctrl+c", "1", "x", "f1", "up"]
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        await deck.press(*keys)
        await deck.until(lambda: deck.keys_typed() == keys)
        assert len(deck.app.screen_stack) == 1
        await deck.press("ctrl+right_square_bracket")
        await deck.until(lambda: deck.rows.has_focus)
        assert deck.keys_typed() == keys


async def test_another_release_key_is_the_hosts_to_choose() -> None:
    async with running(few_link(release_key="ctrl+g")) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter", "ctrl+right_square_bracket")
        assert deck.terminal.has_focus
        await deck.press("ctrl+g")
        await deck.until(lambda: deck.rows.has_focus)


async def test_a_printable_key_carries_its_text() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter", "A", "ctrl+a")
        await deck.until(lambda: len(deck.keys_typed()) == 2)
        told = [t["event"] for t in deck.link.told_of("screen.input")][-2:]
        assert told == [{"key": "A", "text": "A"}, {"key": "ctrl+a"}]


async def test_pasted_text_goes_as_one_paste() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        deck.app.post_message(events.Paste("two\nlines\x1b[201~"))
        await deck.until(lambda: _inputs(deck, "paste"))
        assert _inputs(deck, "paste") == [{"text": "two\nlines\x1b[201~"}]


async def test_the_mouse_is_told_only_where_the_agent_wants_it() -> None:
    link = few_link()
    link.frame = lambda _: a_frame("menu", mouse=1)
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        await deck.pilot.click(Terminal, offset=(3, 2))
        await deck.until(lambda: len(_inputs(deck, "mouse")) >= 2)
        press = next(e for e in _inputs(deck, "mouse") if e["action"] == "press")
        assert (press["x"], press["y"]) == (3, 2)
        told = len(_inputs(deck, "mouse"))
        link.send_frame(a_frame("menu", n=2, mouse=0))
        await deck.until(lambda: {"channel": 2, "n": 2} in link.told_of("screen.ack"))
        await deck.pilot.click(Terminal, offset=(3, 2))
        await deck.settle()
        assert len(_inputs(deck, "mouse")) == told


async def test_each_frame_is_acknowledged_once_and_after_it_is_drawn() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.link.told_of("screen.ack"))
        channel = max(deck.link.opened)
        deck.link.send_frame(a_frame("line 2", n=2))
        await deck.until(lambda: acks_of(deck, channel) == [1, 2])
        deck.link.send_frame(a_frame("line 3", n=3))
        await deck.until(lambda: acks_of(deck, channel) == [1, 2, 3])
        assert deck.terminal.render_line(0).text.startswith("line 3")


async def test_a_cursor_that_runs_opens_only_the_screen_where_it_rests() -> None:
    async with running(few_link()) as deck:
        await deck.until(lambda: deck.link.opened)
        # Two headers lie between.
        for _ in range(6):
            deck.rows.action_cursor_down()
        await deck.until(lambda: len(deck.link.opened) > 1)
        await deck.settle()
        assert list(deck.link.opened.values())[1:] == ["id-typed-settings"]
        assert deck.link.closed == [1]


class SlowLink(FakeLink):
    """A host that opens a screen when the test lets it."""

    def __init__(self, *sessions: Session) -> None:
        super().__init__(*sessions)
        self.gate = asyncio.Event()
        self.begun: list[str] = []

    async def open_screen(self, session_id: str, on_frame: FrameHandler) -> int:
        """Open it once the gate is open."""
        self.begun.append(session_id)
        await self.gate.wait()
        return await super().open_screen(session_id, on_frame)


async def test_news_while_a_screen_is_being_opened_do_not_leave_it_blank() -> None:
    link = SlowLink(working())
    link.frame = lambda _: a_frame("hello from the agent")
    async with running(link) as deck:
        # News come before the cursor has rested, and the screen is opened at once;
        # when it has rested, that is still under way.
        link.change(working(), last_line="something new")
        await deck.until(lambda: link.begun)
        await deck.pilot.pause(2 * OPEN_PAUSE_S)
        link.gate.set()
        await deck.until(lambda: "hello" in deck.terminal.render_line(0).text)
        assert len(link.opened) - len(link.closed) == 1


async def test_the_session_is_given_the_panes_size_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Long enough that five keys fall into it on a loaded machine too.
    monkeypatch.setattr(terminal, "RESIZE_PAUSE_S", 4.0)
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.link.told_of("screen.resize"))
        size = deck.terminal.size
        last = deck.link.told_of("screen.resize")[-1]
        assert (last["cols"], last["rows"]) == (size.width, size.height)
        before = len(deck.link.told_of("screen.resize"))
        for _ in range(5):
            await deck.press("greater_than_sign")
        await deck.until(lambda: len(deck.link.told_of("screen.resize")) > before)
        await deck.settle()
        new = deck.link.told_of("screen.resize")[before:]
        assert [each["cols"] for each in new] == [deck.terminal.size.width]


async def test_a_queued_session_says_its_place_and_opens_no_screen() -> None:
    link = FakeLink(queued())
    async with running(link) as deck:
        await deck.settle()
        shown = "".join(deck.terminal.render_line(y).text for y in range(30))
        assert "Number 1 in the queue" in shown
        assert not link.opened
        link.frame = lambda _: a_frame("hello from the agent")
        link.change(queued(), phase=Phase.RUNNING)
        await deck.until(lambda: link.opened)
        await deck.until(lambda: "hello" in deck.terminal.render_line(0).text)


async def test_a_resumed_session_is_opened_again() -> None:
    link = FakeLink(working())
    link.frame = lambda _: a_frame("first life")
    async with running(link) as deck:
        await deck.go_to("bulk-discounts")
        over = link.change(working(), phase=Phase.ENDED, exit_code=0, activity=None)
        await deck.until(lambda: deck.main.session_at_cursor() == over)
        await deck.settle()
        link.frame = lambda _: a_frame("second life")
        link.change(working())
        await deck.until(lambda: len(link.opened) == 2)
        await deck.until(lambda: "second" in deck.terminal.render_line(0).text)


async def test_what_is_typed_with_no_running_agent_is_refused_with_the_way_out() -> (
    None
):
    link = FakeLink(queued())
    async with running(link) as deck:
        await deck.press("enter")
        assert not deck.terminal.has_focus
        assert any("does not run yet" in toast for toast in deck.toasts())


@pytest.mark.parametrize("size", [(40, 10), (70, 12)])
async def test_on_a_tiny_screen_the_terminal_is_shown_while_it_has_the_keyboard(
    size: tuple[int, int],
) -> None:
    async with running(few_link(), size=size) as deck:
        assert not deck.terminal.size
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus and deck.terminal.size)
        await deck.press("ctrl+right_square_bracket")
        await deck.until(lambda: deck.rows.has_focus and not deck.terminal.size)


def acks_of(deck: Deck, channel: int) -> list[int]:
    told = deck.link.told_of("screen.ack")
    return [each["n"] for each in told if each["channel"] == channel]


def _inputs(deck: Deck, kind: str) -> list[dict[str, Any]]:
    told = deck.link.told_of("screen.input")
    return [each["event"] for each in told if each["kind"] == kind]
