"""The same bytes to our pane and to tmux give the same cells."""

from __future__ import annotations

import pytest

from tests.conformance.cases import CASES, COLS, RESIZES, ROWS
from tests.conformance.grid import Grid, assert_alike
from tests.conformance.known import KNOWN, Known
from tests.conformance.pane import PALETTE, Pane
from tests.conformance.tmux import Tmux

pytestmark = pytest.mark.integration


def ours(data: bytes) -> Grid:
    pane = Pane(COLS, ROWS)
    pane.feed(data)
    return pane.grid()


@pytest.mark.parametrize("data", CASES.values(), ids=CASES)
def test_controls(tmux: Tmux, data: bytes) -> None:
    tmux.clear(COLS, ROWS)
    tmux.feed(data)
    assert_alike(ours(data), tmux.grid(PALETTE))


@pytest.mark.parametrize(("data", "size", "after"), RESIZES.values(), ids=RESIZES)
def test_resizes(tmux: Tmux, data: str, size: tuple[int, int], after: str) -> None:
    tmux.clear(COLS, ROWS)
    pane = Pane(COLS, ROWS)
    for terminal in (tmux, pane):
        terminal.feed(data.encode())
    pane.show()
    for terminal in (tmux, pane):
        terminal.resize(*size)
        terminal.feed(after.encode())
    assert_alike(pane.grid(), tmux.grid(PALETTE))


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_what_differs_from_tmux_is_as_it_should_be(known: Known) -> None:
    pane = Pane(COLS, ROWS)
    pane.feed(known.data.encode("utf-8", "surrogateescape"))
    pane.show()
    if known.size is not None:
        pane.resize(*known.size)
        pane.feed(known.after.encode())
    shown = pane.grid().text()
    while shown and not shown[-1]:
        shown.pop()
    assert shown == known.shown
