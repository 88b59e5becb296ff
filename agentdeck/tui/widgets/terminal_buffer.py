"""What a session's terminal shows: frames in, strips out. No widget here.

A row is drawn again only when a frame brought it again; the cursor is laid over
the finished row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agentdeck.tui.look import Look
from agentdeck.tui.printable import fit_to_cells
from agentdeck.tui.widgets.terminal_palette import Palette, style_from

BLOCK_CURSOR = Style(reverse=True)
LINE_CURSOR = Style(underline=True, bold=True)


Spans = dict[int, list[tuple[int, int, int]]]
"""For each row the columns that lie between two, and what they are."""


class Scrolled(NamedTuple):
    """How far a terminal is scrolled back."""

    up: int
    """Rows above the newest."""
    has_news: bool
    """Whether more came below since."""
    limit: str = ""
    """What is to know at the top: `reading`, `log`, or nothing."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Styles over cells: what is selected, what was found, and the current match."""

    styles: tuple[Style, Style, Style]

    @classmethod
    def of(cls, look: Look) -> Overlay:
        """The overlay of a look."""
        found = Style(bgcolor=look.found)
        current = Style(color=look.background, bgcolor=look.warning, bold=True)
        return cls((Style(bgcolor=look.selection), found, current))


@dataclass(frozen=True, slots=True)
class Copy:
    """What a frame says of copy mode."""

    kind: str = ""
    """How is selected; empty if nothing is."""
    query: str = ""
    number: int | None = None
    """The number of the current match."""
    count: int | None = None
    link: str = ""
    """Where the link under the cursor leads."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Copy:
        """Read it."""
        number, count = values.get("match") or (None, None)
        kind, query, link = (
            str(values.get(k) or "") for k in ("kind", "query", "link")
        )
        return cls(kind, query, number, count, link)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the cursor is, in cells from the top left."""

    x: int = 0
    y: int = 0
    is_visible: bool = False


