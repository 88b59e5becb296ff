"""The sign that a session works: it moves, and costs next to nothing."""

from __future__ import annotations

from unittest.mock import patch

from agentdeck.tui.widgets.session_list import SessionList
from tests.fakes.fake_client import NOW
from tests.tui.driving import Deck, running
from tests.tui.scenes import few_link


async def with_motion(deck: Deck) -> None:
    """Let the spinner be there, and turn only when a test turns it."""
    deck.app.animation_level = "full"
    deck.rows.show_rows(deck.rows._listed, NOW)
    assert deck.rows._spinner is not None
    deck.rows._spinner.pause()
    await deck.settle()


async def test_a_turn_draws_the_cells_that_turn_and_no_others() -> None:
    """Thirty agents that work are little traffic over SSH."""
    async with running(few_link()) as deck:
        await with_motion(deck)
        lines = range(deck.rows.size.height)
        before = [deck.rows.render_line(y).text for y in lines]
        with patch.object(SessionList, "refresh") as refresh:
            deck.rows._turn_spinner()
        drawn = refresh.call_args.args
        after = [deck.rows.render_line(y).text for y in lines]
        changed = {
            (x, y)
            for y in lines
            for x, (old, new) in enumerate(zip(before[y], after[y], strict=True))
            if old != new
        }
        assert changed
        assert {(each.x, each.y) for each in drawn} == changed
        assert {each.size for each in drawn} == {(1, 1)}


async def test_a_turn_paints_no_row_anew() -> None:
    async with running(few_link()) as deck:
        await with_motion(deck)
        painted = dict(deck.rows._drawn)
        deck.rows._turn_spinner()
        await deck.settle()
        assert all(deck.rows._drawn[key] is row for key, row in painted.items())
