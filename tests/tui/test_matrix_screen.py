"""The overlap matrix: cells, the pair under the cursor, and what can be done there."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from agentdeck.tui.screens.matrix import ConflictScreen, MatrixScreen
from agentdeck.tui.widgets.matrix import Matrix
from tests.fakes.fake_client import FakeLink
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, few_link
from tests.tui.test_acting import running
from tests.tui.test_more_looks import is_drawn

NAMES = [
    "fix-login-redirect",
    "bulk-discounts",
    "search-folding",
    "typed-settings",
    "[b]upgrade\x1b[31m-payments-with-a-long-name",
    "dark-mode",
]


def a_clash(path: str, *lines: tuple[int, int, int, int]) -> dict[str, Any]:
    shown = [{"ours": [a, b], "theirs": [c, d]} for a, b, c, d in lines]
    return {"path": path, "lines": shown}


def a_pair(
    ours: int, theirs: int | None, *clashes: dict[str, Any], same: tuple[str, ...] = ()
) -> dict[str, Any]:
    def side(number: int) -> dict[str, str]:
        return {"id": f"id-{NAMES[number]}", "name": NAMES[number]}

    return {
        "ours": side(ours),
        "theirs": None if theirs is None else side(theirs),
        "base": "main",
        "conflicts": list(clashes),
        "same": list(same),
    }


PAIRS = [
    a_pair(
        0,
        1,
        a_clash("orchard/login.py", (12, 14, 13, 13), (40, 40, 44, 52)),
        a_clash("orchard/logo.png"),
        same=("README.md",),
    ),
    a_pair(0, 3, same=("README.md", "orchard/settings.py")),
    a_pair(1, None, a_clash("orchard/cart.py", (7, 9, 7, 7))),
    a_pair(2, 4, a_clash("orchard/search.py", (1, 1, 1, 1))),
]


def matrix_link(pairs: list[dict[str, Any]] | None = None, **app: Any) -> FakeLink:
    link = few_link(**app)
    sessions = [
        {"id": f"id-{n}", "name": n, "repo": "/r", "base": "main"} for n in NAMES
    ]
    shown = PAIRS if pairs is None else pairs
    link.answer("overlaps.list", {"sessions": sessions, "pairs": shown})
    text = (
        "CONFLICT (content)\n\ndiff orchard/login.py\n@@ line 9 @@\n<<<<<<< a\nx\x1b\n"
    )
    link.answer("overlaps.text", {"text": text})
    link.answer("session.update", link.each_done)
    return link


async def open_matrix(deck: Deck) -> Matrix:
    await deck.press("M")
    await deck.until(lambda: isinstance(deck.app.screen, MatrixScreen))
    matrix = deck.app.screen.query_one(Matrix)
    await deck.until(lambda: matrix.virtual_size.height > 1)
    return matrix


def pair_shown(deck: Deck) -> str:
    return str(deck.app.screen.query_one("#pair", Static).render())


async def test_the_cursor_tells_of_the_pair_from_both_sides() -> None:
    link = matrix_link()
    async with running(link) as deck:
        matrix = await open_matrix(deck)
        assert (matrix.row, matrix.column) == (0, 2)
        await deck.until(lambda: "12-14 ≠ 13" in pair_shown(deck))
        assert "orchard/logo.png   the whole file" in pair_shown(deck)
        assert "README.md  merge cleanly" in pair_shown(deck)
        matrix.row, matrix.column = 1, 1
        await deck.until(lambda: "13 ≠ 12-14" in pair_shown(deck))
        assert pair_shown(deck).startswith("bulk-discounts and fix-login-redirect")
        await deck.press("h")
        await deck.until(lambda: "its base main" in pair_shown(deck))
        await deck.press("n")
        assert (matrix.row, matrix.column) == (1, 1)
        await deck.press("n", "n")
        assert (matrix.row, matrix.column) == (4, 3)


async def test_the_conflict_is_read_and_a_session_gone_to() -> None:
    link = matrix_link()
    async with running(link) as deck:
        await open_matrix(deck)
        await deck.press("d")
        await deck.until(lambda: isinstance(deck.app.screen, ConflictScreen))
        screen = deck.app.screen
        assert isinstance(screen, ConflictScreen)
        await deck.until(lambda: screen.lines.line_count)
        (call,) = link.calls_of("overlaps.text")
        assert call["theirs"] == "id-bulk-discounts"
        await deck.press("escape", "j", "u", "enter")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)
        assert link.calls_of("session.update")[0]["ids"] == ["id-bulk-discounts"]
        assert deck.rows.cursor == "id-bulk-discounts"


async def test_the_edges_hold_the_cursor() -> None:
    async with running(matrix_link()) as deck:
        matrix = await open_matrix(deck)
        await deck.press(*["k", "h"] * 9)
        assert (matrix.row, matrix.column) == (0, 0)
        await deck.press(*["j", "l"] * 9)
        assert (matrix.row, matrix.column) == (len(NAMES) - 1, len(NAMES))


async def test_without_a_change_it_says_so() -> None:
    link = few_link()
    link.answer("overlaps.list", {"sessions": [], "pairs": []})
    async with running(link) as deck:
        await deck.press("M")
        await deck.until(lambda: deck.app.screen.has_class("-none"))
        await deck.press("j", "d", "n", "u", "r", "enter", "escape")
        await deck.until(lambda: len(deck.app.screen_stack) == 1)


@pytest.mark.parametrize(
    ("size", "ascii_only"),
    [((120, 40), False), ((80, 24), False), ((80, 24), True)],
    ids=["120x40", "80x24", "ascii"],
)
def test_how_it_looks(
    snap_compare: Any, size: tuple[int, int], ascii_only: bool
) -> None:
    """Names at the left stay; signs in columns; the pair is told beneath."""
    link = matrix_link(ascii=ascii_only)
    app = an_app(link)
    app.animation_level = "none"

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        await open_matrix(deck)
        await deck.settle()

    assert snap_compare(app, terminal_size=size, run_before=settle)
