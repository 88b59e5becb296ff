"""Scrolling a pane back: who is asked for what, and what the border says."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.geometry import Offset

from tests.fakes.fake_client import a_frame
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link


def scrolls(deck: Deck) -> list[dict[str, Any]]:
    told = deck.link.told_of("screen.input")
    return [each["event"] for each in told if each["kind"] == "scroll"]


def wheel(deck: Deck, kind: type[events.MouseEvent]) -> events.MouseEvent:
    x, y = deck.terminal.region.offset + Offset(2, 2)
    return kind(deck.terminal, x, y, 0, 0, 0, False, False, False, x, y)


async def test_keys_of_the_list_scroll_the_pane_by_pages_and_to_the_ends() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.terminal.frame_size)
        page = deck.terminal.size.height - 1
        await deck.press("b", "f", "B", "F")
        await deck.until(lambda: len(scrolls(deck)) == 4)
        assert scrolls(deck) == [
            {"by": -page},
            {"by": page},
            {"to": "top"},
            {"to": "bottom"},
        ]


async def test_the_wheel_is_ours_until_the_agent_asks_for_the_mouse() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.terminal.frame_size)
        deck.terminal.post_message(wheel(deck, events.MouseScrollUp))
        await deck.until(lambda: scrolls(deck) == [{"by": -3, "wheel": True}])
        deck.terminal.draw(1, {**a_frame("x"), "mouse": 1})
        deck.terminal.post_message(wheel(deck, events.MouseScrollDown))
        await deck.until(
            lambda: any(t["kind"] == "mouse" for t in deck.link.told_of("screen.input"))
        )
        assert len(scrolls(deck)) == 1


async def test_while_typing_shift_pages_scroll_and_a_key_goes_back_first() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.terminal.frame_size)
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus)
        await deck.press("shift+pageup")
        await deck.until(lambda: scrolls(deck))
        pane = deck.main.pane
        feed = deck.link.told_of("screen.input")[-1]["channel"]
        deck.main._draw(pane, feed, {**a_frame("old"), "scrolled": [39, True]})
        shown = str(pane.border_subtitle)
        assert "39 rows up" in shown
        assert "new output below" in shown
        await deck.press("x")
        await deck.until(deck.keys_typed)
        kinds = [t["kind"] for t in deck.link.told_of("screen.input")][-2:]
        assert kinds == ["scroll", "key"]
        assert scrolls(deck)[-1] == {"to": "bottom"}


async def test_a_full_screen_program_gets_every_key_itself() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.terminal.frame_size)
        deck.terminal.draw(1, {**a_frame("vim"), "alternate": True})
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus)
        await deck.press("shift+pageup")
        await deck.until(deck.keys_typed)
        assert scrolls(deck) == []


async def test_a_paste_goes_back_first_too() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.until(lambda: deck.terminal.frame_size)
        deck.terminal.draw(1, {**a_frame("old"), "scrolled": [39, True]})
        deck.terminal.post_message(events.Paste("text"))
        await deck.until(
            lambda: any(t["kind"] == "paste" for t in deck.link.told_of("screen.input"))
        )
        kinds = [t["kind"] for t in deck.link.told_of("screen.input")][-2:]
        assert kinds == ["scroll", "paste"]
