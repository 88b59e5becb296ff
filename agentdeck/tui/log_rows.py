"""A log as rows to draw: wrapped to a width, long results folded, searchable.

Knows no widget. Items come in the order of their times; those that come late, as what
settles on a screen does, are put where they belong.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from agentdeck.tui.printable import cell_text

FOLDED_LINES = 4
"""A longer result shows this many lines until it is unfolded."""
FOLDED_KINDS = frozenset({"result", "thought"})
MARK_KINDS = frozenset(
    {
        "begin",
        "end",
        "prompt",
        "commit",
        "question",
        "answered",
        "check",
        "merged",
        "turn",
    }
)
"""What one goes to from mark to mark."""
MAX_ITEMS = 200_000
"""Of a longer log the oldest items are left out."""
MAX_COLUMNS = 4000
NEAR_S = 0.002
"""Times this near are the same, as they are told in milliseconds."""


@dataclass(slots=True)
class Item:
    """One thing in a log: a line of text, something said, or a mark."""

    kind: str
    lines: list[str]
    at: float | None = None
    text: str = field(default="", repr=False)
    """All of it, to be searched."""


class Row(NamedTuple):
    """A row to draw."""

    item: int
    start: int
    """Where in the item's text it begins; -1 where it is none of it."""
    text: str
    is_first: bool
    """Whether it is its item's first."""


class Hit(NamedTuple):
    """A place that was searched for."""

    item: int
    at: int


def item_from(kind: str, text: str, at: float | None, *, ascii_only: bool) -> Item:
    """An item, its text made fit to draw."""
    lines = [
        cell_text(line[:MAX_COLUMNS], ascii_only=ascii_only)
        for line in text.split("\n")
    ]
    return Item(kind, lines, at, "\n".join(lines))


