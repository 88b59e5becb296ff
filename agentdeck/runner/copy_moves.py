"""The ways in which the cursor of copy mode moves."""

from __future__ import annotations

from collections.abc import Callable

from agentdeck.runner.copy_mode import CopyMode, Kind
from agentdeck.runner.history_text import HistoryText
from agentdeck.runner.row_cells import end_of, head_of, tail_of
from agentdeck.runner.view import ALL_THE_WAY, View

Way = Callable[[CopyMode, View], None]


def move(copy: CopyMode, view: View, way: str) -> None:
    """Move the cursor.

    Raises:
        ValueError: If there is no such way.
    """
    if way not in _WAYS:
        raise ValueError(way)
    _WAYS[way](copy, view)


def _by_rows(by: int) -> Way:
    return lambda copy, view: copy.go_rows(view, by)


def _by_pages(pages: float) -> Way:
    def go(copy: CopyMode, view: View) -> None:
        by = int(pages * max(1, view.still.rows - 1))
        view.top = min(max(0, view.top + by), view.still.above)
        copy.go_rows(view, by)

    return go


def _by_word(find: Callable[[HistoryText, int], int | None], otherwise: int) -> Way:
    def go(copy: CopyMode, view: View) -> None:
        still = view.still
        offset = find(still.text, still.offset(copy.cursor))
        if offset is None:
            copy.go_rows(view, otherwise)
        else:
            copy.put(view, still.place(offset))

    return go


def _left(copy: CopyMode, view: View) -> None:
    x, y = copy.cursor
    copy.put(view, (x - 1, y))


def _right(copy: CopyMode, view: View) -> None:
    x, y = copy.cursor
    cells = view.still.cells(y)
    x = tail_of(cells, x) + 1
    if copy.kind is not Kind.BLOCK or copy.anchor is None:
        x = min(x, end_of(cells))
    copy.put(view, (x, y))


def _to_begin(copy: CopyMode, view: View) -> None:
    copy.put(view, (0, copy.cursor[1]))


def _to_text(copy: CopyMode, view: View) -> None:
    y = copy.cursor[1]
    written = (x for x, cell in enumerate(view.still.cells(y)) if cell.strip())
    copy.put(view, (next(written, 0), y))


def _to_end(copy: CopyMode, view: View) -> None:
    y = copy.cursor[1]
    cells = view.still.cells(y)
    copy.put(view, (head_of(cells, end_of(cells)), y))


def _to_top(copy: CopyMode, view: View) -> None:
    copy.go_rows(view, -ALL_THE_WAY)
    copy.put(view, (0, 0))


def _to_bottom(copy: CopyMode, view: View) -> None:
    view.catch_up()
    view.top = view.still.above
    copy.put(view, (0, view.still.text.row_count - 1))


_WAYS: dict[str, Way] = {
    "left": _left,
    "right": _right,
    "up": _by_rows(-1),
    "down": _by_rows(1),
    "page_up": _by_pages(-1),
    "page_down": _by_pages(1),
    "half_up": _by_pages(-0.5),
    "half_down": _by_pages(0.5),
    "begin": _to_begin,
    "text": _to_text,
    "end": _to_end,
    "top": _to_top,
    "bottom": _to_bottom,
    "word": _by_word(HistoryText.word_after, 1),
    "word_end": _by_word(HistoryText.word_end, 1),
    "word_back": _by_word(HistoryText.word_before, -1),
}
