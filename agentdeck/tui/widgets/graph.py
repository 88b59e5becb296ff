"""A run's graph: boxes in columns, live states in them, and a cursor on one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.core.pipeline_drawing import BOX_HEIGHT, Cell, Drawing, Node, draw
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line


@dataclass(frozen=True, slots=True)
class Shown:
    """What a box says, and in which colours."""

    after: tuple[str, ...]
    sign: str
    line: str
    more: str
    """Stands behind the line where there is room for it."""
    colour: str
    is_begun: bool


class Graph(ScrollView, can_focus=True):
    """The graph. The cursor goes from box to box."""

    DEFAULT_CSS = """
    Graph { height: 1fr; background: $background; scrollbar-size: 1 1; padding: 0; }
    """

    cursor: reactive[str] = reactive("")

    class StepChanged(Message):
        """The cursor is on another step."""

    @dataclass
    class StepClicked(Message):
        """A step was clicked that the cursor was on."""

        widget: Graph

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._shown: Mapping[str, Shown] = {}
        self._drawing: Drawing | None = None
        self._drawn_for: object = None

    def show(self, steps: Mapping[str, Shown]) -> None:
        """Show steps, each behind those that it is after."""
        self._shown = steps
        self._arrange()

    def go(self, columns: int, rows: int) -> None:
        """Move the cursor by a column or a row, as far as there are any."""
        if self._drawing is not None and self.cursor in self._drawing.boxes:
            self.cursor = self._drawing.beside(self.cursor, columns, rows)

    @property
    def _left(self) -> int:
        """Columns left of the graph where it is narrower than the widget."""
        spare = self.size.width - (self._drawing.width if self._drawing else 0)
        return max(0, spare // 2)

    @property
    def _top(self) -> int:
        """Rows above the graph where it is lower than the widget."""
        spare = self.size.height - (self._drawing.height if self._drawing else 0)
        return max(0, spare // 2)

    def _arrange(self) -> None:
        """Draw anew where boxes or the room changed; else only what stands in them."""
        width = max(20, self.size.width - 2)
        wanted = [
            Node(name, each.after, max(len(name) + 2, _wanted(each), 12))
            for name, each in self._shown.items()
        ]
        # What a box says may grow and shrink with each second; its width may not.
        key = (
            width,
            tuple((n.name, n.after) for n in wanted),
            self._look.glyphs.is_ascii,
        )
        if self._drawn_for != key or self._is_outgrown(wanted):
            self._drawn_for = key
            self._drawing = draw(wanted, width, ascii_only=self._look.glyphs.is_ascii)
            self.virtual_size = Size(self._drawing.width, self._drawing.height)
        self.refresh()

    def _is_outgrown(self, wanted: list[Node]) -> bool:
        boxes = self._drawing.boxes if self._drawing else {}
        return any(node.name not in boxes for node in wanted)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()
        self._reveal()

    def watch_cursor(self) -> None:
        self._reveal()
        self.refresh()
        self.post_message(self.StepChanged())

    def _reveal(self) -> None:
        box = self._drawing.boxes.get(self.cursor) if self._drawing else None
        if box is not None:
            target = Region(box.x, box.y, box.width, BOX_HEIGHT)
            self.scroll_to_region(target, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        x, y = self.scroll_offset
        name = self._box_at(event.x + x - self._left, event.y + y - self._top)
        if name == self.cursor:
            self.post_message(self.StepClicked(self))
        elif name:
            self.cursor = name

    def _box_at(self, x: int, y: int) -> str:
        for name, box in (self._drawing.boxes if self._drawing else {}).items():
            if box.x <= x < box.x + box.width and box.y <= y < box.y + BOX_HEIGHT:
                return name
        return ""

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        x, top = self.scroll_offset
        drawing, row = self._drawing, y + top - self._top
        empty = self._look.style("text", "background")
        if drawing is None or not 0 <= row < drawing.height:
            return Strip.blank(width, empty)
        segments = [Segment(" " * self._left, empty)]
        at = 0
        while at < drawing.width:
            cell = drawing.cells.get((at, row))
            if cell is None:
                inside = self._inside(at, row)
                segments += inside or [Segment(" ", empty)]
                at += sum(segment.cell_length for segment in inside) or 1
                continue
            segments.append(Segment(cell.sign, self._style_of(cell)))
            at += 1
        strip = Strip(segments).crop(x, x + width)
        return strip.adjust_cell_length(width, empty)

    def _inside(self, x: int, row: int) -> list[Segment]:
        """A line of text in a box, if one begins here."""
        drawing = self._drawing
        assert drawing is not None
        for name, box in drawing.boxes.items():
            if box.x + 1 == x and box.y < row < box.y + BOX_HEIGHT - 1:
                return self._text(name, row - box.y, box.width - 2)
        return []

    def _text(self, name: str, line: int, room: int) -> list[Segment]:
        look, step = self._look, self._shown[name]
        glyphs = look.glyphs
        ground = "background"
        if name == self.cursor:
            ground = "cursor" if self.has_focus else "cursor_blurred"
        fill = look.style("text", ground)
        bar = glyphs.bar if name == self.cursor else " "
        edge = Segment(bar, look.style("primary", ground))
        if line == 1:
            sign = Segment(f"{step.sign} ", look.style(step.colour, ground, bold=True))
            text = cut(
                one_line(name, ascii_only=glyphs.is_ascii), room - 4, more=glyphs.more
            )
            bold = name == self.cursor
            parts = [edge, sign, Segment(text, look.style("bright", ground, bold=bold))]
        else:
            is_whole = _wanted(step) <= room - 2
            text = f"{step.line} {step.more}" if is_whole else step.line
            text = one_line(text, ascii_only=glyphs.is_ascii)
            text = cut(text, room - 2, more=glyphs.more)
            colour = step.colour if step.colour in ("warning", "error") else "muted"
            parts = [edge, Segment(text, look.style(colour, ground))]
        return list(Strip(parts).adjust_cell_length(room, fill))

    def _style_of(self, cell: Cell) -> Style:
        look = self._look
        if cell.box:
            step = self._shown[cell.box]
            if cell.box == self.cursor:
                return look.style("primary", "background", bold=True)
            colour = step.colour if step.colour != "primary" else "muted"
            return look.style(colour, "background")
        gone = any(self._shown[end].is_begun for _, end in cell.edges)
        return look.style("muted" if gone else "faint", "background", bold=gone)


def _wanted(step: Shown) -> int:
    """The cells that the second line of a box takes whole."""
    return len(step.line) + (1 + len(step.more) if step.more else 0)
