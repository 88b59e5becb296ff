"""The agent's screen: what its output looks like now, and what it asked for.

Owns the engine's terminal and the picture of it that clients are given. Knows
no pty and no socket: bytes go in by `feed`, replies for the agent come out of
`take_notes`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from agentdeck.runner.ansi import to_ansi
from agentdeck.runner.cells import Row, RowReader, Style, StyleTable
from agentdeck.runner.engine import Engine, Notes
from agentdeck.runner.native import check, ffi, lib, new, text_of
from agentdeck.runner.osc99 import Osc99Scanner
from agentdeck.runner.still import Still

# An agent that begins synchronised output and never ends it must not freeze
# the picture for longer than this. Terminals wait between 0.15 s and some
# seconds, most of them one; a busy machine can well stop an agent for 0.15 s
# in the middle of a batch.
LONGEST_HOLD_S = 1.0

# The engine does not mark a row as changed when a combining character joins a
# cell of it that was read already. So where the first bytes after a reading may
# hold one (or the rest of one), all is read anew. Delete `_may_join` and what
# uses it when the engine marks such rows.
_JOINING_BYTES = 64
_JOINING = rb"[\xc4-\xe1\xe3-\xff]|\xe2(?:\x80\x8d|\x83|$)"
_may_join = re.compile(rb"\A[\x80-\xbf]|" + _JOINING)
# The end of a batch of synchronised output is a reading too. What does not take
# the cursor to another row may stand between it and the combining character.
_may_join_after_batch = re.compile(
    rb"2026[\d;]*l(?:\r|\x1b\[[\d:;<=>?]*[@CDGJKPXhlmqu])*(?:" + _JOINING + rb")"
)

_CURSOR_STYLES = ("bar", "block", "underline", "hollow")
_BRACKETED_PASTE, _FOCUS_EVENTS = 2004, 1004


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is and how it looks."""

    x: int = 0
    y: int = 0
    visible: bool = True
    style: str = "block"

    def as_list(self) -> list[Any]:
        """Return the form that frames carry."""
        return [self.x, self.y, self.visible, self.style]


@dataclass(slots=True)
class _Picture:
    rows: list[Row] = field(default_factory=list)
    cursor: Cursor = field(default_factory=Cursor)


