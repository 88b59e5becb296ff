"""Our own way from bytes to cells: engine, screen, frames, wire, strips."""

from __future__ import annotations

import json
from typing import Any

from rich.style import Style

from agentdeck.runner.frames import Subscription
from agentdeck.runner.screen import Screen
from agentdeck.tui.widgets.terminal_buffer import TerminalBuffer
from agentdeck.tui.widgets.terminal_palette import palette_for
from tests.conformance.grid import PLAIN, Grid, Look, Row, cells_of

PALETTE = palette_for(dark=True, foreground="#d0d1d2", background="#101112")
_FLAGS = ("bold", "italic", "underline", "blink", "strike", "overline")


class Pane:
    """A runner's screen and a client's buffer, joined by frames as on the wire."""

    def __init__(self, cols: int, rows: int) -> None:
        self.screen = Screen(cols, rows)
        self.buffer = TerminalBuffer(PALETTE)
        self._subscription = Subscription()

    def feed(self, data: bytes) -> None:
        """Take what a program wrote."""
        self.screen.feed(data)

    def resize(self, cols: int, rows: int) -> None:
        """Change the size."""
        self.screen.resize(cols, rows)

    def show(self) -> None:
        """Bring the client up to date by a frame, if there is anything new."""
        self.screen.refresh()
        frame = self._subscription.next_frame(self.screen)
        if frame is not None:
            over_the_wire: dict[str, Any] = json.loads(json.dumps(frame))
            self.buffer.apply(over_the_wire)
            self._subscription.acknowledge(over_the_wire["n"])

    def grid(self) -> Grid:
        """What the pane shows now."""
        self.show()
        buffer = self.buffer
        cursor = buffer.cursor
        return Grid(
            [self._row(y) for y in range(buffer.rows)],
            (cursor.x, cursor.y),
            cursor.is_visible,
        )

    def _row(self, y: int) -> Row:
        row: Row = []
        for segment in self.buffer.row(y):
            row += cells_of(segment.text, _look(segment.style))
        return row


def _look(style: Style | None) -> Look:
    if not style:
        return PLAIN
    colours = [
        None if colour is None else tuple(colour.get_truecolor())
        for colour in (style.color, style.bgcolor)
    ]
    flags = {flag for flag in _FLAGS if getattr(style, flag)}
    if style.underline2:
        flags.add("double")
    return Look(colours[0], colours[1], frozenset(flags))
