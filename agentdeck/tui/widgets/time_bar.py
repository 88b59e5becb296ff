"""A bar of time with marks, to see where a replay stands and to drag it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.tui.look import Look


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time of the replay."""

    at: float
    kind: str
    """`prompt`, `commit`, `exit` or `pause`."""
    label: str = ""


_SIGNS = {
    "pause": ("┊", ":"),
    "prompt": ("▸", ">"),
    "commit": ("◆", "@"),
    "exit": ("■", "#"),
}
_COLOURS = {
    "pause": "faint",
    "prompt": "primary",
    "commit": "success",
    "exit": "warning",
}


class TimeBar(Widget):
    """The time played and to come above, the marks beneath."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "TimeBar { height: 2; margin: 0 1; background: $background; }"

    @dataclass
    class Sought(Message):
        """The person wants the replay at this time."""

        at: float

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._at = 0.0
        self._duration = 0.0
        self._marks: Sequence[Mark] = ()
        self._is_dragged = False

    def show_time(self, at: float, duration: float) -> None:
        """Show where the replay stands."""
        before = (self._place(self._at), self._duration)
        self._at, self._duration = at, duration
        if (self._place(at), duration) != before:
            self.refresh()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show what happened when."""
        self._marks = marks
        self.refresh()

    def _place(self, at: float) -> int:
        last = max(1, self.size.width) - 1
        share = at / self._duration if self._duration else 0.0
        return min(last, max(0, round(share * last)))

    def render_line(self, y: int) -> Strip:
        return self._line(y).apply_style(self.rich_style)

    def _line(self, y: int) -> Strip:
        width, look = self.size.width, self._look
        plain = look.glyphs.is_ascii
        if y == 0:
            here = self._place(self._at)
            done, rest, head = ("=", "-", "O") if plain else ("━", "─", "●")
            return Strip(
                [
                    Segment(done * here, look.style("primary")),
                    Segment(head, look.style("bright", bold=True)),
                    Segment(rest * (width - here - 1), look.style("faint")),
                ]
            )
        cells = [Segment(" ")] * width
        # What matters more comes later and is seen where two share a cell.
        for mark in sorted(self._marks, key=lambda mark: list(_SIGNS).index(mark.kind)):
            sign = _SIGNS[mark.kind][plain]
            cells[self._place(mark.at)] = Segment(sign, look.style(_COLOURS[mark.kind]))
        return Strip(cells[:width])

    def _seek(self, event: events.MouseEvent) -> None:
        event.stop()
        last = max(1, self.size.width - 1)
        share = min(last, max(0, event.x)) / last
        self.post_message(self.Sought(share * self._duration))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._is_dragged = True
        self.capture_mouse()
        self._seek(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._is_dragged:
            self._seek(event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self._is_dragged = False
        self.release_mouse()
