"""Cells of a row: what stands in which column. Pure.

Characters may take two cells, and one character may be several code points, so
places in a text and columns of a terminal are two things. Everything here counts a
character as one item of a list, with an empty item for the second cell of a wide one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Cells = list[str]


def cells_of(row: Iterable[Sequence[Any]]) -> Cells:
    """The cells of a row of runs (see `cells.py`)."""
    cells: Cells = []
    for run in row:
        text = run[0]
        if len(run) == 2:
            cells += text
        elif run[2] == 2 * len(text):
            for character in text:
                cells += (character, "")
        else:
            cells += (text, *[""] * (run[2] - 1))
    return cells


def column_of(cells: Cells, offset: int) -> int:
    """The column of the character at an offset in the row's text."""
    passed = 0
    for x, character in enumerate(cells):
        if character and passed + len(character) > offset:
            return x
        passed += len(character)
    return len(cells) + max(0, offset - passed)


def offset_of(cells: Cells, x: int) -> int:
    """The offset in the row's text of the character in a column."""
    return sum(len(character) for character in cells[: head_of(cells, x)])


def head_of(cells: Cells, x: int) -> int:
    """The column in which the character of a column begins."""
    while 0 < x < len(cells) and not cells[x]:
        x -= 1
    return x


def tail_of(cells: Cells, x: int) -> int:
    """The last column of the character in a column."""
    while x + 1 < len(cells) and not cells[x + 1]:
        x += 1
    return x


def end_of(cells: Cells) -> int:
    """The column of the last character that is no blank; 0 in a blank row."""
    for x in range(len(cells) - 1, -1, -1):
        if cells[x].strip():
            return x
    return 0
