"""The search of copy mode, and the cells that are drawn as found or selected."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agentdeck.runner.history_text import nearest
from agentdeck.runner.native import Place
from agentdeck.runner.row_cells import tail_of

if TYPE_CHECKING:
    from agentdeck.runner.copy_mode import CopyMode
    from agentdeck.runner.view import View

LONGEST_QUERY = 1000

SELECTED, MATCH, CURRENT = range(3)
Span = tuple[int, int, int, int]
"""Row of the view, first column, column after the last, and what it is."""


class Search:
    """What is looked for, and where it was found."""

    def __init__(self, origin: Place) -> None:
        self.origin = origin
        """Where the cursor was when the search was begun."""
        self.query = ""
        self._is_backward = False
        self._matches: array[int] = array("I")
        self._current: int | None = None

    def begin(self, copy: CopyMode) -> None:
        """A text is about to be typed."""
        self.origin = copy.cursor

    def find(self, copy: CopyMode, view: View, query: str, *, backward: bool) -> None:
        """Look for a text from where the cursor was when the search began."""
        self._is_backward = backward
        self.query = query[:LONGEST_QUERY]
        still = view.still
        self._matches = still.text.find(self.query)
        start = still.offset(self.origin)
        number = nearest(self._matches, start, backward=backward)
        self._go_to(copy, view, number)
        if number is None:
            copy.put(view, self.origin)

    def give_up(self, copy: CopyMode, view: View) -> None:
        """Look for nothing: back to where the search began."""
        self.query, self._matches, self._current = "", array("I"), None
        copy.put(view, self.origin)

    def go_on(self, copy: CopyMode, view: View, *, is_same_way: bool) -> None:
        """Go to the next match, or to the one before."""
        backward = self._is_backward == is_same_way
        offset = view.still.offset(copy.cursor)
        start = offset if backward else offset + 1
        self._go_to(copy, view, nearest(self._matches, start, backward=backward))

    def again(self, view: View, cursor: Place) -> None:
        """The text is another one: the match at the cursor stays the current one."""
        if not self.query:
            return
        self._matches = view.still.text.find(self.query)
        at = bisect_left(self._matches, view.still.offset(cursor))
        is_there = self._current is not None and at < len(self._matches)
        self._current = at if is_there else None

    def _go_to(self, copy: CopyMode, view: View, number: int | None) -> None:
        self._current = number
        if number is not None:
            copy.put(view, view.still.place(self._matches[number]))

    def shown(self) -> dict[str, Any]:
        """What a frame says of it."""
        number = None if self._current is None else self._current + 1
        match = [number, len(self._matches)] if self.query else None
        return {"query": self.query, "match": match}

    def spans(self, view: View) -> Iterator[Span]:
        """The matches that the view shows."""
        if not self._matches:
            return
        still, size = view.still, len(self.query)
        low = still.text.start_of(view.top) - size + 1
        high = still.text.start_of(view.top + still.rows)
        for number in range(bisect_left(self._matches, low), len(self._matches)):
            start = self._matches[number]
            if start >= high:
                break
            x, y = still.place(start + size - 1)
            last = tail_of(still.cells(y), x), y
            kind = CURRENT if number == self._current else MATCH
            yield from spans_between(view, still.place(start), last, kind)


def spans_between(view: View, first: Place, last: Place, kind: int) -> Iterator[Span]:
    """The cells that the view shows of those from one place to another."""
    top, cols = view.top, view.still.cols
    for y in range(max(first[1], top), min(last[1] + 1, top + view.still.rows)):
        begin = first[0] if y == first[1] else 0
        end = last[0] + 1 if y == last[1] else cols
        yield y - top, begin, end, kind
