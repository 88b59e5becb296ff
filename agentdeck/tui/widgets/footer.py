"""The line at the bottom: the keys of the moment, cut between two keys."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.tui.actions import plain_key
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does now. Without an action it cannot be clicked."""

    key: str
    title: str
    action: str = ""


class KeyBar(Widget):
    """Hints from the left, as many as fit whole; an optional lead text before."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "KeyBar { height: 1; background: $panel; }"

    @dataclass
    class HintClicked(Message):
        """A hint was clicked."""

        widget: KeyBar
        action: str

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._lead = ""
        self._hints: tuple[Hint, ...] = ()
        self._places: list[tuple[int, int, str]] = []

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.refresh()

    def show_hints(self, hints: tuple[Hint, ...], lead: str = "") -> None:
        """Show these keys."""
        if (hints, lead) != (self._hints, self._lead):
            self._hints, self._lead = hints, lead
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, look = self.size.width, self._look
        segments = [Segment(" ", look.style("text", "bar"))]
        x = 1
        ascii_only = look.glyphs.is_ascii
        if self._lead:
            lead = cut(one_line(self._lead, ascii_only=ascii_only), width - 2)
            segments.append(
                Segment(lead + "  ", look.style("accent", "bar", bold=True))
            )
            x += cell_len(lead) + 2
        self._places = []
        for hint in self._hints:
            key = one_line(plain_key(hint.key) if ascii_only else hint.key)
            title = one_line(hint.title, ascii_only=ascii_only)
            size = cell_len(key) + 1 + cell_len(title)
            if x + size > width:
                break
            segments.append(Segment(key, look.style("primary", "bar", bold=True)))
            segments.append(Segment(f" {title}  ", look.style("muted", "bar")))
            self._places.append((x, x + size, hint.action))
            x += size + 2
        return Strip(segments).adjust_cell_length(width, look.style("text", "bar"))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for start, end, action in self._places:
            if start <= event.x < end and action:
                self.post_message(self.HintClicked(self, action))
