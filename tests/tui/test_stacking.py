"""List above the panes or beside them: by choice, by mouse and keys, remembered."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.tui.layouts import Layout
from agentdeck.tui.widgets.pane import Pane
from agentdeck.tui.widgets.terminal import Terminal
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck, running
from tests.tui.scenes import few, few_link


def left(deck: Deck) -> tuple[int, int]:
    size = deck.main.query_one("#left").size
    return size.width, size.height


def right_is_below(deck: Deck) -> bool:
    body = deck.main.query_one("#body").region
    right = deck.main.query_one("#right").region
    return right.y > body.y and right.x == body.x


@pytest.mark.parametrize(("width", "stacked"), [(140, False), (80, True)])
async def test_a_key_switches_and_the_host_remembers(width: int, stacked: bool) -> None:
    link = few_link()
    async with running(link, size=(width, 40)) as deck:
        assert right_is_below(deck) is stacked
        await deck.press("L")
        assert right_is_below(deck) is not stacked
        await deck.until(lambda: link.layouts)
        assert link.layouts[f"{width}x40"]["stacked"] is not stacked
    async with running(link, size=(width, 40)) as deck:
        await deck.until(lambda: right_is_below(deck) is not stacked)
        assert deck.rows.order


async def test_a_narrow_screen_stays_stacked_and_says_so() -> None:
    async with running(few_link(), size=(50, 30)) as deck:
        await deck.press("L", "L")
        assert right_is_below(deck)
        assert any("no room" in said for said in deck.toasts())


async def test_the_border_of_a_stacked_screen_moves_by_keys() -> None:
    link = few_link()
    async with running(link, size=(80, 40)) as deck:
        height = left(deck)[1]
        await deck.press("right_square_bracket", "greater_than_sign")
        assert left(deck) == (80, height + 2)
        await deck.press("left_square_bracket")
        assert left(deck) == (80, height + 1)
        await deck.press(*["right_square_bracket"] * 40)
        assert deck.main.query_one("#right").size.height >= 6
        await deck.press(*["left_square_bracket"] * 40)
        assert left(deck)[1] == 4
        await deck.until(lambda: link.layouts)
        await deck.until(lambda: link.layouts["80x40"]["list_height"] == 4)
    async with running(link, size=(80, 40)) as deck:
        await deck.until(lambda: left(deck)[1] == 4)


async def test_the_border_of_a_stacked_screen_moves_by_the_mouse() -> None:
    async with running(few_link(), size=(80, 40)) as deck:
        top = deck.main.query_one(Pane).region.y
        pilot = deck.pilot
        await pilot.mouse_down(offset=(30, top))
        await pilot.hover(offset=(30, top + 5))
        await pilot.mouse_up(offset=(30, top + 5))
        await deck.until(lambda: deck.main.query_one(Pane).region.y == top + 5)
        await deck.settle()
        await pilot.hover(offset=(30, top))
        await deck.settle()
        assert deck.main.query_one(Pane).region.y == top + 5, "it was let go"


async def test_either_half_is_shown_alone() -> None:
    async with running(few_link(), size=(140, 40)) as deck:
        await deck.press("ctrl+l")
        assert left(deck)[0] == 140
        assert not deck.main.query_one("#right").display
        await deck.press("ctrl+l")
        assert left(deck)[0] < 140
        await deck.press("ctrl+l", "Z")
        assert not deck.main.query_one("#left").display
        assert deck.main.query_one("#right").size.width == 140
        await deck.press("ctrl+l")
        assert not deck.main.query_one("#right").display
        await deck.go_to_row("bulk-discounts")
        await deck.press("enter")
        await deck.until(lambda: deck.main.query_one(Terminal).has_focus)
        assert left(deck)[0] < 140


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 15), (99, 16), (200, 60)])
async def test_every_size_can_be_turned_and_back(size: tuple[int, int]) -> None:
    async with running(FakeLink(*few()), size=size) as deck:
        for key in ("L", "ctrl+l", "L", "ctrl+l", "greater_than_sign", "z", "z"):
            await deck.press(key)
            await asyncio.sleep(0)
            assert deck.app.is_running


@given(
    st.builds(
        Layout,
        st.none() | st.integers(0, 300),
        st.none() | st.integers(0, 100),
        st.none() | st.booleans(),
    )
)
def test_a_layout_survives_being_kept(layout: Layout) -> None:
    assert Layout.from_json(layout.as_json()) == layout
