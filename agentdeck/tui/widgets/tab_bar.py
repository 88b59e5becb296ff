"""The row of tabs over a session's details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.tui.look import Look


class TabBar(Widget):
    """Names side by side; where there is no room for all, those around the current."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "TabBar { height: 1; background: $panel; }"

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        widget: TabBar
        tab: str

    def __init__(self, look: Look, tabs: Sequence[str], current: str) -> None:
        super().__init__()
        self._look = look
        self._tabs = tuple(tabs)
        self.current = current
        self._places: list[tuple[int, int, str]] = []

    def show(self, current: str) -> None:
        """Show which one is current."""
        if current != self.current:
            self.current = current
            self.refresh()

    def render_line(self, y: int) -> Strip:
        look, width = self._look, self.size.width
        segments, x = [Segment(" ", look.style("text", "bar"))], 1
        self._places = []
        for tab in self._shown(width - 2):
            is_current = tab == self.current
            style = (
                look.style("accent", "bar", bold=True)
                if is_current
                else look.style("muted", "bar")
            )
            segments.append(Segment(tab, style))
            segments.append(Segment("  ", look.style("text", "bar")))
            self._places.append((x, x + len(tab), tab))
            x += len(tab) + 2
        return Strip(segments).adjust_cell_length(width, look.style("text", "bar"))

    def _shown(self, width: int) -> tuple[str, ...]:
        first, last = 0, len(self._tabs)
        here = self._tabs.index(self.current)
        while last - first > 1:
            needed = sum(len(tab) + 2 for tab in self._tabs[first:last]) - 2
            if needed <= width:
                break
            if here - first > last - 1 - here:
                first += 1
            else:
                last -= 1
        return self._tabs[first:last]

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for start, end, tab in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(self, tab))
