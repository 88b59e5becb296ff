"""Reads a terminal's text by logical lines: what the width wrapped is joined again.

Remembers a place in the text that stays right while rows scroll and reflow.
"""

from __future__ import annotations

from typing import Any

from agentdeck.runner.engine import Engine
from agentdeck.runner.native import check, ffi, lib

_SCREEN = lib.GHOSTTY_POINT_TAG_SCREEN


def _with_plain_point(name: str, signature: str) -> Any:
    """An engine function whose point is a union, which libffi cannot pass by value."""
    return ffi.cast(signature, ffi.addressof(lib, name))


# A point is as large as `AgentDeckScroll` and goes the same way.
_reference_at = _with_plain_point(
    "ghostty_terminal_grid_ref",
    "int(*)(GhosttyTerminal, AgentDeckScroll, GhosttyGridRef*)",
)
_track = _with_plain_point(
    "ghostty_terminal_grid_ref_track",
    "int(*)(GhosttyTerminal, AgentDeckScroll, GhosttyTrackedGridRef*)",
)


def _point(x: int, y: int) -> Any:
    return ffi.new("AgentDeckScroll*", [int(_SCREEN), x | y << 32, 0])[0]


class TextReader:
    """The text of one terminal; rows are counted from the oldest that is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._place: Any = None
        self._point = ffi.new("GhosttyPointCoordinate*")
        self._row = ffi.new("uint64_t*")
        self._flag = ffi.new("bool*")

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        active = self._engine.value(
            lib.GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN, "GhosttyTerminalScreen"
        )
        return bool(active == lib.GHOSTTY_TERMINAL_SCREEN_ALTERNATE)

    @property
    def is_at_ground(self) -> bool:
        """Whether no escape sequence has begun."""
        return bool(self._engine.value(lib.GHOSTTY_TERMINAL_DATA_VT_GROUND, "bool"))

    @property
    def above(self) -> int:
        """How many rows stand above the screen."""
        key = lib.GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS
        return int(self._engine.value(key, "size_t"))

    @property
    def typing_row(self) -> int | None:
        """The row of the screen at whose end the cursor stands; None if at none."""
        if not self._engine.value(lib.GHOSTTY_TERMINAL_DATA_CURSOR_VISIBLE, "bool"):
            return None
        x = self._engine.value(lib.GHOSTTY_TERMINAL_DATA_CURSOR_X, "uint16_t")
        y = self._engine.value(lib.GHOSTTY_TERMINAL_DATA_CURSOR_Y, "uint16_t")
        # At the last column the cursor stands on what was written, not behind it.
        x += self._engine.value(lib.GHOSTTY_TERMINAL_DATA_CURSOR_PENDING_WRAP, "bool")
        row = 0 if self.alternate else self.above
        (text,) = self.lines(row + y, row + y + 1, joined=False) or ("",)
        return int(y) if text and len(text) <= x else None

    def line_start(self, row: int) -> int:
        """The row on which the line begins that a row belongs to."""
        while row > 0 and self._continues(row):
            row -= 1
        return row

    def lines(self, first: int, last: int, *, joined: bool) -> list[str]:
        """The lines of the rows from `first` to before `last`, right-trimmed.

        Args:
            first: The first row.
            last: The row after the last one.
            joined: Whether rows that were wrapped count as one line.
        """
        if last <= first:
            return []
        selection = ffi.new("GhosttySelection*")
        selection.size = ffi.sizeof("GhosttySelection")
        start = self._reference(0, first)
        end = self._reference(self._engine.cols - 1, last - 1)
        if start is None or end is None:
            return []
        selection.start, selection.end = start[0], end[0]
        options = ffi.new("GhosttyTerminalSelectionFormatOptions*")
        options.size = ffi.sizeof("GhosttyTerminalSelectionFormatOptions")
        options.emit = lib.GHOSTTY_FORMATTER_FORMAT_PLAIN
        options.trim, options.unwrap, options.selection = False, joined, selection
        text = self._formatted(options)
        return [line.rstrip() for line in text.split("\n")]

    def remember(self, row: int) -> None:
        """Remember a row, wherever it goes."""
        holder = ffi.new("GhosttyTrackedGridRef*")
        check(_track(self._engine.terminal, _point(0, row), holder), "track")
        self._place = ffi.gc(holder[0], lib.ghostty_tracked_grid_ref_free)

    def remembered(self) -> int | None:
        """Where the remembered row is now; None if it is gone."""
        place = self._place
        if place is None or not lib.ghostty_tracked_grid_ref_has_value(place):
            return None
        if lib.ghostty_tracked_grid_ref_point(place, _SCREEN, self._point):
            return None
        return int(self._point.y)

    def _continues(self, row: int) -> bool:
        reference = self._reference(0, row)
        if reference is None or lib.ghostty_grid_ref_row(reference, self._row):
            return False
        what = lib.GHOSTTY_ROW_DATA_WRAP_CONTINUATION
        check(lib.ghostty_row_get(self._row[0], what, self._flag), "row")
        return bool(self._flag[0])

    def _reference(self, x: int, y: int) -> Any:
        reference = ffi.new("GhosttyGridRef*")
        reference.size = ffi.sizeof("GhosttyGridRef")
        if _reference_at(self._engine.terminal, _point(x, y), reference):
            return None
        return reference

    def _formatted(self, options: Any) -> str:
        size = ffi.new("size_t*")
        render = lib.ghostty_terminal_selection_format_buf
        terminal = self._engine.terminal
        render(terminal, options[0], ffi.NULL, 0, size)
        buffer = ffi.new("uint8_t[]", max(1, size[0]))
        check(render(terminal, options[0], buffer, len(buffer), size), "format")
        raw: bytes = ffi.buffer(buffer, size[0])[:]
        return raw.decode("utf-8", "replace")
