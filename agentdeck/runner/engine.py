"""The terminal engine of an agent.

Owns its terminal, the terminal's options and its callbacks. Callbacks only note
what happened, because they run inside the parser: `Screen` reads the notes after
each feed. The one exception is the end of synchronised output, which is told at
once, since the bytes after it may change the picture again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agentdeck.runner.native import (
    CELL_HEIGHT_PX,
    CELL_WIDTH_PX,
    Terminal,
    ffi,
    lib,
    new_terminal,
    text_of,
)

FOREGROUND = (0xD8, 0xDE, 0xE9)
BACKGROUND = (0x14, 0x16, 0x1B)
# Some four thousand rows of 100 columns; the recording holds the rest. What is full
# shrinks to a tenth as soon as output has settled (`compress`). Bytes alone are the
# limit: once the engine's limit of lines is reached it parses a flood seven times
# slower.
SCROLLBACK_BYTES = 4 * 1024 * 1024
APC_BYTES = 64 * 1024
NOTES_LIMIT = 16
_NAME = b"agentdeck"


class Notes:
    """What the engine reported since the notes were last taken."""

    __slots__ = ("bell", "notifications", "progress", "replies", "title_changed")

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.bell = False
        self.title_changed = False
        self.notifications: list[tuple[str, str]] = []
        self.progress: tuple[int, int] | None = None


class Engine(Terminal):
    """The terminal of an agent, which answers and reports what it was told."""

    def __init__(self, cols: int, rows: int) -> None:
        super().__init__(new_terminal(cols, rows), cols, rows)
        self.notes = Notes()
        self.held_since: float | None = None
        """When synchronised output (mode 2026) began to hold back the picture."""
        self.on_release: Callable[[], None] = _nothing
        """Called inside the parser when a batch of synchronised output ends."""
        self._is_resizing = False
        self._kept: list[Any] = []
        self._set_limits()
        self.count_clusters()
        self._set_reports()
        self._set_callbacks()
        self._resize()

    def _resize(self) -> None:
        self._is_resizing = True
        try:
            super()._resize()
        finally:
            self._is_resizing = False

    def _set_limits(self) -> None:
        self.keep(SCROLLBACK_BYTES)
        # No client can show a picture, so the protocol is off as a whole.
        self._set("KITTY_IMAGE_STORAGE_LIMIT", ffi.new("uint64_t*", 0))
        self._set("KITTY_IMAGE_MEDIUM_FILE", ffi.new("bool*", False))
        self._set("KITTY_IMAGE_MEDIUM_TEMP_FILE", ffi.NULL)
        self._set("KITTY_IMAGE_MEDIUM_SHARED_MEM", ffi.new("bool*", False))
        self._set("APC_MAX_BYTES", ffi.new("size_t*", APC_BYTES))
        self._set("GLYPH_PROTOCOL", ffi.new("bool*", False))
        self._set("TITLE_REPORT", ffi.new("bool*", False))

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
