"""Copy mode in a still terminal: moving, selecting, searching, and what is copied."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.copy_mode import CopyMode, Kind
from agentdeck.runner.copy_moves import move
from agentdeck.runner.copy_search import CURRENT, MATCH, SELECTED
from agentdeck.runner.row_cells import head_of, tail_of
from agentdeck.runner.screen import Screen
from agentdeck.runner.view import View

COLS, ROWS = 12, 4


class Reader:
    """One in copy mode on what a terminal shows."""

    def __init__(self, text: str, cols: int = COLS, rows: int = ROWS) -> None:
        self.screen = Screen(cols, rows)
        self.screen.feed(text.replace("\n", "\r\n").encode())
        self.screen.refresh()
        self.view = View(self.screen)
        cursor = self.screen.cursor
        self.copy = CopyMode(self.view, (cursor.x, self.view.top + cursor.y))
        self.view.copy = self.copy

    def go(self, *ways: str) -> tuple[int, int]:
        for way in ways:
            move(self.copy, self.view, way)
        return self.copy.cursor

    def put(self, x: int, y: int) -> None:
        self.copy.put(self.view, (x, y))

    @property
    def text(self) -> str:
        return self.copy.text(self.view)[0]

    def spans(self, kind: int) -> list[tuple[int, int, int]]:
        shown = self.copy.shown(self.view)["spans"]
        return [(y, x0, x1) for y, x0, x1, what in shown if what == kind]


LOG = "".join(f"line {n}\n" for n in range(20))


def test_the_cursor_moves_and_takes_the_view_along() -> None:
    reader = Reader(LOG)
    assert reader.copy.cursor == (0, 20)
    assert reader.go("up") == (0, 19)
    assert reader.go("end") == (6, 19)
    assert reader.go("right") == (6, 19)
    assert reader.go("left") == (5, 19)
    assert reader.go("begin") == (0, 19)
    assert reader.go("left") == (0, 19)
    top = reader.view.top
    assert reader.go("up", "up", "up", "up") == (0, 15)
    assert reader.view.top == 15 < top
    assert reader.go("page_up") == (0, 12)
    assert reader.go("top") == (0, 0)
    assert reader.view.top == 0
    assert reader.go("up") == (0, 0)
    assert reader.go("bottom") == (0, 19)


def test_the_column_is_kept_over_shorter_rows() -> None:
    reader = Reader("a long row\nb\nanother one")
    reader.put(8, 2)
    assert reader.go("up") == (8, 1)
    assert reader.go("up") == (8, 0)


def test_a_wide_character_is_one_step_and_selected_whole() -> None:
    reader = Reader("a家日b")
    assert reader.go("begin", "right", "right") == (3, 0)
    reader.copy.select(Kind.TEXT)
    assert reader.text == "日"
    assert reader.spans(SELECTED) == [(0, 3, 5)]
    assert reader.go("left") == (1, 0)
    assert reader.text == "家日"


def test_words_are_gone_through() -> None:
    reader = Reader("one two\nthree")
    assert reader.go("top", "word") == (4, 0)
    assert reader.go("word") == (0, 1)
    assert reader.go("word_end") == (4, 1)
    assert reader.go("word_back", "word_back") == (4, 0)


def test_text_goes_over_rows_joins_what_was_wrapped_and_has_no_trailing_blanks() -> (
    None
):
    reader = Reader("short   \nthis line is wrapped by the margin\nlast")
    reader.put(0, 0)
    reader.copy.select(Kind.TEXT)
    reader.go("bottom", "end")
    assert reader.text == "short\nthis line is wrapped by the margin\nlast"


def test_whole_lines_are_those_that_were_printed() -> None:
    reader = Reader("one\nthis line is wrapped\nthree")
    reader.put(5, 2)
    reader.copy.select(Kind.LINES)
    assert reader.text == "this line is wrapped"
    assert reader.spans(SELECTED) == [(1, 0, COLS), (2, 0, COLS)]
    reader.go("up", "up")
    assert reader.text == "one\nthis line is wrapped"


def test_a_block_is_the_same_columns_of_each_row() -> None:
    reader = Reader("name  size\na.py   12k\nb.py    3k")
    reader.put(9, 2)
    reader.copy.select(Kind.BLOCK)
    reader.go("up", "up", "left", "left", "left")
    assert reader.text == "size\n 12k\n  3k"
    assert reader.spans(SELECTED) == [(0, 6, 10), (1, 6, 10), (2, 6, 10)]


def test_without_a_selection_the_line_of_the_cursor_is_copied() -> None:
    reader = Reader("one\nthis line is wrapped\nthree")
    reader.put(3, 2)
    assert reader.copy.text(reader.view) == ("this line is wrapped", 1)


def test_a_second_time_the_same_key_selects_nothing_any_more() -> None:
    reader = Reader("text")
    reader.copy.select(Kind.TEXT)
    reader.copy.select(Kind.LINES)
    assert reader.copy.kind is Kind.LINES
    assert reader.copy.anchor is not None
    reader.copy.select(Kind.LINES)
    assert reader.copy.anchor is None
    assert not reader.copy.unselect()


def test_what_is_selected_stays_while_more_is_printed() -> None:
    reader = Reader(LOG)
    reader.go("up", "up")
    reader.copy.select(Kind.LINES)
    shown = reader.view.still.page(reader.view.top)
    for _ in range(3000):
        reader.screen.feed(b"flood flood\r\n" * 100)
    assert reader.view.has_news
    assert reader.view.still.page(reader.view.top) == shown
    reader.go("down", "down", "down", "down")
    assert reader.text == "line 18\nline 19"


def test_going_down_past_the_end_takes_in_what_came_since() -> None:
    reader = Reader(LOG)
    reader.screen.feed(b"more 1\r\nmore 2\r\n")
    assert reader.view.still.total == 21
    assert reader.go("down") == (0, 21)
    assert reader.view.still.total == 23
    assert "".join(reader.view.still.cells(21)) == "more 2"


def test_a_search_is_live_goes_to_the_nearest_and_round() -> None:
    reader = Reader(LOG)
    search = reader.copy.search
    search.begin(reader.copy)
    search.find(reader.copy, reader.view, "line 1", backward=True)
    assert reader.copy.cursor == (0, 19)
    assert search.shown() == {"query": "line 1", "match": [11, 11]}
    search.find(reader.copy, reader.view, "line 12", backward=True)
    assert reader.copy.cursor == (0, 12)
    search.find(reader.copy, reader.view, "line 123", backward=True)
    assert reader.copy.cursor == (0, 20), "back to where it began"
    assert search.shown() == {"query": "line 123", "match": [None, 0]}
    search.find(reader.copy, reader.view, "line 1", backward=True)
    search.go_on(reader.copy, reader.view, is_same_way=True)
    assert reader.copy.cursor == (0, 18)
    search.go_on(reader.copy, reader.view, is_same_way=False)
    search.go_on(reader.copy, reader.view, is_same_way=False)
    assert reader.copy.cursor == (0, 1)
    assert reader.spans(CURRENT) == [(0, 0, 6)]
    search.find(reader.copy, reader.view, "ine", backward=False)
    assert len(reader.spans(MATCH)) == ROWS - 1
    search.give_up(reader.copy, reader.view)
    assert reader.copy.cursor == (0, 20)
    assert reader.spans(MATCH) == []


def test_a_match_across_the_margin_is_drawn_in_both_rows() -> None:
    reader = Reader("0123456789abcdef")
    search = reader.copy.search
    search.begin(reader.copy)
    search.find(reader.copy, reader.view, "abcd", backward=True)
    assert reader.spans(CURRENT) == [(0, 10, 12), (1, 0, 2)]


def test_the_mouse_selects_words_and_lines() -> None:
    reader = Reader("see src/a.py:12, now\nthat", cols=30)
    reader.copy.press(reader.view, (8, 0), "word")
    assert reader.text == "src/a.py:12"
    reader.copy.drag(reader.view, (18, 0))
    assert reader.text == "src/a.py:12, now"
    reader.copy.drag(reader.view, (1, 0))
    assert reader.text == "see src/a.py:12"
    reader.copy.press(reader.view, (1, 1), "line")
    assert reader.text == "that"
    reader.copy.press(reader.view, (0, 0), "cell")
    reader.copy.drag(reader.view, (2, 0))
    assert reader.text == "see"


def test_another_size_keeps_cursor_and_selection_on_their_text() -> None:
    reader = Reader("this line is wrapped\nthree", rows=8)
    reader.put(5, 0)
    reader.copy.select(Kind.TEXT)
    reader.put(6, 1)
    before = reader.text
    reader.screen.resize(30, 8)
    reader.view.resize(30, 8)
    assert reader.text == before == "line is wrappe"
    reader.screen.resize(5, 8)
    reader.view.resize(5, 8)
    assert reader.text == before


@pytest.mark.parametrize("way", ["sideways", "", "__class__"])
def test_there_are_no_other_ways(way: str) -> None:
    with pytest.raises(ValueError, match="^" + way):
        Reader("x").go(way)


signs = ["a", "b", " ", "家", "日", "e\u0301", "👩‍👧", "\r\n"]
printed = st.lists(st.sampled_from(signs), max_size=70).map("".join)
places = st.tuples(st.integers(0, COLS - 1), st.integers(0, 30))


@settings(max_examples=200, deadline=None)
@given(printed, places, places)
def test_what_is_copied_is_what_the_marked_cells_show(
    text: str, one: tuple[int, int], other: tuple[int, int]
) -> None:
    """Rows are joined as the terminal wrapped them, blanks at ends are left out."""
    reader = Reader(text)
    still = reader.view.still
    reader.put(*one)
    reader.copy.select(Kind.TEXT)
    reader.put(*other)
    ends = reader.copy.selection(reader.view)
    assert ends is not None
    (x0, y0), (x1, y1) = ends
    lines: list[str] = []
    for y in range(y0, y1 + 1):
        cells = still.cells(y)
        cells += [" "] * (COLS - len(cells))
        first = head_of(cells, x0) if y == y0 else 0
        last = tail_of(cells, x1) if y == y1 else COLS - 1
        shown = "".join(cells[first : last + 1])
        if y > y0 and still.text.continues(y):
            lines[-1] += shown
        else:
            lines.append(shown)
    expected = "\n".join(line.rstrip() for line in lines)
    assert _loose(reader.text) == _loose(expected)


def _loose(text: str) -> list[str]:
    """Without blank lines at the end, and without the gap before a wrapped wide one."""
    return [line.replace(" ", "") for line in text.rstrip().split("\n")]


@settings(max_examples=200, deadline=None)
@given(printed, places, places)
def test_a_block_that_is_copied_is_what_its_cells_show(
    text: str, one: tuple[int, int], other: tuple[int, int]
) -> None:
    reader = Reader(text)
    still = reader.view.still
    reader.put(*one)
    reader.copy.select(Kind.BLOCK)
    reader.put(*other)
    ends = reader.copy.selection(reader.view)
    assert ends is not None
    (x0, y0), (x1, y1) = ends
    lines = []
    for y in range(y0, y1 + 1):
        cells = still.cells(y)
        cells += [" "] * (COLS - len(cells))
        lines.append("".join(cells[head_of(cells, x0) : x1 + 1]).rstrip())
    assert reader.text.rstrip().split("\n") == "\n".join(lines).rstrip().split("\n")
