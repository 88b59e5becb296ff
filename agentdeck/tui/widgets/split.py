"""The line between list and terminal, which the mouse can move."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget


class Divider(Widget):
    """One column. Dragging it says where it should be."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Divider { width: 1; height: 1fr; color: $background; background: $background; }
    Divider:hover { color: $primary; }
    Divider.-dragged { color: $accent; }
    """

    @dataclass
    class Dragged(Message):
        """The line was dragged to a column of the screen."""

        widget: Divider
        x: int

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, Divider.Dragged)

    def __init__(self, glyph: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyph = glyph

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(self._glyph, self.rich_style)], 1)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self.release_mouse()
        self.remove_class("-dragged")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.has_class("-dragged"):
            event.stop()
            self.post_message(self.Dragged(self, event.screen_x))
