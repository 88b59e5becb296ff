"""The terminal library's raw interface: the only door to libghostty-vt's terminals.

Holds what any terminal can do: be fed, be read, be copied, have cells followed.
What an agent's terminal answers and reports is in `engine.py`.
"""

from __future__ import annotations

from typing import Any

from pyghostty._ffi import ffi as _ffi
from pyghostty._ffi import lib as _lib

from agentdeck.runner.errors import RunnerError

ffi: Any = _ffi
lib: Any = _lib

CELL_WIDTH_PX = 8
CELL_HEIGHT_PX = 16
TEXT_LIMIT = 4096

_GRAPHEME_CLUSTERS = 2027


# The engine takes structs with a union by value, which libffi cannot pass. As the
# same bytes in a plain struct it can; above 16 bytes both go the same way.
ffi.cdef("""
typedef struct { int tag; uint64_t row; uint64_t rest; } AgentDeckScroll;
typedef struct {
    int tag; int unused; uint16_t x; uint16_t gap; uint32_t y; uint64_t rest;
} AgentDeckPoint;
""")
_scroll_viewport = ffi.cast(
    "void(*)(GhosttyTerminal, AgentDeckScroll)",
    ffi.addressof(lib, "ghostty_terminal_scroll_viewport"),
)
_grid_ref = ffi.cast(
    "GhosttyResult(*)(GhosttyTerminal, AgentDeckPoint, GhosttyGridRef*)",
    ffi.addressof(lib, "ghostty_terminal_grid_ref"),
)
_grid_ref_track = ffi.cast(
    "GhosttyResult(*)(GhosttyTerminal, AgentDeckPoint, GhosttyTrackedGridRef*)",
    ffi.addressof(lib, "ghostty_terminal_grid_ref_track"),
)


def check(result: int, what: str) -> None:
    """Raise `RunnerError` unless an engine call succeeded."""
    if result:
        raise RunnerError(f"The terminal engine refused: {what} gave {result}.")


def new(prefix: str, ctype: str) -> Any:
    """Make one of the engine's objects; it is freed with the result."""
    holder = ffi.new(f"{ctype}*")
    check(getattr(lib, f"{prefix}_new")(ffi.NULL, holder), f"{prefix}_new")
    return ffi.gc(holder[0], getattr(lib, f"{prefix}_free"))


def text_of(string: Any, limit: int = TEXT_LIMIT) -> str:
    """Return a borrowed engine string as text, cut at `limit` bytes."""
    if not string.len:
        return ""
    raw: bytes = ffi.buffer(string.ptr, min(string.len, limit))[:]
    return raw.decode("utf-8", "replace")


def _set_sizes(pointer: Any) -> None:
    """Fill the `size` fields by which the engine tells struct versions apart."""
    kind = ffi.typeof(pointer).item
    for name, member in kind.fields:
        if name == "size":
            pointer.size = ffi.sizeof(kind)
        elif member.type.kind == "struct":
            _set_sizes(ffi.addressof(pointer[0], name))


def _point(x: int, y: int) -> Any:
    return ffi.new("AgentDeckPoint*", [lib.GHOSTTY_POINT_TAG_SCREEN, 0, x, 0, y, 0])[0]


Place = tuple[int, int]
"""A column, and a row counted from the oldest that is kept."""


class Mark:
    """A cell that is found again wherever it went."""

    def __init__(self, native: Any, terminal: Any) -> None:
        def free(native: Any, _kept: Any = terminal) -> None:
            # The terminal has to be there until its marks are gone.
            lib.ghostty_tracked_grid_ref_free(native)

        self._native = ffi.gc(native, free)
        self._at = ffi.new("GhosttyPointCoordinate*")

    @property
    def place(self) -> Place | None:
        """Its column and its row, counted from the oldest; None once it is gone."""
        if not lib.ghostty_tracked_grid_ref_has_value(self._native):
            return None
        tag = lib.GHOSTTY_POINT_TAG_SCREEN
        if lib.ghostty_tracked_grid_ref_point(self._native, tag, self._at):
            return None
        return int(self._at.x), int(self._at.y)