class LogRows:
    """Items, and the rows in which they are drawn."""

    def __init__(self, width: int = 80) -> None:
        self.items: list[Item] = []
        self.rows: list[Row] = []
        self._starts: list[int] = []
        """The first row of each item."""
        self._width = max(8, width)
        self._unfolded: set[int] = set()
        """Items that are shown whole, by their identity."""

    def fit(self, width: int) -> None:
        """Wrap to another width."""
        if max(8, width) != self._width:
            self._width = max(8, width)
            self._wrap_from(0)

    def clear(self) -> None:
        """Forget all."""
        self.items, self.rows, self._starts = [], [], []
        self._unfolded.clear()

    def add(self, items: Sequence[Item]) -> None:
        """Put items where their times belong; one without a time comes last."""
        first = len(self.items)
        for item in items:
            place = self._place_of(item.at)
            first = min(first, place)
            self.items.insert(place, item)
        dropped = len(self.items) - MAX_ITEMS
        if dropped > 0:
            del self.items[:dropped]
            first = 0
        self._wrap_from(first)

    def _place_of(self, at: float | None) -> int:
        items = self.items
        if at is None or not items:
            return len(items)
        place = len(items)
        while place and (items[place - 1].at or 0.0) > at:
            if len(items) - place > 200:
                return bisect_right(items, at, key=lambda item: item.at or 0.0)
            place -= 1
        return place

    def _wrap_from(self, first: int) -> None:
        if first < len(self._starts):
            del self.rows[self._starts[first] :]
            del self._starts[first:]
        for number in range(first, len(self.items)):
            self._starts.append(len(self.rows))
            self.rows += self._rows_of(number)

    def _rows_of(self, number: int) -> Iterator[Row]:
        item = self.items[number]
        lines = item.lines
        left_out = 0
        if self.is_folded(number):
            left_out = len(lines) - FOLDED_LINES
            lines = lines[:FOLDED_LINES]
        start, is_first = 0, True
        for line in lines:
            for offset, piece in wrapped(line, self._width):
                yield Row(number, start + offset, piece, is_first)
                is_first = False
            start += len(line) + 1
        if left_out:
            yield Row(number, -1, f"{left_out} more lines", False)

    def can_fold(self, number: int) -> bool:
        """Whether an item is of those that are folded."""
        item = self.items[number]
        return item.kind in FOLDED_KINDS and len(item.lines) > FOLDED_LINES + 1

    def is_folded(self, number: int) -> bool:
        """Whether only the first lines of an item are shown."""
        return self.can_fold(number) and id(self.items[number]) not in self._unfolded

    def toggle_fold(self, number: int) -> None:
        """Show an item whole, or its first lines only."""
        if self.can_fold(number):
            self._unfolded ^= {id(self.items[number])}
            self._wrap_from(number)

    def unfold(self, hit: Hit) -> None:
        """Show an item whole if a place of it is not shown."""
        shown = self.items[hit.item].lines[:FOLDED_LINES]
        if self.is_folded(hit.item) and hit.at > sum(len(line) + 1 for line in shown):
            self.toggle_fold(hit.item)

    def row_of(self, hit: Hit) -> int:
        """The row of a place, or the last shown one of its item before it."""
        row = self._starts[hit.item]
        while (
            row + 1 < len(self.rows)
            and self.rows[row + 1].item == hit.item
            and 0 <= self.rows[row + 1].start <= hit.at
        ):
            row += 1
        return row

    def row_at(self, at: float) -> int:
        """The row of the first thing at a time of the clock or after it."""
        if not self._starts:
            return 0
        place = bisect_left(self.items, at - NEAR_S, key=lambda item: item.at or 0.0)
        return self._starts[min(place, len(self._starts) - 1)]

    def row_of_line(self, at: float, line: str) -> int:
        """The row of a line that was there at a time; else as `row_at`."""
        place = bisect_left(self.items, at - NEAR_S, key=lambda item: item.at or 0.0)
        for number in range(place, len(self.items)):
            item = self.items[number]
            if (item.at or 0.0) > at + NEAR_S:
                break
            found = item.text.find(line)
            if found >= 0:
                self.unfold(Hit(number, found))
                return self.row_of(Hit(number, found))
        return self.row_at(at)

    def marks(self) -> list[int]:
        """The rows at which marks stand."""
        return [
            self._starts[number]
            for number, item in enumerate(self.items)
            if item.kind in MARK_KINDS
        ]

    def hits(self, query: str) -> list[Hit]:
        """All places of a text; its case counts if it has an upper-case letter."""
        pattern = pattern_for(query)
        if pattern is None:
            return []
        return [
            Hit(number, match.start())
            for number, item in enumerate(self.items)
            for match in pattern.finditer(item.text)
        ]


def pattern_for(query: str) -> re.Pattern[str] | None:
    """What finds a text as a person typed it; None for none."""
    if not query:
        return None
    flags = re.NOFLAG if any(char.isupper() for char in query) else re.IGNORECASE
    return re.compile(re.escape(query), flags)


def wrapped(line: str, width: int) -> list[tuple[int, str]]:
    """A line in pieces of at most so many cells, each with where it begins.

    Breaks behind a space where there is one in the last third of a piece.
    """
    if len(line) <= width and (line.isascii() or cell_len(line) <= width):
        return [(0, line)]
    pieces: list[tuple[int, str]] = []
    start = 0
    while start < len(line):
        rest = line[start : start + width]
        piece = chop_cells(rest, width)[0] if not rest.isascii() else rest
        piece = piece or rest[:1]
        if start + len(piece) < len(line):
            space = piece.rfind(" ")
            if space > len(piece) * 2 // 3:
                piece = piece[: space + 1]
        pieces.append((start, piece))
        start += len(piece)
    return pieces


def line_like(lines: Sequence[str], rows: Sequence[str]) -> int | None:
    """The last line at which the rows of a pane begin, as well as that can be told.

    Rows may be wrapped lines, so each is looked for within a line.
    """
    wanted = [row.strip() for row in rows if row.strip()][:3]
    for count in range(len(wanted), 0, -1):
        for at in range(len(lines) - count, -1, -1):
            if all(wanted[n] in lines[at + n] for n in range(count)):
                return at
    return None
