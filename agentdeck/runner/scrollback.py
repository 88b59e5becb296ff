"""Reads the rows above the screen, without moving what anybody else sees."""

from __future__ import annotations

from agentdeck.runner.cells import Row, RowReader, StyleTable
from agentdeck.runner.engine import Engine, check, ffi, lib, new


class Scrollback:
    """What scrolled off the top of a terminal, as far as the engine keeps it."""

    def __init__(self, engine: Engine, styles: StyleTable) -> None:
        self._engine = engine
        self._reader = RowReader(styles)
        self._y = ffi.new("uint16_t*")

    @property
    def above(self) -> int:
        """How many rows there are above the screen; none above a full-screen program."""
        key = lib.GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS
        return int(self._engine.value(key, "size_t"))

    def read(self, top: int) -> list[Row]:
        """A screenful of rows from row `top` on, counted from the oldest.

        Marks of changed rows are lost by it, so that the screen has to be read anew.
        """
        rows: list[Row] = [()] * self._engine.rows
        self._engine.look_at(top)
        try:
            state = new("ghostty_render_state", "GhosttyRenderState")
            check(
                lib.ghostty_render_state_update(state, self._engine.terminal), "update"
            )
            iterator = new(
                "ghostty_render_state_row_iterator", "GhosttyRenderStateRowIterator"
            )
            holder = ffi.new("GhosttyRenderStateRowIterator*", iterator)
            what = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
            check(lib.ghostty_render_state_get(state, what, holder), "rows")
            while lib.ghostty_render_state_row_iterator_next_dirty(iterator, self._y):
                if self._y[0] < len(rows):
                    rows[self._y[0]] = self._reader.read(iterator)
        finally:
            self._engine.look_at(None)
        return rows
