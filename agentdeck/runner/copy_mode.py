"""Copy mode: a cursor and a selection in what a view holds still."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agentdeck.runner.copy_links import link_of
from agentdeck.runner.copy_search import SELECTED, Search, Span, spans_between
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.native import Place
from agentdeck.runner.row_cells import head_of, tail_of
from agentdeck.runner.still import Still

if TYPE_CHECKING:
    from agentdeck.runner.view import View

LONGEST_COPY = 4 * 1024 * 1024
PATH_SIGNS = "-_./~:@%+#?&=,"
"""Signs that a double click takes along with letters and digits."""


class Kind(StrEnum):
    """How a selection grows."""

    TEXT = "text"
    LINES = "lines"
    BLOCK = "block"


class CopyMode:
    """Where one subscriber is in a still, and what is selected and found there."""

    def __init__(self, view: View, cursor: Place) -> None:
        self.cursor = (0, 0)
        self.anchor: Place | None = None
        self.kind = Kind.TEXT
        self._unit = "cell"
        self._word: tuple[Place, Place] | None = None
        """What was clicked twice: the selection never gets smaller than that."""
        self._goal = cursor[0]
        """The column to keep to while going up and down."""
        self.search = Search(cursor)
        self.put(view, cursor)

    @property
    def places(self) -> list[Place]:
        """The places that have to be followed through a change of size."""
        anchor = [] if self.anchor is None else [self.anchor]
        return [self.cursor, self.search.origin, *anchor]

    def take_places(self, view: View, places: list[Place]) -> None:
        """Take where `places` are after a change of size."""
        cursor, self.search.origin, *anchor = places
        self.anchor = anchor[0] if anchor else None
        self._word = None
        self.put(view, cursor)
        self.search.again(view, self.cursor)

    def move_rows(self, view: View, by: int) -> None:
        """All rows have other numbers than before."""
        rows = view.still.total

        def moved(place: Place) -> Place:
            return place[0], min(max(0, place[1] + by), rows - 1)

        self.cursor = moved(self.cursor)
        self.search.origin = moved(self.search.origin)
        self.anchor = moved(self.anchor) if self.anchor is not None else None
        if self._word is not None:
            self._word = moved(self._word[0]), moved(self._word[1])
        self.search.again(view, self.cursor)

    def stay_in_view(self, view: View) -> None:
        """The view was scrolled: the cursor goes along at its border."""
        x, y = self.cursor
        y = min(max(y, view.top), view.top + view.still.rows - 1)
        self.put(view, (min(self._goal, x) if y == self.cursor[1] else self._goal, y))

    def go_up(self, view: View, rows: int) -> None:
        """Go up by rows."""
        self.go_rows(view, -rows)

    def go_rows(self, view: View, by: int) -> None:
        """Go down or up, into what is older or newer where the rows end."""
        wanted = self.cursor[1] + by
        if wanted < 0:
            view.look_for_older(-wanted)
        elif wanted >= view.still.total:
            wanted += view.catch_up()
        goal = self._goal
        self.put(view, (goal, min(max(0, wanted), view.still.total - 1)))
        self._goal = goal

    def put(self, view: View, place: Place) -> None:
        """Put the cursor on a place, and have that shown."""
        x, y = place
        y = min(max(0, y), view.still.total - 1)
        x = min(max(0, x), view.still.cols - 1)
        self.cursor = head_of(view.still.cells(y), x), y
        self._goal = x
        view.show_row(y)

    def select(self, kind: Kind) -> None:
        """Begin to select, select in another way, or select nothing any more."""
        if self.anchor is None:
            self.anchor = self.cursor
        elif self.kind is kind:
            self.anchor = None
        self.kind, self._word = kind, None

    def unselect(self) -> bool:
        """Select nothing; says whether anything was."""
        was, self.anchor, self._word = self.anchor is not None, None, None
        return was

    def press(self, view: View, place: Place, unit: str) -> None:
        """The mouse went down: a selection begins, of a word or line if so meant."""
        self.put(view, place)
        self.kind, self._unit, self._word = Kind.TEXT, unit, None
        self.anchor = self.cursor
        if unit == "word":
            first, last = self._word = self._word_at(view, self.cursor)
            self.anchor = first
            self.put(view, last)
        elif unit == "line":
            self.kind = Kind.LINES

    def drag(self, view: View, place: Place) -> None:
        """The mouse went on with its button down."""
        if self.anchor is None:
            return
        if self._word is None:
            self.put(view, place)
            return
        first, last = self._word_at(view, place)
        begin, end = self._word
        is_before = (first[1], first[0]) < (begin[1], begin[0])
        self.anchor = end if is_before else begin
        ends = (end, last)
        self.put(view, first if is_before else max(ends, key=lambda p: (p[1], p[0])))

    def _word_at(self, view: View, place: Place) -> tuple[Place, Place]:
        text = view.still.text
        offset = view.still.offset(place)
        first, last = text.word_at(offset, joined=PATH_SIGNS)
        # A sentence's end is no part of its last word.
        while last > max(first, offset) and text.text[last] in ".,:?":
            last -= 1
        return view.still.place(first), view.still.place(last)

    def selection(self, view: View) -> tuple[Place, Place] | None:
        """First and last cell of what is selected; of a block two corners of it."""
        if self.anchor is None:
            return None
        ends = sorted(
            (self.anchor, self.cursor), key=lambda place: (place[1], place[0])
        )
        (x0, y0), (x1, y1) = ends
        if self.kind is Kind.LINES:
            return _lines(view.still, y0, y1)
        if self.kind is Kind.BLOCK:
            tails = [tail_of(view.still.cells(y), x) for x, y in ends]
            return (min(x0, x1), y0), (max(tails), y1)
        return (x0, y0), (tail_of(view.still.cells(y1), x1), y1)

    def text(self, view: View) -> tuple[str, int]:
        """What is selected, or else the line of the cursor, and in how many rows.

        Raises:
            RunnerError: If that is too long to be copied.
        """
        y = self.cursor[1]
        first, last = self.selection(view) or _lines(view.still, y, y)
        is_block = self.kind is Kind.BLOCK and self.anchor is not None
        text = view.still.copied(first, last, is_block=is_block)
        if len(text) > LONGEST_COPY:
            raise RunnerError(
                f"{len(text) // 1024} KB are too much for a clipboard; "
                "`agentdeck logs` writes all to a file."
            )
        return text, text.count("\n") + 1

    def shown(self, view: View) -> dict[str, Any]:
        """What a frame says of it."""
        return {
            "kind": self.kind.value if self.anchor is not None else "",
            "spans": list(self._spans(view)),
            "link": (link_of(view.still, self.cursor) or {}).get("target", ""),
            **self.search.shown(),
        }

    def _spans(self, view: View) -> Iterator[Span]:
        selected = self.selection(view)
        if selected is not None and self.kind is Kind.BLOCK:
            (x0, y0), (x1, y1) = selected
            rows = range(max(y0, view.top), min(y1 + 1, view.top + view.still.rows))
            yield from ((y - view.top, x0, x1 + 1, SELECTED) for y in rows)
        elif selected is not None:
            yield from spans_between(view, *selected, SELECTED)
        yield from self.search.spans(view)


def _lines(still: Still, y0: int, y1: int) -> tuple[Place, Place]:
    """The whole lines to which some rows belong."""
    first, _ = still.text.line_rows(y0)
    _, last = still.text.line_rows(y1)
    return (0, first), (still.cols - 1, last)