class Screen:
    """A terminal's screen, read by rows of styled runs.

    `refresh` brings `rows` and `cursor` up to date; the others read the
    terminal itself. A row that did not change stays the same object.
    """

    def __init__(self, cols: int, rows: int) -> None:
        self.engine = Engine(cols, rows)
        self._styles = StyleTable()
        self._reader = RowReader(self._styles)
        self._first_row = self.engine.mark(0, 0)
        self._is_compressed = True
        self._state = new("ghostty_render_state", "GhosttyRenderState")
        self._iterator = new(
            "ghostty_render_state_row_iterator", "GhosttyRenderStateRowIterator"
        )
        self._iterator_holder = ffi.new(
            "GhosttyRenderStateRowIterator*", self._iterator
        )
        self._native_cursor = ffi.new("GhosttyRenderStateCursor*")
        self._native_cursor.size = ffi.sizeof("GhosttyRenderStateCursor")
        self._y = ffi.new("uint16_t*")
        self._dirty = ffi.new("GhosttyRenderStateDirty*")
        self._osc99 = Osc99Scanner()
        self._picture = _Picture()
        self._stale = True
        self._is_taken = False
        """The render state holds a picture that was not read yet."""
        self._examined = 0
        self._is_doubtful = False
        self._has_batch = False
        self.engine.on_release = self._take_batch
        self.refresh()

    @property
    def cols(self) -> int:
        """The number of columns."""
        return self.engine.cols

    @property
    def rows_count(self) -> int:
        """The number of rows."""
        return self.engine.rows

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the agent wrote."""
        if self._examined < _JOINING_BYTES:
            first = bytes(data[:_JOINING_BYTES])
            self._examined += len(first)
            if not first.isascii() and _may_join.search(first):
                self._is_doubtful = True
        self._has_batch = False
        self.engine.feed(data)
        self._stale = True
        self._is_compressed = False
        if self._has_batch:
            self._examined = 0
            self._is_doubtful = _may_join_after_batch.search(data) is not None
        for note in self._osc99.feed(data):
            self.engine.notes.notifications.append(note)

    def resize(self, cols: int, rows: int) -> None:
        """Change the size."""
        self.engine.resize(cols, rows)
        self._take()

    def take_notes(self) -> Notes:
        """Return what the engine reported since the last call, and forget it."""
        notes, self.engine.notes = self.engine.notes, Notes()
        return notes

    @property
    def hold_left_s(self) -> float:
        """How long synchronised output may still hold back the picture; 0 if not."""
        since = self.engine.held_since
        if since is None:
            return 0.0
        return max(0.0, since + LONGEST_HOLD_S - time.monotonic())

    def refresh(self, *, in_batch: bool = False) -> None:
        """Bring the picture up to date.

        While synchronised output holds it back, that is the picture at the end
        of the last batch, unless `in_batch` asks for what there is now.
        """
        if self._stale and (in_batch or self.hold_left_s <= 0):
            self._take()
        if self._is_taken:
            self._is_taken = False
            self._read_rows()
            self._read_cursor()

    def _take_batch(self) -> None:
        """Keep the picture at the end of a batch; runs inside the parser."""
        self._has_batch = True
        self._take()

    def _take(self) -> None:
        """Bring the render state up to date; it is read later."""
        if self._is_doubtful:
            self._state = new("ghostty_render_state", "GhosttyRenderState")
        check(
            lib.ghostty_render_state_update(self._state, self.engine.terminal), "update"
        )
        self._is_taken = True
        self._stale = False
        self._examined = 0
        self._is_doubtful = False

    @property
    def rows(self) -> list[Row]:
        """The rows as of the last `refresh`; do not change the list."""
        return self._picture.rows

    def row(self, y: int) -> Row:
        """Return one row as of the last `refresh`."""
        return self._picture.rows[y]

    @property
    def above(self) -> int:
        """How many rows have scrolled off the top and are still kept.

        There are none above a full-screen program.
        """
        return self.engine.above

    @property
    def has_dropped(self) -> bool:
        """Whether rows that scrolled off are no longer kept."""
        return self._first_row.place is None

    @property
    def style_table(self) -> StyleTable:
        """The table of the styles, for whoever reads rows beside those of the screen."""
        return self._styles

    def still(self) -> Still:
        """The terminal as it is now, with all that is above the screen."""
        return Still.of(self.engine, self._styles)

    def settle(self) -> None:
        """Nothing has come for a while: have what scrolled off take less memory."""
        if not self._is_compressed:
            self._is_compressed = True
            self.engine.compress()

    @property
    def cursor(self) -> Cursor:
        """The cursor as of the last `refresh`."""
        return self._picture.cursor

    @property
    def styles(self) -> list[Style]:
        """The styles that runs refer to; it only grows within one `styles_epoch`."""
        return self._styles.styles

    @property
    def styles_epoch(self) -> int:
        """Changes when the style table began anew."""
        return self._styles.epoch

    def text(self) -> list[str]:
        """Return the visible screen, a string a row, without trailing blanks."""
        return [
            "".join(run[0] for run in row).rstrip(" ") for row in self._picture.rows
        ]

    def ansi(self) -> str:
        """Return the visible screen with its colours as escape sequences."""
        return to_ansi(self._picture.rows, self.styles)

    def last_line(self) -> str:
        """Return the lowest line that is not blank, trimmed; empty if all are."""
        for row in reversed(self._picture.rows):
            line = "".join(run[0] for run in row).strip()
            if line:
                return line
        return ""

    def last_lines(self, count: int) -> list[str]:
        """Return the last lines that are not blank, of scrollback and screen."""
        engine = self.engine
        first, last = (0, 0), (engine.cols - 1, engine.total - 1)
        text = engine.text_between(first, last, unwrap=False, trim=True)
        lines = [line.rstrip() for line in text.splitlines()]
        return [line for line in lines if line][-count:]

    @property
    def title(self) -> str:
        """The window title that the agent has set."""
        string = self.engine.value(lib.GHOSTTY_TERMINAL_DATA_TITLE, "GhosttyString")
        return "".join(c if c.isprintable() else " " for c in text_of(string)).strip()

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        return self.engine.alternate

    @property
    def mouse(self) -> bool:
        """Whether the agent asked for mouse events."""
        return bool(self.engine.value(lib.GHOSTTY_TERMINAL_DATA_MOUSE_TRACKING, "bool"))

    @property
    def bracketed_paste(self) -> bool:
        """Whether the agent asked to have pastes marked."""
        return self.engine.mode(_BRACKETED_PASTE)

    @property
    def wants_focus(self) -> bool:
        """Whether the agent asked for focus events."""
        return self.engine.mode(_FOCUS_EVENTS)

    @property
    def kitty_flags(self) -> int:
        """The flags of the kitty keyboard protocol that the agent has set."""
        return int(
            self.engine.value(lib.GHOSTTY_TERMINAL_DATA_KITTY_KEYBOARD_FLAGS, "uint8_t")
        )

    def _read_rows(self) -> None:
        dirty = lib.GHOSTTY_RENDER_STATE_DATA_DIRTY
        check(lib.ghostty_render_state_get(self._state, dirty, self._dirty), "dirty")
        count = self.engine.rows
        anew = self._styles.is_full
        if anew:
            self._styles.begin_anew()
        rows = self._picture.rows
        if anew or len(rows) != count:
            rows = self._picture.rows = [()] * count
            self._dirty[0] = lib.GHOSTTY_RENDER_STATE_DIRTY_FULL
            option = lib.GHOSTTY_RENDER_STATE_OPTION_DIRTY
            check(lib.ghostty_render_state_set(self._state, option, self._dirty), "set")
        if self._dirty[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FALSE:
            return
        what = lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR
        check(
            lib.ghostty_render_state_get(self._state, what, self._iterator_holder),
            "rows",
        )
        advance = lib.ghostty_render_state_row_iterator_next_dirty
        while advance(self._iterator, self._y):
            y = self._y[0]
            row = self._reader.read(self._iterator)
            if y < count and row != rows[y]:
                rows[y] = row
        check(lib.ghostty_render_state_clean(self._state), "clean")

    def _read_cursor(self) -> None:
        native = self._native_cursor
        what = lib.GHOSTTY_RENDER_STATE_DATA_CURSOR
        check(lib.ghostty_render_state_get(self._state, what, native), "cursor")
        if native.viewport_has_value:
            x, y = native.viewport_x - bool(native.wide_tail), native.viewport_y
        else:
            x, y = 0, 0
        style = int(native.visual_style)
        cursor = Cursor(
            x,
            y,
            bool(native.visible and native.viewport_has_value),
            _CURSOR_STYLES[style] if 0 <= style < 4 else "block",
        )
        if cursor != self._picture.cursor:
            self._picture.cursor = cursor
