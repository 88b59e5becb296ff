"""The rows of a log: wrapped without loss, in the order of time, found again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from agentdeck.tui.log_rows import (
    FOLDED_LINES,
    Hit,
    Item,
    LogRows,
    item_from,
    pattern_for,
    wrapped,
)

LINES = st.text(
    st.characters(categories=["L", "N", "P", "Zs", "So"]), min_size=0, max_size=120
)


def an_item(text: str, at: float | None = None, kind: str = "text") -> Item:
    return item_from(kind, text, at, ascii_only=False)


@settings(max_examples=300, deadline=None)
@given(LINES, st.integers(2, 60))
def test_a_wrapped_line_is_whole_and_fits(line: str, width: int) -> None:
    pieces = wrapped(line, width)
    assert "".join(piece for _, piece in pieces) == line
    assert [start for start, _ in pieces] == [
        sum(len(piece) for _, piece in pieces[:number]) for number in range(len(pieces))
    ]
    assert all(cell_len(piece) <= width for _, piece in pieces)


def test_a_line_breaks_behind_a_word() -> None:
    assert wrapped("one two three four", 10) == [(0, "one two "), (8, "three four")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 100), max_size=5), max_size=6), st.integers(8, 40)
)
def test_items_stand_in_the_order_of_their_times(
    batches: list[list[float]], width: int
) -> None:
    rows = LogRows(20)
    for batch in batches:
        rows.add([an_item(f"at {at} " * 4, at) for at in batch])
    rows.fit(width)
    times = [item.at for item in rows.items]
    assert times == sorted(at for batch in batches for at in batch)
    fresh = LogRows(width)
    fresh.add(rows.items)
    assert fresh.rows == rows.rows


def test_a_long_result_is_folded_and_a_hit_in_it_unfolds_it() -> None:
    rows = LogRows(40)
    result = "\n".join(f"line {number}" for number in range(30))
    rows.add([an_item("run it", 1, "tool"), an_item(result, 2, "result")])
    assert [row.text for row in rows.rows][-1] == f"{30 - FOLDED_LINES} more lines"
    assert len(rows.rows) == 1 + FOLDED_LINES + 1
    (hit,) = rows.hits("line 20")
    rows.unfold(hit)
    assert rows.rows[rows.row_of(hit)].text == "line 20"
    assert len(rows.rows) == 31
    rows.toggle_fold(1)
    assert len(rows.rows) == 1 + FOLDED_LINES + 1


@pytest.mark.parametrize(
    ("query", "text", "count"),
    [
        ("abc", "ABC abc Abc", 3),
        ("Abc", "ABC abc Abc", 1),
        (".*", "a.*b", 1),
        ("", "anything", 0),
        ("[b]", "[b]x[/b]", 1),
    ],
)
def test_a_search_takes_a_text_as_it_is(query: str, text: str, count: int) -> None:
    rows = LogRows(40)
    rows.add([an_item(text)])
    assert len(rows.hits(query)) == count
    assert (pattern_for(query) is None) == (not query)


def test_a_hit_in_a_wrapped_line_is_on_its_row() -> None:
    rows = LogRows(10)
    rows.add([an_item("aaaaaaaaaa bbbbbbbbb needle")])
    (hit,) = rows.hits("needle")
    assert "needle" in rows.rows[rows.row_of(hit)].text
    assert rows.row_of(Hit(0, 0)) == 0


def test_a_time_is_found() -> None:
    rows = LogRows(10)
    rows.add([an_item("a", 1.0), an_item("b\nc", 2.0), an_item("d", 5.0)])
    assert [rows.row_at(at) for at in (0.0, 1.5, 2.0, 4.9, 9.0)] == [0, 1, 1, 3, 3]


def test_what_is_hostile_is_drawn_as_text() -> None:
    item = an_item("\x1b]52;c;x\x07 [bold]x[/] \u202e\tend")
    assert "\x1b" not in item.text
    assert "\u202e" not in item.text
    assert "[bold]x[/]" in item.text


def test_of_many_lines_of_one_moment_the_right_one_is_found() -> None:
    rows = LogRows(20)
    rows.add([an_item(f"line {number}", 3.0) for number in range(9)])
    result = "\n".join(f"of result {number}" for number in range(20))
    rows.add([an_item(result, 4.0, "result")])
    assert rows.row_of_line(3.0004, "line 5") == 5
    assert rows.rows[rows.row_of_line(4.0, "of result 17")].text == "of result 17"
    assert rows.row_of_line(3.0, "not there") == 0