class Terminal:
    """One native terminal that can be read."""

    def __init__(self, native: Any, cols: int, rows: int) -> None:
        self.terminal: Any = ffi.gc(native, lib.ghostty_terminal_free)
        self.cols = cols
        self.rows = rows

    @property
    def above(self) -> int:
        """How many rows there are above the screen."""
        return int(self.value(lib.GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS, "size_t"))

    @property
    def total(self) -> int:
        """How many rows there are with those of the screen."""
        return self.above + self.rows

    @property
    def alternate(self) -> bool:
        """Whether the alternate screen is shown."""
        key = lib.GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN
        active = self.value(key, "GhosttyTerminalScreen")
        return bool(active == lib.GHOSTTY_TERMINAL_SCREEN_ALTERNATE)

    def feed(self, data: Any) -> None:
        """Parse bytes (any object with a buffer) that the agent wrote."""
        view = ffi.from_buffer("uint8_t[]", data)
        lib.ghostty_terminal_vt_write(self.terminal, view, len(view))

    def resize(self, cols: int, rows: int) -> None:
        """Change the size; the primary screen reflows."""
        self.cols, self.rows = cols, rows
        self._resize()

    def look_at(self, row: int | None) -> None:
        """Let the next readings be from a row on, or of the screen itself.

        Args:
            row: Counted from the oldest that is kept; None for the screen.
        """
        tag = lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM
        if row is not None:
            tag = lib.GHOSTTY_SCROLL_VIEWPORT_ROW
        scroll = ffi.new("AgentDeckScroll*", [int(tag), row or 0, 0])
        _scroll_viewport(self.terminal, scroll[0])

    def cell(self, x: int, y: int) -> Any:
        """A reference to a cell, right until the terminal changes.

        Args:
            x: Its column.
            y: Its row, counted from the oldest that is kept.
        """
        found = ffi.new("GhosttyGridRef*")
        found.size = ffi.sizeof("GhosttyGridRef")
        check(_grid_ref(self.terminal, _point(x, y), found), "a cell")
        return found

    def mark(self, x: int, y: int) -> Mark:
        """Have a cell followed, counted like that of `cell`."""
        holder = ffi.new("GhosttyTrackedGridRef*")
        check(_grid_ref_track(self.terminal, _point(x, y), holder), "a mark")
        return Mark(holder[0], self.terminal)

    def text_between(
        self,
        first: Place,
        last: Place,
        *,
        is_block: bool = False,
        unwrap: bool,
        trim: bool,
    ) -> str:
        """The text from one cell to another.

        Args:
            first: The first cell, or a corner of the block.
            last: The last cell, or the corner across.
            is_block: Take of each row only the columns between the two.
            unwrap: Make one line of what the terminal has wrapped.
            trim: Leave out blanks at the ends of lines.
        """
        selection = ffi.new("GhosttySelection*")
        _set_sizes(selection)
        selection.start, selection.end = self.cell(*first)[0], self.cell(*last)[0]
        selection.rectangle = is_block
        options = ffi.new("GhosttyTerminalSelectionFormatOptions*")
        _set_sizes(options)
        options.emit = lib.GHOSTTY_FORMATTER_FORMAT_PLAIN
        options.unwrap, options.trim, options.selection = unwrap, trim, selection
        data, size = ffi.new("uint8_t**"), ffi.new("size_t*")
        render = lib.ghostty_terminal_selection_format_alloc
        check(render(self.terminal, ffi.NULL, options[0], data, size), "format")
        try:
            raw: bytes = ffi.buffer(data[0], size[0])[:] if size[0] else b""
        finally:
            lib.ghostty_free(ffi.NULL, data[0], size[0])
        return raw.decode("utf-8", "replace")

    def value(self, key: int, ctype: str) -> Any:
        """Return one value that the engine holds."""
        out = ffi.new(f"{ctype}*")
        check(lib.ghostty_terminal_get(self.terminal, key, out), f"get {key}")
        return out[0]

    def mode(self, number: int) -> bool:
        """Return whether a DEC private mode is set."""
        config = ffi.new("GhosttyTerminalModeConfig*")
        config.mode = number
        key = lib.GHOSTTY_TERMINAL_DATA_MODE
        check(lib.ghostty_terminal_get(self.terminal, key, config), f"mode {number}")
        return bool(config.value)

    def keep(self, size: int) -> None:
        """Keep rows above the screen, up to so many bytes of them."""
        self._set("SCROLLBACK_MAX_LINES", ffi.NULL)
        self._set("SCROLLBACK_MAX_BYTES", ffi.new("size_t*", size))

    def compress(self) -> None:
        """Have what scrolled off take little memory until it is read again."""
        full = lib.GHOSTTY_TERMINAL_COMPRESSION_MODE_FULL
        done = ffi.new("GhosttyTerminalCompressionResult*")
        check(lib.ghostty_terminal_compress(self.terminal, full, done), "compress")

    def _resize(self) -> None:
        check(
            lib.ghostty_terminal_resize(
                self.terminal, self.cols, self.rows, CELL_WIDTH_PX, CELL_HEIGHT_PX
            ),
            "resize",
        )

    def _set(self, name: str, value: Any) -> None:
        option = getattr(lib, f"GHOSTTY_TERMINAL_OPT_{name}")
        check(lib.ghostty_terminal_set(self.terminal, option, value), name)

    def count_clusters(self) -> None:
        """Take what belongs together for one character, as agents count it.

        Otherwise a family of four joined people has eight cells, and all that
        stands right of it is somewhere else than the agent believes.
        """
        clusters = ffi.new("GhosttyTerminalModeConfig*")
        clusters.mode, clusters.value = _GRAPHEME_CLUSTERS, True
        self._set("MODE_DEFAULT", clusters)
        self._set("MODE", clusters)


def new_terminal(cols: int, rows: int) -> Any:
    """Make a native terminal, which its owner frees."""
    holder = ffi.new("GhosttyTerminal*")
    check(lib.ghostty_terminal_new(ffi.NULL, holder, cols, rows), "terminal_new")
    return holder[0]


def copy_of(terminal: Terminal) -> Any:
    """Make a native terminal that is as another one is now; its owner frees it."""
    data, size = ffi.new("uint8_t**"), ffi.new("size_t*")
    encode = lib.ghostty_snapshot_encode_alloc
    check(encode(terminal.terminal, ffi.NULL, data, size), "snapshot")
    try:
        decoder = ffi.new("GhosttySnapshotDecoder*")
        make = lib.ghostty_snapshot_decoder_new_buf
        check(make(ffi.NULL, decoder, data[0], size[0]), "snapshot decoder")
        try:
            holder = ffi.new("GhosttyTerminal*")
            decode = lib.ghostty_snapshot_decoder_decode
            check(decode(decoder[0], holder), "snapshot decode")
        finally:
            lib.ghostty_snapshot_decoder_free(decoder[0])
    finally:
        lib.ghostty_free(ffi.NULL, data[0], size[0])
    return holder[0]
