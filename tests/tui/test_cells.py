"""What a run of a terminal's row is drawn as: always in just its cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from agentdeck.tui.printable import fit_to_cells

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "cells", "drawn"),
    [
        ("┌──┐ é", None, "┌──┐ é"),
        ("a\u202eb", None, "a\ufffdb"),
        ("a\x1bb", None, "a\ufffdb"),
        ("日本", 4, "日本"),
        ("e\u0301", 1, "e\u0301"),
        ("日\u0301", 2, "日\u0301"),
        (FAMILY, 2, FAMILY),
        ("\u2764\ufe0f", 2, "\u2764\ufe0f"),
        ("\u2764\ufe0f", 1, "\u2764"),
        ("\U0001f469\u200d", 2, "\U0001f469"),
        ("\U0001f44d\U0001f3fd", 2, "\U0001f44d\U0001f3fd"),
        ("\U0001f1e9\U0001f1ea", 2, "\U0001f1e9\U0001f1ea"),
        ("\u0915\u093e", 2, "\u0915\u093e "),
        ("\U0001f3f4\U000e0067\U000e007f", 2, "\U0001f3f4"),
        ("e\u202e\u0301", 1, "e\u0301"),
        ("日本x", 5, "日本x"),
    ],
)
def test_a_run_is_drawn_in_its_cells(text: str, cells: int | None, drawn: str) -> None:
    assert fit_to_cells(text, cells) == drawn


@pytest.mark.parametrize(
    ("text", "cells", "drawn"),
    [("┌─┐", None, "+-+"), ("日本", 4, "? ? "), (FAMILY, 2, "? "), ("e\u0301", 1, "e")],
)
def test_where_only_ascii_is_drawn(text: str, cells: int | None, drawn: str) -> None:
    assert fit_to_cells(text, cells, ascii_only=True) == drawn


@given(
    text=st.text(st.characters(), min_size=1, max_size=8)
    | st.text(st.sampled_from("a\u0301\u200d\ufe0f\U0001f469\u202e日\x1b"), min_size=1),
    cells=st.integers(1, 2) | st.none(),
    ascii_only=st.booleans(),
)
def test_no_text_takes_other_cells_or_carries_controls(
    text: str, cells: int | None, ascii_only: bool
) -> None:
    drawn = fit_to_cells(text, cells, ascii_only=ascii_only)
    assert cell_len(drawn) == (len(text) if cells is None else cells)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in drawn)
    assert not set(drawn) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
