"""How copy mode looks."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes.fake_client import a_frame
from tests.tui.driving import Deck
from tests.tui.scenes import an_app, few_link
from tests.tui.test_more_looks import is_drawn

SIZE = (100, 30)
LOG = [
    "$ make test",
    "  compiling cart.c ... ok",
    "  compiling search.c ... ok",
    "  search.c:88: warning: unused variable 'hit'",
    "  linking shop ... ok",
    "  test_search_ignores_case ... FAILED",
    "  test_search_counts ... ok",
    "see https://example.org/builds/1234",
]
FOUND = [[2, 12, 18, 1], [3, 2, 8, 2], [5, 7, 13, 1], [6, 7, 13, 1]]


def frame(**copy: Any) -> dict[str, Any]:
    given = {"kind": "", "spans": [], "query": "", "match": None, "link": "", **copy}
    return {
        **a_frame(*LOG, cols=56, rows=26),
        "cursor": [2, 3, True, "block"],
        "copy": given,
        "scrolled": [120, True, ""],
    }


@pytest.mark.parametrize(
    ("name", "keys", "copy"),
    [
        (
            "search",
            ["slash", *"search"],
            {"query": "search", "match": [2, 4], "spans": FOUND},
        ),
        (
            "selected",
            ["v"],
            {"kind": "text", "spans": [[3, 2, 56, 0], [4, 0, 16, 0]]},
        ),
    ],
)
def test_copy_mode(
    snap_compare: Any, name: str, keys: list[str], copy: dict[str, Any]
) -> None:
    """A heavy frame of its own colour; matches, the current one, the cursor; below
    what is searched or selected, and in the footer the keys of copy mode."""
    link = few_link()
    app = an_app(link)

    async def settle(pilot: Pilot[None]) -> None:
        deck = Deck(app, link, pilot)
        await deck.until(lambda: app.deck.store.is_known)
        await deck.until(lambda: is_drawn(app, link))
        await deck.go_to("bulk-discounts")
        await deck.press("c", *keys)
        link.send_frame(frame(**copy))
        await deck.until(lambda: deck.terminal.copy and deck.terminal.scrolled)
        await deck.settle()

    assert snap_compare(app, terminal_size=SIZE, run_before=settle), name
