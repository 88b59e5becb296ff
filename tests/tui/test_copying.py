"""Copy mode in the app: whose the keys are, what is asked, drawn and copied."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.geometry import Offset

from agentdeck.tui.log_rows import line_like
from agentdeck.tui.screens.log import LogScreen
from tests.fakes.fake_client import a_frame
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link


def asked(deck: Deck) -> list[dict[str, Any]]:
    told = deck.link.told_of("screen.input")
    return [each["event"] for each in told if each["kind"] == "copy"]


def copying(**values: Any) -> dict[str, Any]:
    copy = {"kind": "", "spans": [], "query": "", "match": None, **values}
    return {
        **a_frame("one line", "two lines"),
        "copy": copy,
        "scrolled": [0, False, ""],
    }


async def begin(deck: Deck, *keys: str) -> None:
    await deck.go_to("bulk-discounts")
    await deck.press("c", *keys)
    await deck.until(lambda: asked(deck)[0] == {"do": "start"})
    deck.main._draw(
        deck.main.pane, deck.main._channel(deck.main.pane).feed.channel or 0, copying()
    )


def subtitle(deck: Deck) -> str:
    return str(deck.main.pane.border_subtitle)


async def test_keys_are_copy_modes_and_never_the_sessions_or_the_lists() -> None:
    async with running(few_link()) as deck:
        await begin(deck)
        await deck.press("h", "j", "w", "G", "pageup", "V", "s", "x", "m", "1", "f5")
        await deck.until(lambda: len(asked(deck)) == 7)
        ways = [each.get("way") or each.get("kind") for each in asked(deck)[1:]]
        assert ways == ["left", "down", "word", "bottom", "page_up", "lines"]
        assert deck.keys_typed() == []
        assert not deck.link.calls_of("session.stop")
        assert len(deck.app.screen_stack) == 1
        assert "copy mode" in subtitle(deck)


async def test_y_copies_leaves_and_the_list_has_the_keyboard_again() -> None:
    async with running(few_link()) as deck:
        await begin(deck, "v")
        await deck.press("y")
        await deck.until(lambda: deck.rows.has_focus)
        assert asked(deck)[-1] == {"do": "yank", "leave": True}
        answer = {"t": "copied", "text": "two\nlines [b]x[/b]", "rows": 2}
        deck.link.send_frame(answer)
        await deck.until(lambda: deck.toasts() == ["Copied 2 lines."])
        assert deck.app.clipboard == "two\nlines [b]x[/b]"
        assert "copy mode" not in subtitle(deck)


async def test_what_cannot_be_copied_is_said() -> None:
    async with running(few_link()) as deck:
        await begin(deck)
        deck.link.send_frame({"t": "copied", "error": "5000 KB are too much."})
        deck.link.send_frame({"t": "copied", "text": "  \n", "rows": 2})
        await deck.until(lambda: len(deck.toasts()) == 2)
        assert deck.toasts() == ["5000 KB are too much.", "There is nothing to copy."]
        assert deck.app.clipboard == ""


async def test_a_search_is_typed_live_pasted_into_kept_and_given_up() -> None:
    async with running(few_link()) as deck:
        await begin(deck)
        await deck.press("slash", "a", "space", "G", "backspace")
        deck.terminal.post_message(events.Paste("b\nc"))
        await deck.until(lambda: asked(deck)[-1].get("query") == "a b c")
        queries = [each["query"] for each in asked(deck) if "query" in each]
        assert queries == ["a", "a ", "a G", "a ", "a b c"]
        assert not asked(deck)[-1]["backward"]
        frame = copying(query="a b c", match=[3, 17])
        deck.link.send_frame(frame)
        await deck.until(lambda: "/a b c" in subtitle(deck))
        assert "3 of 17" in subtitle(deck)
        await deck.press("enter", "n", "N")
        await deck.until(lambda: asked(deck)[-1] == {"do": "next", "same_way": False})
        assert asked(deck)[-2] == {"do": "next", "same_way": True}
        await deck.press("question_mark", "up")
        await deck.until(lambda: asked(deck)[-1].get("query") == "a b c")
        assert asked(deck)[-1]["backward"]
        await deck.press("escape")
        await deck.until(lambda: asked(deck)[-1] == {"do": "find", "give_up": True})
        assert deck.terminal.is_copying, "only the search was given up"
        deck.link.send_frame(copying(query="zz", match=[None, 0]))
        await deck.until(lambda: "no match" in subtitle(deck))
        assert deck.keys_typed() == []


async def test_escape_leaves_and_typing_goes_to_the_agent_again() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus)
        await deck.press("ctrl+shift+c", "k", "escape", "x")
        await deck.until(lambda: deck.keys_typed() == ["x"])
        assert [each["do"] for each in asked(deck)] == ["start", "move", "leave"]
        assert deck.terminal.has_focus


async def test_selected_and_found_cells_are_marked() -> None:
    async with running(few_link()) as deck:
        await begin(deck)
        spans = [[0, 0, 3, 0], [1, 4, 9, 1], [1, 0, 2, 2]]
        deck.link.send_frame(copying(kind="text", spans=spans))
        await deck.until(lambda: "selecting text" in subtitle(deck))
        look = deck.app.deck.look
        row = list(deck.terminal.render_line(0))
        chosen = [
            s.text
            for s in row
            if s.style and _background(s.style) == look.selection.lower()
        ]
        assert "".join(chosen) == "one"
        row = list(deck.terminal.render_line(1))
        found = [
            s.text
            for s in row
            if s.style and _background(s.style) == look.found.lower()
        ]
        assert "".join(found) == "lines"
        deck.link.send_frame(copying())
        await deck.until(lambda: "selecting" not in subtitle(deck))
        row = list(deck.terminal.render_line(0))
        assert all(
            _background(s.style) != look.selection.lower() for s in row if s.style
        )


def _background(style: Any) -> str:
    colour = style.bgcolor.triplet if style.bgcolor else None
    return colour.hex if colour else ""


def mouse(deck: Deck, kind: type[Any], x: int, y: int, **values: Any) -> Any:
    at = deck.terminal.region.offset + Offset(x, y)
    given = {"shift": False, "meta": False, "ctrl": False, **values}
    return kind(deck.terminal, x, y, 0, 0, 1, screen_x=at.x, screen_y=at.y, **given)


async def test_dragging_selects_and_copies_and_the_next_key_is_the_agents() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus)
        deck.terminal.post_message(mouse(deck, events.MouseDown, 2, 1))
        deck.terminal.post_message(mouse(deck, events.MouseMove, 2, 1))
        deck.terminal.post_message(mouse(deck, events.MouseMove, 5, 2))
        deck.terminal.post_message(mouse(deck, events.MouseUp, 5, 2))
        await deck.until(lambda: len(asked(deck)) == 3)
        assert asked(deck) == [
            {"do": "press", "x": 2, "y": 1, "unit": "cell"},
            {"do": "drag", "x": 5, "y": 2},
            {"do": "yank", "selected": True},
        ]
        await deck.press("x")
        await deck.until(lambda: deck.keys_typed() == ["x"])
        assert asked(deck)[-1] == {"do": "leave"}


async def test_a_second_click_takes_a_word_a_third_a_line() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        for chain in (1, 2, 3):
            deck.terminal.post_message(mouse(deck, events.Click, 3, 0, chain=chain))
        await deck.until(lambda: len(asked(deck)) >= 4)
        units = [each.get("unit") for each in asked(deck) if each["do"] == "press"]
        assert units == ["word", "line"]


async def test_the_mouse_is_the_agents_who_asks_for_it_but_not_with_shift() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("enter")
        await deck.until(lambda: deck.terminal.has_focus)
        deck.terminal.draw(1, {**a_frame("x"), "mouse": 1})
        deck.terminal.post_message(mouse(deck, events.MouseDown, 2, 1))
        deck.terminal.post_message(mouse(deck, events.MouseMove, 4, 1))
        deck.terminal.post_message(mouse(deck, events.MouseUp, 4, 1))
        kinds = lambda: [t["kind"] for t in deck.link.told_of("screen.input")]  # noqa: E731
        await deck.until(lambda: kinds().count("mouse") == 3)
        assert asked(deck) == []
        deck.terminal.post_message(mouse(deck, events.MouseDown, 2, 1, shift=True))
        deck.terminal.post_message(mouse(deck, events.MouseMove, 4, 1, shift=True))
        await deck.until(lambda: asked(deck))


async def test_a_session_that_waits_has_nothing_to_copy_from() -> None:
    async with running(few_link()) as deck:
        await deck.go_to_row("contributor-guide")
        await deck.press("c")
        await deck.until(deck.toasts)
        assert "does not run yet" in deck.toasts()[0]
        assert not deck.terminal.is_copying


async def test_another_session_in_the_pane_ends_copy_mode() -> None:
    async with running(few_link()) as deck:
        await begin(deck)
        deck.terminal.begin()
        assert not deck.terminal.is_copying


async def test_at_the_top_it_is_said_where_older_output_is() -> None:
    link = few_link()
    texts = [
        *(f"old {n}" for n in range(100)),
        "one line",
        "two lines wrapped",
        *(f"new {n}" for n in range(100)),
    ]
    answer = {
        "entries": [{"kind": "text", "text": each, "at": 1.0} for each in texts],
        "position": "1-0:9",
        "reset": False,
        "whole": True,
        "end": True,
        "source": "terminal",
        "sources": ["terminal"],
    }
    link.answer("session.text", answer)
    link.answer("session.timeline", {"moments": [], "newest": 0})
    async with running(link) as deck:
        await begin(deck)
        frame = {**copying(), "scrolled": [900, True, "log"]}
        deck.link.send_frame(frame)
        await deck.until(lambda: "older output is in the log" in subtitle(deck))
        await deck.press("ctrl+l")
        await deck.until(lambda: len(deck.app.screen_stack) == 2)
        reader = deck.app.screen
        assert isinstance(reader, LogScreen)
        await deck.until(lambda: len(reader.view.log_rows.rows) == 202)
        view = reader.view
        await deck.until(lambda: view.log_rows.rows[view.cursor].text == "one line")


@pytest.mark.parametrize(
    ("rows", "at"),
    [
        (["b", "c"], 4),
        (["b", "", "c"], 4),
        (["b", "x"], 4),
        (["nothing"], None),
        (["", " "], None),
        ([], None),
    ],
)
def test_the_place_in_the_log_is_found_by_its_rows(
    rows: list[str], at: int | None
) -> None:
    assert line_like(["a", "b", "c", "a", "a b", "c"], rows) == at


async def test_who_had_the_keyboard_before_has_it_after_also_in_a_zoom() -> None:
    async with running(few_link()) as deck:
        await deck.go_to("bulk-discounts")
        await deck.press("z")
        await deck.until(lambda: deck.main.has_class("-zoomed"))
        before = deck.main.focused
        await deck.press("c")
        await deck.until(lambda: deck.terminal.has_focus)
        await deck.press("escape", "j")
        await deck.settle()
        assert deck.main.focused is before
        assert deck.keys_typed() == []


async def test_a_session_that_is_resumed_or_lost_ends_copy_mode_and_typing_works() -> (
    None
):
    async with running(few_link()) as deck:
        await begin(deck)
        deck.link.drop()
        await deck.until(lambda: deck.app.deck.lost)
        deck.link.reconnect()
        await deck.until(lambda: not deck.terminal.is_copying)
