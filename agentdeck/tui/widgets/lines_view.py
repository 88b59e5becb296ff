"""A long text, of which only the lines that are seen are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.tui.printable import cell_text

MAX_COLUMNS = 4000
"""Longer lines are cut: one line of a minified file must not cost seconds."""
_MEASURED = 2000

StyleOf = Callable[[str], Style]


class LinesView(ScrollView, can_focus=True):
    """Lines of text, each in one style, that scroll both ways."""

    DEFAULT_CSS = """
    LinesView { height: 1fr; background: $background; scrollbar-size: 1 1; }
    """

    def __init__(
        self,
        style_of: StyleOf,
        *,
        ascii_only: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._style_of = style_of
        self._ascii_only = ascii_only
        self._lines: Sequence[str] = ()
        self._strips: dict[int, Strip] = {}

    def show_lines(self, lines: Sequence[str]) -> None:
        """Show these lines from the top."""
        self._lines = lines
        self._strips.clear()
        self._fit()
        self.refresh()

    def add_lines(self, lines: Sequence[str]) -> None:
        """Show more lines beneath; a view at the end stays at the end."""
        at_end = self.scroll_offset.y >= self.max_scroll_y - 1
        self._lines = [*self._lines, *lines]
        self._fit()
        self.refresh()
        if at_end:
            self.scroll_end(animate=False, force=True)

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def _fit(self) -> None:
        # The longest by characters is near enough to the widest for scrolling.
        longest = sorted(self._lines, key=len)[-5:] if self._lines else []
        widest = max(
            (cell_len(line[:MAX_COLUMNS].expandtabs(4)) for line in longest), default=0
        )
        self.virtual_size = Size(min(widest + 2, MAX_COLUMNS), len(self._lines))

    def render_line(self, y: int) -> Strip:
        x, top = self.scroll_offset
        index, width = y + top, self.size.width
        if index >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = self._strips.get(index)
        if strip is None:
            line = self._lines[index]
            text = " " + cell_text(line[:MAX_COLUMNS], ascii_only=self._ascii_only)
            strip = Strip([Segment(text, self._style_of(line))])
            if len(self._strips) > _MEASURED:
                self._strips.clear()
            self._strips[index] = strip
        return strip.crop_extend(x, x + width, self.rich_style).apply_style(
            self.rich_style
        )
