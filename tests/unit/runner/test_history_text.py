"""The text of all rows: where rows are in it, what a search finds, what a word is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.cells import StyleTable
from agentdeck.runner.history_text import HistoryText, nearest
from agentdeck.runner.row_cells import cells_of, column_of, offset_of
from agentdeck.runner.screen import Screen

COLS, ROWS = 8, 4


def text_of(*lines: str) -> HistoryText:
    text = "\n".join(lines)
    return HistoryText(text, list(lines))


printed = st.text(alphabet="aB 家日é\u0301👩‍👧\r\n", max_size=120)


@settings(max_examples=200, deadline=None)
@given(printed)
def test_every_row_and_every_cell_is_found_again_in_the_text(text: str) -> None:
    screen = Screen(COLS, ROWS)
    screen.feed(text.encode())
    still = screen.still()
    for y in range(still.total):
        cells = still.cells(y)
        shown = "".join(cells).rstrip()
        start, end = still.text.start_of(y), still.text.end_of(y)
        assert still.text.text[start:end].rstrip() == shown.rstrip()
        for x, cell in enumerate(cells):
            if cell.strip():
                assert still.place(still.offset((x, y))) == (x, y)


@settings(max_examples=100, deadline=None)
@given(printed, st.text(alphabet="aB 家é", min_size=1, max_size=3))
def test_a_search_finds_what_stands_across_the_margin_too(
    text: str, query: str
) -> None:
    screen = Screen(COLS, ROWS)
    screen.feed(text.encode())
    still = screen.still()
    is_plain = query == query.lower()
    whole = still.text.text.lower() if is_plain else still.text.text
    assert len(still.text.find(query)) == whole.count(query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("error", [0, 12]),
        ("Error", [12]),
        ("e", [0, 8, 12, 19]),
        ("rr", [1, 13]),
        ("nothing", []),
        ("", []),
    ],
)
def test_a_search_minds_upper_case_only_where_it_is_asked_for(
    query: str, found: list[int]
) -> None:
    text = text_of("error then", "", "Error: e")
    assert list(text.find(query)) == found


def test_a_search_finds_letters_whose_lower_case_is_longer() -> None:
    text = text_of("İstanbul ERROR")
    assert list(text.find("error")) == [9]


def test_matches_are_gone_through_round_and_round() -> None:
    matches = text_of("a b a b a").find("a")
    assert list(matches) == [0, 4, 8]
    assert nearest(matches, 1, backward=False) == 1
    assert nearest(matches, 9, backward=False) == 0
    assert nearest(matches, 4, backward=True) == 0
    assert nearest(matches, 0, backward=True) == 2
    assert nearest(text_of("").find("a"), 0, backward=False) is None


def test_words_are_gone_through_from_line_to_line() -> None:
    text = text_of("one two", "", "three.four")
    at: int | None = 0
    seen = []
    while at is not None:
        seen.append(at)
        at = text.word_after(at)
    assert seen == [0, 4, 9, 14, 15]
    back = []
    at = len(text.text)
    while at is not None:
        at = text.word_before(at)
        if at is not None:
            back.append(at)
    assert back == seen[::-1]
    assert text.word_end(0) == 2
    assert text.word_end(2) == 6


@pytest.mark.parametrize(
    ("offset", "word"),
    [(0, "at"), (3, "src/a-b.py:12"), (16, "."), (17, "   "), (20, "x")],
)
def test_a_word_takes_the_signs_of_a_path_along(offset: int, word: str) -> None:
    text = text_of("at src/a-b.py:12.   x")
    first, last = text.word_at(offset, joined="-/.:" if offset != 16 else "")
    assert text.text[first : last + 1].rstrip(".") == word.rstrip(".")


def test_columns_and_offsets_of_wide_characters() -> None:
    row = (("ab", 0), ("家日", 0, 4), ("👩‍👧", 0, 2), ("c", 0))
    cells = cells_of(row)
    assert cells == ["a", "b", "家", "", "日", "", "👩‍👧", "", "c"]
    assert [column_of(cells, n) for n in (0, 2, 3, 4, 7, 8)] == [0, 2, 4, 6, 8, 9]
    assert [offset_of(cells, x) for x in (0, 3, 4, 7, 8)] == [0, 2, 3, 4, 7]


def test_a_still_reads_its_rows_beyond_the_screen() -> None:
    screen = Screen(COLS, ROWS)
    screen.feed(b"".join(b"row %d\r\n" % n for n in range(30)))
    still = screen.still()
    assert isinstance(screen.style_table, StyleTable)
    assert "".join(still.cells(0)) == "row 0"
    assert "".join(still.cells(29)) == "row 29"
    assert still.text.row_count == 30