class TerminalBuffer:
    """The rows of one terminal."""

    def __init__(
        self,
        palette: Palette,
        *,
        base: Style | None = None,
        ascii_only: bool = False,
        overlay: Overlay | None = None,
    ) -> None:
        self._palette = palette
        self._overlay = overlay
        self._spans: Spans = {}
        self.copy: Copy | None = None
        """What is selected and searched, in copy mode."""
        self._base = base or Style.null()
        """What lies under every cell."""
        self._width = 0
        """Rows are filled up to this many cells."""
        self._ascii_only = ascii_only
        self._entries: list[Any] = []
        self._styles: list[Style | None] = []
        self._rows: dict[int, list[Any]] = {}
        self._strips: dict[int, Strip] = {}
        self.cols = 0
        self.rows = 0
        self.cursor = Cursor()
        self.title = ""
        self.mouse = 0
        self.has_history = True
        """Whether it is not a full-screen program, which has none."""
        self.scrolled: Scrolled | None = None
        self.has_frame = False

    def wear(self, palette: Palette, base: Style, overlay: Overlay) -> None:
        """Draw in other colours."""
        self._palette, self._base, self._overlay = palette, base, overlay
        self._styles = [None] * len(self._entries)
        self._strips.clear()

    def apply(self, frame: dict[str, Any]) -> set[int] | None:
        """Take a frame in; gives the rows to draw again, or None for all."""
        size = (frame["cols"], frame["rows"])
        whole = bool(frame.get("full")) or size != (self.cols, self.rows)
        self.cols, self.rows = size
        self._take_styles(frame.get("styles") or [], frame.get("styles_from", 0))
        if frame.get("full"):
            self._rows.clear()
            self._strips.clear()
        changed: set[int] = set()
        for key, runs in (frame.get("rows_changed") or {}).items():
            y = int(key)
            self._rows[y] = runs
            self._strips.pop(y, None)
            changed.add(y)
        changed |= self._move_cursor(frame.get("cursor"))
        self.title = str(frame.get("title") or "")
        self.has_history = not frame.get("alternate")
        self.mouse = int(frame.get("mouse") or 0)
        up = frame.get("scrolled")
        self.scrolled = Scrolled(*up) if up else None
        changed |= self._take_copy(frame.get("copy"))
        self.has_frame = True
        return None if whole else changed

    def _take_styles(self, styles: list[Any], start: int) -> None:
        del self._entries[start:]
        del self._styles[start:]
        self._entries += styles
        self._styles += [None] * len(styles)

    def _move_cursor(self, values: Any) -> set[int]:
        before = self.cursor
        if values:
            self.cursor = Cursor(int(values[0]), int(values[1]), bool(values[2]))
        return set() if before == self.cursor else {before.y, self.cursor.y}

    def _take_copy(self, values: Mapping[str, Any] | None) -> set[int]:
        """Take what is selected and found; gives the rows where that changed."""
        before, self._spans = self._spans, {}
        self.copy = Copy.of(values) if values else None
        for y, x0, x1, kind in (values or {}).get("spans") or ():
            self._spans.setdefault(y, []).append((x0, x1, kind))
        rows = before.keys() | self._spans.keys()
        return {y for y in rows if before.get(y) != self._spans.get(y)}

    def origin(self, width: int, height: int) -> tuple[int, int]:
        """The first cell that a pane of this size shows.

        That is the part with the last text, and with the cursor in any case.
        """
        if width != self._width:
            self._width = width
            self._strips.clear()
        x = y = 0
        if self.rows > height:
            cursor = self.cursor
            last = max((row for row, runs in self._rows.items() if runs), default=0)
            y = max(0, max(last, cursor.y if cursor.is_visible else 0) + 1 - height)
            if cursor.is_visible:
                y = min(y, cursor.y)
        if self.cols > width and self.cursor.is_visible and self.cursor.x >= width:
            x = min(self.cursor.x - width + 1, self.cols - width)
        return x, y

    def first_rows(self, count: int) -> list[str]:
        """The text of the first rows."""
        return [
            "".join(run[0] for run in self._rows.get(y) or ()) for y in range(count)
        ]

    def row(self, y: int) -> Strip:
        """A row without the cursor; the same object as long as nothing changed."""
        strip = self._strips.get(y)
        if strip is None:
            segments = list(self._segments(self._rows.get(y) or ()))
            cells = sum(segment.cell_length for segment in segments)
            if cells < self._width:
                segments.append(Segment(" " * (self._width - cells), self._base))
                cells = self._width
            strip = self._strips[y] = Strip(segments, cells)
        return strip

    def row_with_cursor(self, y: int, *, focused: bool) -> Strip:
        """A row, with the cursor where it is on this row."""
        strip = self.row(y)
        if y in self._spans:
            strip = self._overlaid(strip, self._spans[y])
        cursor = self.cursor
        if not cursor.is_visible or cursor.y != y:
            return strip
        style = BLOCK_CURSOR if focused else LINE_CURSOR
        strip = strip.adjust_cell_length(max(strip.cell_length, cursor.x + 1))
        before, rest = strip.crop(0, cursor.x), strip.crop(cursor.x)
        first = next(iter(rest), None)
        size = max(1, cell_len(first.text[:1])) if first is not None else 1
        under = Strip(
            Segment(segment.text, (segment.style or Style()) + style)
            for segment in rest.crop(0, size)
        )
        return Strip.join([before, under, rest.crop(size)])

    def _overlaid(self, strip: Strip, spans: list[tuple[int, int, int]]) -> Strip:
        styles = self._overlay.styles if self._overlay else (BLOCK_CURSOR,) * 3
        for x0, x1, kind in spans:
            wide = max(strip.cell_length, x1)
            strip = strip.adjust_cell_length(wide, self._base)
            under = Strip(
                Segment(segment.text, (segment.style or Style()) + styles[kind])
                for segment in strip.crop(x0, x1)
            )
            strip = Strip.join([strip.crop(0, x0), under, strip.crop(x1)])
        return strip

    def _segments(self, runs: Iterable[Any]) -> Iterable[Segment]:
        ascii_only = self._ascii_only
        for run in runs:
            text = run[0]
            cells = run[2] if len(run) > 2 else None
            if not text.isascii() or not text.isprintable():
                text = fit_to_cells(text, cells, ascii_only=ascii_only)
            if text:
                yield Segment(text, self._style(run[1]))

    def _style(self, index: int) -> Style:
        if not 0 <= index < len(self._entries):
            return self._base
        style = self._styles[index]
        if style is None:
            own = style_from(self._entries[index], self._palette)
            style = self._styles[index] = self._base + own
        return style
