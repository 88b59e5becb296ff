"""Several panes at once: what they show, who has the keyboard, what is remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from agentdeck.core.session import SessionId
from agentdeck.tui.widgets.pane import Pane
from tests.fakes.fake_client import FakeLink, a_frame, a_session
from tests.tui.driving import Deck, running

IDS = [f"id-s{number}" for number in range(6)]


def six() -> FakeLink:
    """Six sessions, each with its name on its screen."""
    link = FakeLink(*(a_session(f"s{n}", position=n) for n in range(6)))
    link.frame = lambda session_id: a_frame(f"screen of {session_id}")
    return link


@asynccontextmanager
async def four_panes(link: FakeLink, **values: Any) -> AsyncIterator[Deck]:
    """The app with the first four sessions marked and shown."""
    values.setdefault("size", (200, 60))
    async with running(link, **values) as deck:
        await deck.press("v", "v", "v", "v", "w")
        await deck.until(lambda: shown(deck) == IDS[:4])
        await deck.until(lambda: link.open_sessions == set(IDS[:4]))
        yield deck


def panes(deck: Deck) -> list[Pane]:
    return deck.main.grid.panes


def shown(deck: Deck) -> list[str | None]:
    return [pane.session_id for pane in deck.main.grid.shown_panes]


def text_of(pane: Pane) -> str:
    return pane.terminal.render_line(0).text.rstrip()


async def test_the_marked_sessions_stand_side_by_side_and_all_are_live() -> None:
    link = six()
    async with four_panes(link) as deck:
        assert deck.rows.cursor == IDS[0]
        for pane in panes(deck):
            await deck.until(
                lambda pane=pane: text_of(pane) == f"screen of {pane.session_id}"
            )
        regions = [pane.region for pane in panes(deck)]
        assert len({(region.width, region.height) for region in regions}) <= 4
        assert not any(a.overlaps(b) for a in regions for b in regions if a is not b)


async def test_the_cursor_previews_in_the_current_pane_and_gives_it_back() -> None:
    link = six()
    async with four_panes(link) as deck:
        deck.rows.cursor = IDS[1]
        await deck.until(lambda: panes(deck)[1].has_class("-current"))
        deck.rows.cursor = IDS[5]
        await deck.until(lambda: shown(deck) == [IDS[0], IDS[5], IDS[2], IDS[3]])
        await deck.until(lambda: text_of(panes(deck)[1]) == f"screen of {IDS[5]}")
        deck.rows.cursor = IDS[0]
        await deck.until(lambda: shown(deck) == IDS[:4])
        await deck.until(lambda: link.open_sessions == set(IDS[:4]))


async def test_a_pin_holds_a_pane_and_the_frame_says_so() -> None:
    async with four_panes(six()) as deck:
        deck.rows.cursor = IDS[0]
        await deck.press("t")
        assert "pinned" in str(panes(deck)[0].border_subtitle)
        deck.rows.cursor = IDS[5]
        await deck.until(lambda: shown(deck) == [IDS[0], IDS[5], IDS[2], IDS[3]])


async def test_keys_go_to_the_pane_that_has_the_keyboard_alone() -> None:
    link = six()
    async with four_panes(link) as deck:
        deck.rows.cursor = IDS[2]
        await deck.press("enter", "x", "right", "ctrl+right_square_bracket")
        typed = [each for each in link.told_of("screen.input") if each["kind"] == "key"]
        assert {link.opened[each["channel"]] for each in typed} == {IDS[2]}
        assert [each["event"]["key"] for each in typed] == ["x", "right"]
        assert deck.rows.has_focus


async def test_a_click_into_a_pane_takes_keyboard_and_cursor_along() -> None:
    async with four_panes(six()) as deck:
        pane = panes(deck)[3]
        await deck.pilot.click(pane.terminal, offset=(2, 2))
        await deck.until(lambda: pane.terminal.has_focus)
        await deck.until(lambda: deck.rows.cursor == IDS[3])
        await deck.pilot.click(panes(deck)[0], offset=(5, 0))
        await deck.until(lambda: deck.rows.cursor == IDS[0])


async def test_arrows_go_from_pane_to_pane() -> None:
    async with four_panes(six()) as deck:
        deck.rows.cursor = IDS[3]
        await deck.press("right")
        await deck.until(lambda: deck.rows.cursor == IDS[0])
        await deck.press("left")
        await deck.until(lambda: deck.rows.cursor == IDS[3])


async def test_zoom_shows_one_and_closes_what_is_hidden() -> None:
    link = six()
    async with four_panes(link) as deck:
        deck.rows.cursor = IDS[1]
        await deck.press("z")
        await deck.until(lambda: shown(deck) == [IDS[1]])
        await deck.until(lambda: link.open_sessions == {IDS[1]})
        assert panes(deck)[1].size.width > 190
        await deck.press("z")
        await deck.until(lambda: shown(deck) == IDS[:4])
        await deck.until(lambda: link.open_sessions == set(IDS[:4]))


async def test_the_list_can_be_hidden() -> None:
    async with four_panes(six()) as deck:
        width = deck.main.grid.size.width
        await deck.press("Z")
        await deck.until(lambda: deck.main.grid.size.width > width)
        assert shown(deck) == IDS[:4]
        await deck.press("Z")
        await deck.until(lambda: deck.rows.has_focus)


async def test_fewer_panes_close_their_screens() -> None:
    link = six()
    async with four_panes(link) as deck:
        deck.rows.cursor = IDS[3]
        await deck.press("W")
        await deck.until(lambda: shown(deck) == [IDS[3]])
        await deck.until(lambda: link.open_sessions == {IDS[3]})


async def test_one_key_without_marks_steps_through_the_numbers() -> None:
    async with running(six(), (200, 60)) as deck:
        for count in (2, 3, 4, 6, 1):
            await deck.press("w")
            await deck.until(lambda count=count: len(shown(deck)) == count)
        assert shown(deck) == [IDS[0]]


async def test_a_session_that_is_gone_leaves_no_pane() -> None:
    link = six()
    async with four_panes(link) as deck:
        link.remove(link.sessions[SessionId(IDS[2])])
        await deck.until(lambda: shown(deck) == [IDS[0], IDS[1], IDS[3]])


@pytest.mark.parametrize(
    ("place", "to", "grown"),
    [("right", (12, 0), (12, 0)), ("bottom", (0, 5), (0, 5))],
)
async def test_a_frame_that_is_dragged_moves_the_border(
    place: str, to: tuple[int, int], grown: tuple[int, int]
) -> None:
    async with four_panes(six()) as deck:
        first = panes(deck)[0]
        before = first.region
        if place == "right":
            grip = (before.right - 1, before.y + 3)
        else:
            grip = (before.x + 3, before.bottom - 1)
        await deck.pilot.mouse_down(offset=grip)
        await deck.pilot.hover(offset=(grip[0] + to[0], grip[1] + to[1]))
        await deck.pilot.mouse_up(offset=(grip[0] + to[0], grip[1] + to[1]))
        await deck.until(lambda: first.region != before)
        await deck.settle()
        after = first.region
        assert (after.width - before.width, after.height - before.height) == grown


async def test_keys_make_a_pane_larger() -> None:
    async with four_panes(six()) as deck:
        deck.rows.cursor = IDS[0]
        await deck.settle()
        before = panes(deck)[0].size
        await deck.press("right_curly_bracket", "plus")
        await deck.until(lambda: panes(deck)[0].size.width == before.width + 4)
        assert panes(deck)[0].size.height == before.height + 2


async def test_the_layout_is_kept_for_the_size_and_comes_back() -> None:
    link = six()
    async with four_panes(link) as deck:
        deck.rows.cursor = IDS[1]
        await deck.press("t", "right_curly_bracket")
        await deck.until(lambda: link.layouts.get("200x60", {}).get("borders"))
        widths = [pane.size.width for pane in panes(deck)]
    again = six()
    again.layouts = link.layouts
    async with running(again, (200, 60)) as deck:
        await deck.until(lambda: shown(deck) == IDS[:4])
        await deck.until(lambda: [p.size.width for p in panes(deck)] == widths)
        assert [pane.is_pinned for pane in panes(deck)] == [False, True, False, False]
    other = six()
    other.layouts = link.layouts
    async with running(other, (120, 40)) as deck:
        await deck.settle()
        assert shown(deck) == [IDS[0]]


async def test_a_layout_that_is_nonsense_is_left_out() -> None:
    link = six()
    link.layouts = {"200x60": {"panes": [1, None], "pinned": 3, "borders": "x"}}
    async with running(link, (200, 60)) as deck:
        await deck.until(lambda: shown(deck) == [IDS[0]])


async def test_of_many_panes_the_one_with_the_keyboard_alone_is_drawn_at_once() -> None:
    link = six()
    async with running(link, (200, 60)) as deck:
        await deck.press("a", "w")
        await deck.until(lambda: link.open_sessions == set(IDS))
        await deck.until(lambda: len(acked(link)) == len(IDS))
        deck.rows.cursor = IDS[2]
        await deck.press("enter")
        await deck.until(lambda: panes(deck)[2].terminal.has_focus)
        held: list[object] = []
        deck.main.set_timer = lambda *_a, **_k: held.append(_a)  # type: ignore[method-assign,assignment]
        link.send_frame_to(IDS[1], a_frame("later", n=2))
        link.send_frame_to(IDS[2], a_frame("at once", n=2))
        await deck.until(lambda: (IDS[2], 2) in acked(link))
        await deck.until(lambda: held)
        assert (IDS[1], 2) not in acked(link)
        assert text_of(panes(deck)[1]) == "later"


def acked(link: FakeLink) -> list[tuple[str, int]]:
    told = link.told_of("screen.ack")
    return [(link.opened[each["channel"]], each["n"]) for each in told]


async def test_a_title_that_did_not_change_draws_nothing() -> None:
    link = six()
    async with four_panes(link) as deck:
        pane = panes(deck)[0]
        drawn: list[object] = []
        refresh = pane.refresh
        pane.refresh = lambda *a, **k: (drawn.append(a), refresh(*a, **k))[1]  # type: ignore[method-assign]
        link.change(link.sessions[SessionId(IDS[5])], last_line="more")
        await deck.until(
            lambda: deck.app.deck.store.sessions[SessionId(IDS[5])].last_line == "more"
        )
        await deck.settle()
        assert not drawn
