"""Sessions on both axes; a cell says whether two get into each other's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line

CELL = 4
"""Columns of a cell: a space, the sign, a count of up to two digits."""
MAX_NAME = 26
HEADER = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cell shows: how many files clash, or are the same."""

    clashes: int = 0
    same: int = 0


class Matrix(ScrollView, can_focus=True):
    """The matrix. Rows are sessions; the first column is the base."""

    DEFAULT_CSS = """
    Matrix { height: 1fr; background: $background; scrollbar-size: 1 1; padding: 0; }
    """

    row: reactive[int] = reactive(0)
    column: reactive[int] = reactive(0)

    class CellChanged(Message):
        """The cursor is on another cell."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._names: Sequence[str] = ()
        self._marks: Mapping[tuple[int, int], Mark] = {}
        self._name_width = 0

    def show(self, names: Sequence[str], marks: Mapping[tuple[int, int], Mark]) -> None:
        """Show sessions and the marks of cells, by row and column from 0 (the base)."""
        self._names, self._marks = names, marks
        ascii_only = self._look.glyphs.is_ascii
        shown = (cell_len(one_line(name, ascii_only=ascii_only)) for name in names)
        self._name_width = min(MAX_NAME, max(shown, default=0))
        self.row = max(0, min(self.row, len(names) - 1))
        self.column = max(0, min(self.column, len(names)))
        self.virtual_size = Size(self._left + CELL * (len(names) + 1), len(names) + 1)
        self.refresh()

    @property
    def _left(self) -> int:
        """Columns before the first cell: bar, number, name."""
        return 6 + self._name_width

    def move_by(self, rows: int, columns: int) -> None:
        """Move the cursor by cells, as far as there are any."""
        self.row = max(0, min(self.row + rows, len(self._names) - 1))
        self.column = max(0, min(self.column + columns, len(self._names)))

    def go_to_next(self) -> None:
        """Go to the next clash in the order of reading, or else to the next mark."""
        here = (self.row, self.column)
        places = sorted(p for p, mark in self._marks.items() if mark.clashes)
        places = places or sorted(self._marks)
        if places:
            after = [place for place in places if place > here]
            self.row, self.column = (after or places)[0]

    def watch_row(self) -> None:
        self._cursor_moved()

    def watch_column(self) -> None:
        self._cursor_moved()

    def _cursor_moved(self) -> None:
        x = self._left + CELL * self.column
        target = Region(x, self.row + HEADER, CELL, 1)
        self.scroll_to_region(target, animate=False, force=True)
        self.refresh()
        self.post_message(self.CellChanged())

    def on_click(self, event: events.Click) -> None:
        x, top = self.scroll_offset
        row, column = event.y + top - HEADER, (event.x + x - self._left) // CELL
        if 0 <= row < len(self._names) and 0 <= column <= len(self._names):
            self.row, self.column = row, column

    def render_line(self, y: int) -> Strip:
        x, top = self.scroll_offset
        width, style = self.size.width, self.rich_style
        if y < HEADER:
            strip = self._header()
        elif y + top - HEADER < len(self._names):
            strip = self._row(y + top - HEADER)
        else:
            return Strip.blank(width, style)
        # Names stay in sight; only the cells scroll.
        left = strip.crop(0, self._left)
        cells = strip.crop(self._left + x, x + width)
        return Strip.join([left, cells]).adjust_cell_length(width, style)

    def _header(self) -> Strip:
        segments = [Segment(" " * self._left, self._look.style("faint"))]
        titles = ["base", *(str(n + 1) for n in range(len(self._names)))]
        for n, title in enumerate(titles):
            colour = "primary" if n == self.column else "faint"
            style = self._look.style(colour, bold=n == self.column)
            segments.append(Segment(title.rjust(CELL), style))
        return Strip(segments)

    def _row(self, row: int) -> Strip:
        look, glyphs = self._look, self._look.glyphs
        is_here = row == self.row
        background = "cursor_blurred" if is_here else ""
        name = one_line(self._names[row], ascii_only=glyphs.is_ascii)
        name = cut(name, self._name_width, more=glyphs.more)
        name += " " * (self._name_width - cell_len(name))
        colour = "bright" if is_here else "text"
        segments = [
            Segment(glyphs.bar if is_here else " ", look.style("primary", background)),
            Segment(f"{row + 1:>3} ", look.style("faint", background)),
            Segment(f"{name} ", look.style(colour, background, bold=is_here)),
        ]
        columns = range(len(self._names) + 1)
        segments += [self._cell(row, column, background) for column in columns]
        return Strip(segments)

    def _cell(self, row: int, column: int, background: str) -> Segment:
        look, glyphs = self._look, self._look.glyphs
        if row == self.row and column == self.column:
            background = "cursor"
        elif column == self.column:
            background = background or "cursor_blurred"
        mark = self._marks.get((row, column))
        if column == row + 1:
            return Segment(glyphs.rule.rjust(CELL), look.style("faint", background))
        if mark is None:
            return Segment(glyphs.dot.rjust(CELL), look.style("faint", background))
        if mark.clashes:
            text = f"{glyphs.collides}{min(mark.clashes, 99)}"
            style = look.style("error", background, bold=True)
        else:
            text = f"{glyphs.near}{min(mark.same, 99)}"
            style = look.style("warning", background)
        return Segment(text.rjust(CELL), style)
