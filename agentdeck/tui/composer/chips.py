"""A row of chips: what is chosen beside the prompt, each with the letter of its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line

LEAST_VALUE = 3
MOST_OF_MANY = 10
"""Where chips need several rows, their values have so many cells."""
GAP = 2


@dataclass(frozen=True, slots=True)
class Chip:
    """One chip. Without a value its label stands alone, for what is usual."""

    name: str
    label: str
    hot: int = -1
    """The place in the label of the letter that chooses it with Alt."""
    value: str = ""


def rows_of(chips: Sequence[Chip], width: int) -> list[list[Chip]]:
    """The chips in as many rows as they need.

    The longest values are cut until all fit into one row; where even their shortest
    forms do not, they take several.
    """
    values = [one_line(chip.value) for chip in chips]
    shown = [cell_len(value) for value in values]
    labels = [cell_len(chip.label) for chip in chips]
    room = width - sum(labels) - sum(map(bool, values))
    room -= GAP * max(0, len(chips) - 1)
    while sum(shown) > room and max(shown, default=0) > LEAST_VALUE:
        shown[shown.index(max(shown))] -= 1
    if sum(shown) > room:
        shown = [min(cell_len(value), MOST_OF_MANY) for value in values]
    rows: list[list[Chip]] = [[]]
    left = width
    for chip, value, cells in zip(chips, values, shown, strict=True):
        fitting = Chip(chip.name, chip.label, chip.hot, cut(value, cells))
        size = cell_len(chip.label) + (1 + cells if value else 0)
        if rows[-1] and size > left:
            rows.append([])
            left = width
        rows[-1].append(fitting)
        left -= size + GAP
    return rows


class ChipRow(Widget, can_focus=True):
    """Chips; the arrows go among them, Enter or any letter opens one."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "ChipRow { height: auto; }"

    @dataclass
    class Opened(Message):
        """A chip was chosen to be changed, perhaps by typing into it."""

        row: ChipRow
        name: str
        typed: str = ""

        @property
        def control(self) -> ChipRow:
            """The row."""
            return self.row

    @dataclass
    class Removed(Message):
        """A chip was to be taken away."""

        row: ChipRow
        name: str

        @property
        def control(self) -> ChipRow:
            """The row."""
            return self.row

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._chips: tuple[Chip, ...] = ()
        self._at = 0
        self._places: list[tuple[int, int, int, str]] = []

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.refresh()

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Show these chips."""
        if tuple(chips) != self._chips:
            self._chips = tuple(chips)
            self._at = min(self._at, max(0, len(chips) - 1))
            self._places = []
            self.refresh(layout=True)

    @property
    def text(self) -> str:
        """What is drawn, without colours."""
        lines = range(len(rows_of(self._chips, self.size.width)))
        return "\n".join(self.render_line(y).text for y in lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(rows_of(self._chips, width))

    def render_line(self, y: int) -> Strip:
        look, width = self._look, self.size.width
        rows = rows_of(self._chips, width)
        segments: list[Segment] = []
        x = 0
        self._places = [place for place in self._places if place[0] != y]
        for n, chip in enumerate(rows[y] if y < len(rows) else []):
            if n:
                segments.append(Segment(" " * GAP))
                x += GAP
            is_current = self.has_focus and chip.name == self._chips[self._at].name
            ground = Style(bgcolor=look.cursor) if is_current else Style()
            parts = self._parts(chip)
            size = sum(cell_len(part.text) for part in parts)
            segments += [Segment(p.text, (p.style or Style()) + ground) for p in parts]
            self._places.append((y, x, x + size, chip.name))
            x += size
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _parts(self, chip: Chip) -> list[Segment]:
        look, label, hot = self._look, chip.label, chip.hot
        ascii_only = look.glyphs.is_ascii
        muted = look.style("muted")
        parts = [Segment(label, muted)]
        if hot >= 0:
            key = look.style("primary", bold=True) + Style(underline=True)
            parts = [
                Segment(label[:hot], muted),
                Segment(label[hot], key),
                Segment(label[hot + 1 :], muted),
            ]
        if chip.value:
            value = one_line(chip.value, ascii_only=ascii_only)
            parts.append(Segment(f" {value}", look.style("bright", bold=True)))
        return parts

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for y, start, end, name in self._places:
            if y == event.y and start <= event.x < end:
                self.post_message(self.Opened(self, name))

    def on_key(self, event: events.Key) -> None:
        if not self._chips or event.key.startswith("alt+"):
            return
        key, name = event.key, self._chips[self._at].name
        if key in ("left", "right"):
            step = 1 if key == "right" else -1
            self._at = (self._at + step) % len(self._chips)
            self.refresh()
        elif key in ("enter", "space", "down"):
            self.post_message(self.Opened(self, name))
        elif key in ("delete", "backspace"):
            self.post_message(self.Removed(self, name))
        elif event.is_printable and event.character:
            self.post_message(self.Opened(self, name, event.character))
        else:
            return
        event.stop()
        event.prevent_default()
