"""A terminal that no longer changes, with all that is above its screen.

Whoever reads older rows reads them here: what the agent prints meanwhile does not
move them, and reading them takes nothing from those who watch the screen itself.
"""

from __future__ import annotations

from typing import Any

from agentdeck.runner.cells import Row, RowReader, StyleTable
from agentdeck.runner.history_text import HistoryText
from agentdeck.runner.native import (
    Place,
    Terminal,
    check,
    copy_of,
    ffi,
    lib,
    new,
    new_terminal,
)
from agentdeck.runner.row_cells import Cells, cells_of, column_of, offset_of

_LONGEST_LINK = 4096
_PAGES = 4


class Still(Terminal):
    """Rows from the oldest that is kept to the last of the screen."""

    def __init__(self, native: Any, cols: int, rows: int, styles: StyleTable) -> None:
        super().__init__(native, cols, rows)
        self._styles = styles
        self._reader = RowReader(styles)
        self._y = ffi.new("uint16_t*")
        self._pages: dict[tuple[int, int], list[Row]] = {}
        """The screenfuls that were read last, by their first row and style table."""
        self._text: HistoryText | None = None
        self._link = ffi.new("uint8_t[]", _LONGEST_LINK)

    @classmethod
    def of(cls, terminal: Terminal, styles: StyleTable) -> Still:
        """Another terminal as it is now."""
        still = cls(copy_of(terminal), terminal.cols, terminal.rows, styles)
        still.compress()
        return still

    @classmethod
    def empty(cls, cols: int, rows: int, styles: StyleTable, size: int) -> Still:
        """One to be fed before it is read, which keeps up to so many bytes of rows."""
        still = cls(new_terminal(cols, rows), cols, rows, styles)
        still.keep(size)
        still.count_clusters()
        return still

    @property
    def text(self) -> HistoryText:
        """All of it as text; read at the first use."""
        if self._text is None:
            first, last = (0, 0), (self.cols - 1, self.total - 1)
            wrapped = self.text_between(first, last, unwrap=False, trim=False)
            joined = self.text_between(first, last, unwrap=True, trim=False)
            self._text = HistoryText(joined, wrapped.split("\n"))
            self.compress()
        return self._text

    def resize(self, cols: int, rows: int) -> None:
        """Change the size; lines wrap elsewhere from now on."""
        super().resize(cols, rows)
        self._pages.clear()
        self._text = None

    def page(self, top: int) -> list[Row]:
        """A screenful of rows from row `top` on; do not change the list."""
        key = (top, self._styles.epoch)
        if key not in self._pages:
            while len(self._pages) >= _PAGES:
                del self._pages[next(iter(self._pages))]
            self._pages[key] = self._read_page(top)
        return self._pages[key]

    def row(self, y: int) -> Row:
        """One row."""
        for (top, epoch), page in self._pages.items():
            if epoch == self._styles.epoch and top <= y < top + self.rows:
                return page[y - top]
        top = min(y, self.above)
        return self.page(top)[y - top]

    def cells(self, y: int) -> Cells:
        """The cells of one row."""
        return cells_of(self.row(y))

    def offset(self, place: Place) -> int:
        """Where a place is in the text."""
        x, y = place
        start = self.text.start_of(y) + offset_of(self.cells(y), x)
        return min(start, self.text.end_of(y))

    def place(self, offset: int) -> Place:
        """Where an offset of the text is."""
        y = self.text.row_of(offset)
        return column_of(self.cells(y), offset - self.text.start_of(y)), y

    def last_text(self, count: int) -> str:
        """The last rows as text, a line a row."""
        first = max(0, self.total - count)
        last = self.cols - 1, self.total - 1
        return self.copied((0, first), last, is_block=True)

    def copied(self, first: Place, last: Place, *, is_block: bool = False) -> str:
        """The text from one place to another, without blanks at the ends of lines.

        A line that the terminal has wrapped is one line, save in a block.
        """
        return self.text_between(
            first, last, is_block=is_block, unwrap=not is_block, trim=True
        )

    def hyperlink(self, x: int, y: int) -> str:
        """Where the hyperlink (OSC 8) of a cell leads; empty if it has none."""
        size = ffi.new("size_t*")
        read = lib.ghostty_grid_ref_hyperlink_uri
        if read(self.cell(x, y), self._link, _LONGEST_LINK, size):
            return ""
        raw: bytes = ffi.buffer(self._link, size[0])[:]
        return raw.decode("utf-8", "replace")

    def has_hyperlinks(self, y: int) -> bool:
        """Whether any cell of a row may have a hyperlink."""
        row, found = ffi.new("GhosttyRow*"), ffi.new("bool*")
        check(lib.ghostty_grid_ref_row(self.cell(0, y), row), "a row")
        what = lib.GHOSTTY_ROW_DATA_HYPERLINK
        check(lib.ghostty_row_get(row[0], what, found), "a row's links")
        return bool(found[0])

    def _read_page(self, top: int) -> list[Row]:
        rows: list[Row] = [()] * self.rows
        self.look_at(top)
        state = new("ghostty_render_state", "GhosttyRenderState")
        check(lib.ghostty_render_state_update(state, self.terminal), "update")
        iterator = new(
            "ghostty_render_state_row_iterator", "GhosttyRenderStateRowIterator"
        )
        holder = ffi.new("GhosttyRenderStateRowIterator*", iterator)
        what = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
        check(lib.ghostty_render_state_get(state, what, holder), "rows")
        while lib.ghostty_render_state_row_iterator_next_dirty(iterator, self._y):
            if self._y[0] < len(rows):
                rows[self._y[0]] = self._reader.read(iterator)
        return rows
