"""The panes side by side, and the borders between them that a person can move."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from agentdeck.tui.look import Look
from agentdeck.tui.tiles import Borders, arrangement_for, tiles
from agentdeck.tui.widgets.pane import Pane


class _TileLayout(Layout):
    """Places the panes of a grid."""

    name = "tiles"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        assert isinstance(parent, PaneGrid)
        shown = [child for child in children if child.display]
        regions = parent.regions(len(shown), size)
        return [
            WidgetPlacement(region, NULL_OFFSET, Spacing(), child)
            for region, child in zip(regions, shown, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Grip:
    """A border that the mouse holds: the pane before it, and how far off it is."""

    pane: int
    is_upright: bool
    off: int


class PaneGrid(Widget):
    """Up to nine panes. It owns where they stand; its screen says what they show."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "PaneGrid { height: 1fr; width: 1fr; }"

    @dataclass
    class BordersMoved(Message):
        """The person has moved a border."""

        widget: PaneGrid

    @dataclass
    class PaneChosen(Message):
        """A pane's frame was clicked."""

        widget: PaneGrid
        pane: Pane

    @dataclass
    class EdgeDragged(Message):
        """The upper edge was dragged to a row of the screen."""

        widget: PaneGrid
        y: int

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts."""
            return isinstance(message, PaneGrid.EdgeDragged)

    def __init__(self, look: Look, release_key: str, *, id: str | None = None) -> None:
        self._tiling = _TileLayout()
        super().__init__(Pane(look, release_key), id=id)
        self._look = look
        self.release_key = release_key
        self.borders = Borders()
        self._grip: _Grip | None = None
        self.has_edge = False
        """Whether the frames at the top are a border that can be dragged."""
        self._edge: Pane | None = None
        """The pane whose top is held."""

    @property
    def layout(self) -> Layout:
        """Panes are placed by their shares."""
        return self._tiling

    @property
    def panes(self) -> list[Pane]:
        """The panes, from the top left."""
        return [child for child in self.children if isinstance(child, Pane)]

    @property
    def shown_panes(self) -> list[Pane]:
        """The panes that are not hidden by a zoom."""
        return [pane for pane in self.panes if pane.display]

    def regions(self, count: int, size: Size) -> list[Region]:
        """Where so many panes stand."""
        if not count:
            return []
        arrangement = arrangement_for(count, size.width, size.height)
        return tiles(size.width, size.height, self.borders.shares(arrangement))

    def set_count(self, count: int) -> list[Pane]:
        """Have this many panes; gives those that went away."""
        panes = self.panes
        gone = panes[count:]
        for pane in gone:
            pane.remove()
        fresh = [Pane(self._look, self.release_key) for _ in range(count - len(panes))]
        if fresh:
            self.mount(*fresh)
        return gone

    def set_release_key(self, key: str) -> None:
        """The key that gives the keyboard back is another one."""
        self.release_key = key
        for pane in self.panes:
            pane.terminal.release_key = key

    def set_borders(self, borders: Borders) -> None:
        """Have the borders where they were once."""
        self.borders = borders
        self._place_anew()

    def _place_anew(self) -> None:
        # A widget's own places are kept until one of its children asks for others.
        self.panes[0].refresh(layout=True)

    def zoom(self, pane: Pane | None) -> None:
        """Show one pane alone, or all again."""
        for each in self.panes:
            each.display = pane is None or each is pane

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        for pane in self.panes:
            pane.wear(look)

    def enlarge(self, pane: Pane, wide: int, tall: int) -> None:
        """Make a pane larger by cells, or smaller."""
        shown = self.shown_panes
        if pane in shown:
            self._move(shown.index(pane), wide, tall)
            self.post_message(self.BordersMoved(self))

    def _move(self, index: int, wide: int, tall: int) -> None:
        size = self.size
        arrangement = arrangement_for(len(self.shown_panes), size.width, size.height)
        area = Region(0, 0, size.width, size.height)
        self.borders = self.borders.moved(arrangement, index, (wide, tall), area)
        self._place_anew()

    @on(Pane.FrameGrabbed)
    def _take_hold(self, event: Pane.FrameGrabbed) -> None:
        event.stop()
        self._grip = self._grip_at(event.widget, event.x, event.y)
        if self._grip is not None:
            self.capture_mouse()
        elif self.has_edge and event.y == 0:
            self._edge = event.widget
            self.capture_mouse()
        else:
            self.post_message(self.PaneChosen(self, event.widget))

    def _grip_at(self, pane: Pane, x: int, y: int) -> _Grip | None:
        """The border between panes at a place in a pane's frame, if there is one."""
        shown = self.shown_panes
        regions = self.regions(len(shown), self.size)
        at = shown.index(pane)
        own = regions[at]
        if x == 0 and own.x > 0:
            before, is_upright = (own.x - 1, own.y), True
        elif x == own.width - 1 and own.right < self.size.width:
            before, is_upright = (own.x, own.y), True
        elif y == 0 and own.y > 0:
            before, is_upright = (own.x, own.y - 1), False
        elif y == own.height - 1 and own.bottom < self.size.height:
            before, is_upright = (own.x, own.y), False
        else:
            return None
        holder = next(n for n, r in enumerate(regions) if r.contains(*before))
        held = regions[holder]
        off = own.x + x - held.right if is_upright else own.y + y - held.bottom
        return _Grip(holder, is_upright, off)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        grip = self._grip
        if self._edge is not None:
            event.stop()
            self.post_message(self.EdgeDragged(self, int(event.screen_y)))
            return
        if grip is None:
            return
        event.stop()
        x, y = event.screen_offset - self.content_region.offset
        held = self.regions(len(self.shown_panes), self.size)[grip.pane]
        wide = x - grip.off - held.right if grip.is_upright else 0
        tall = 0 if grip.is_upright else y - grip.off - held.bottom
        if wide or tall:
            self._move(grip.pane, wide, tall)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._edge is not None:
            event.stop()
            self.release_mouse()
            self.post_message(self.PaneChosen(self, self._edge))
            self._edge = None
            return
        if self._grip is None:
            return
        event.stop()
        self._grip = None
        self.release_mouse()
        self.post_message(self.BordersMoved(self))
