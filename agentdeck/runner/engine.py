"""The terminal engine's raw interface: the only door to libghostty-vt's terminal.

Owns the native terminal, its options and its callbacks. Callbacks only note
what happened, because they run inside the parser: `Screen` reads the notes after
each feed. The one exception is the end of synchronised output, which is told at
once, since the bytes after it may change the picture again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pyghostty._ffi import ffi as _ffi
from pyghostty._ffi import lib as _lib

from agentdeck.runner.errors import RunnerError

ffi: Any = _ffi
lib: Any = _lib

CELL_WIDTH_PX = 8
CELL_HEIGHT_PX = 16
FOREGROUND = (0xD8, 0xDE, 0xE9)
BACKGROUND = (0x14, 0x16, 0x1B)
# Enough for the last lines of a session and for a resize to pull rows back; the
# recording holds the rest. Bytes alone are the limit: once the engine's limit of
# lines is reached it parses a flood seven times slower.
SCROLLBACK_BYTES = 1024 * 1024
APC_BYTES = 64 * 1024
NOTES_LIMIT = 16
TEXT_LIMIT = 4096

_GRAPHEME_CLUSTERS = 2027
_NAME = b"agentdeck"


# The engine takes a struct with a union by value, which libffi cannot pass. As the
# same bytes in a plain struct it can; above 16 bytes both go the same way.
ffi.cdef("typedef struct { int tag; uint64_t row; uint64_t rest; } AgentDeckScroll;")
_scroll_viewport = ffi.cast(
    "void(*)(GhosttyTerminal, AgentDeckScroll)",
    ffi.addressof(lib, "ghostty_terminal_scroll_viewport"),
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


class Notes:
    """What the engine reported since the notes were last taken."""

    __slots__ = ("bell", "notifications", "progress", "replies", "title_changed")

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.bell = False
        self.title_changed = False
        self.notifications: list[tuple[str, str]] = []
        self.progress: tuple[int, int] | None = None


class Engine:
    """One native terminal."""

    def __init__(self, cols: int, rows: int) -> None:
        holder = ffi.new("GhosttyTerminal*")
        check(lib.ghostty_terminal_new(ffi.NULL, holder, cols, rows), "terminal_new")
        self.terminal: Any = ffi.gc(holder[0], lib.ghostty_terminal_free)
        self.cols = cols
        self.rows = rows
        self.notes = Notes()
        self.held_since: float | None = None
        """When synchronised output (mode 2026) began to hold back the picture."""
        self.on_release: Callable[[], None] = _nothing
        """Called inside the parser when a batch of synchronised output ends."""
        self._is_resizing = False
        self._kept: list[Any] = []
        self._set_limits()
        self._set_widths()
        self._set_reports()
        self._set_callbacks()
        self._resize()

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

    def _resize(self) -> None:
        self._is_resizing = True
        try:
            check(
                lib.ghostty_terminal_resize(
                    self.terminal, self.cols, self.rows, CELL_WIDTH_PX, CELL_HEIGHT_PX
                ),
                "resize",
            )
        finally:
            self._is_resizing = False

    def _set(self, name: str, value: Any) -> None:
        option = getattr(lib, f"GHOSTTY_TERMINAL_OPT_{name}")
        check(lib.ghostty_terminal_set(self.terminal, option, value), name)

    def _set_limits(self) -> None:
        self._set("SCROLLBACK_MAX_LINES", ffi.NULL)
        self._set("SCROLLBACK_MAX_BYTES", ffi.new("size_t*", SCROLLBACK_BYTES))
        # No client can show a picture, so the protocol is off as a whole.
        self._set("KITTY_IMAGE_STORAGE_LIMIT", ffi.new("uint64_t*", 0))
        self._set("KITTY_IMAGE_MEDIUM_FILE", ffi.new("bool*", False))
        self._set("KITTY_IMAGE_MEDIUM_TEMP_FILE", ffi.NULL)
        self._set("KITTY_IMAGE_MEDIUM_SHARED_MEM", ffi.new("bool*", False))
        self._set("APC_MAX_BYTES", ffi.new("size_t*", APC_BYTES))
        self._set("GLYPH_PROTOCOL", ffi.new("bool*", False))
        self._set("TITLE_REPORT", ffi.new("bool*", False))

    def _set_widths(self) -> None:
        """Take what belongs together for one character, as agents count it.

        Otherwise a family of four joined people has eight cells, and all that
        stands right of it is somewhere else than the agent believes.
        """
        clusters = ffi.new("GhosttyTerminalModeConfig*")
        clusters.mode, clusters.value = _GRAPHEME_CLUSTERS, True
        self._set("MODE_DEFAULT", clusters)
        self._set("MODE", clusters)

    def _set_reports(self) -> None:
        self._set("COLOR_FOREGROUND", ffi.new("GhosttyColorRgb*", FOREGROUND))
        self._set("COLOR_BACKGROUND", ffi.new("GhosttyColorRgb*", BACKGROUND))
        self._set("COLOR_CURSOR", ffi.new("GhosttyColorRgb*", FOREGROUND))
        name = ffi.new("uint8_t[]", _NAME)
        version = ffi.new("GhosttyString*")
        version.ptr, version.len = name, len(_NAME)
        self._kept += [name, version]
        self._call("XTVERSION", "XtversionFn", lambda _t, _u: version[0])
        self._call("SIZE", "SizeFn", self._fill_size)
        self._call("COLOR_SCHEME", "ColorSchemeFn", _fill_dark)

    def _set_callbacks(self) -> None:
        self._call("WRITE_PTY", "WritePtyFn", self._note_reply)
        self._call("BELL", "BellFn", self._note_bell)
        self._call("TITLE_CHANGED", "TitleChangedFn", self._note_title)
        self._call(
            "DESKTOP_NOTIFICATION", "DesktopNotificationFn", self._note_notification
        )
        self._call("PROGRESS_REPORT", "ProgressReportFn", self._note_progress)
        self._call("RENDER_HOLD", "RenderHoldFn", self._note_hold)

    def _call(self, option: str, kind: str, function: Callable[..., Any]) -> None:
        callback = ffi.callback(f"GhosttyTerminal{kind}", function)
        self._kept.append(callback)
        self._set(option, callback)

    def _fill_size(self, _terminal: Any, _userdata: Any, out: Any) -> bool:
        out.rows, out.columns = self.rows, self.cols
        out.cell_width, out.cell_height = CELL_WIDTH_PX, CELL_HEIGHT_PX
        return True

    def _note_reply(self, _terminal: Any, _userdata: Any, data: Any, size: int) -> None:
        self.notes.replies.append(ffi.buffer(data, size)[:])

    def _note_bell(self, _terminal: Any, _userdata: Any) -> None:
        self.notes.bell = True

    def _note_title(self, _terminal: Any, _userdata: Any) -> None:
        self.notes.title_changed = True

    def _note_notification(self, _terminal: Any, _userdata: Any, note: Any) -> None:
        if len(self.notes.notifications) < NOTES_LIMIT:
            self.notes.notifications.append((text_of(note.title), text_of(note.body)))

    def _note_progress(self, _terminal: Any, _userdata: Any, report: Any) -> None:
        self.notes.progress = (int(report.state), int(report.progress))

    def _note_hold(self, _terminal: Any, _userdata: Any, held: bool) -> None:
        if held:
            self.held_since = time.monotonic()
            return
        self.held_since = None
        # A resize ends a batch too, but half way through the change of size.
        if not self._is_resizing:
            self.on_release()


def _nothing() -> None:
    """Do nothing."""


def _fill_dark(_terminal: Any, _userdata: Any, out: Any) -> bool:
    out[0] = lib.GHOSTTY_COLOR_SCHEME_DARK
    return True
