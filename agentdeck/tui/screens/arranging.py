"""How the main screen is divided: list and panes, and that it is remembered."""

from __future__ import annotations

from textual import on, work
from textual.geometry import Size
from textual.timer import Timer

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.deck import Deck
from agentdeck.tui.layouts import Layout, layout_key
from agentdeck.tui.screens.detailing import DetailingScreen
from agentdeck.tui.widgets.pane_grid import PaneGrid
from agentdeck.tui.widgets.split import Divider

STACKED_BELOW = 100
"""Columns below which the list stands above the terminal."""
TINY_BELOW = 16
"""Rows below which a stacked screen shows the list alone."""
LIST_WIDTHS = (24, 120)
LEAST_LIST_HEIGHT = 4
LEAST_FOR_PANES = 30
LEAST_PANES_HEIGHT = 6
KEPT_AFTER_S = 1.0
"""A layout is kept once the person has left it alone for this long."""


class ArrangingScreen(DetailingScreen):
    """A screen whose parts the person divides."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._list_width: int | None = None
        """As the person set it; otherwise it follows the screen's width."""
        self._list_height: int | None = None
        self._stacked: bool | None = None
        """As the person chose it; otherwise the screen's width decides."""
        self._taken: str | None = None
        """The size whose layout is shown."""
        self._keep_timer: Timer | None = None

    def take_layout(self) -> None:
        """Show the layout that was kept for this size of terminal, once."""
        key = layout_key(*self.size)
        if not self.deck.store.is_known or key == self._taken:
            return
        self._taken = key
        kept = self.deck.store.layouts.get(key)
        if kept is None:
            return
        layout = Layout.from_json(kept)
        self._list_width = layout.list_width
        self._list_height = layout.list_height
        self._stacked = layout.stacked
        self.grid.set_borders(layout.borders)
        self.set_panes(layout.panes)
        self.fit_layout()

    def layout_changed(self) -> None:
        if self._keep_timer is not None:
            self._keep_timer.stop()
        self._keep_timer = self.set_timer(KEPT_AFTER_S, self._keep_layout)

    @work(group="layout", exclusive=True, exit_on_error=False)
    async def _keep_layout(self) -> None:
        self._keep_timer = None
        key = layout_key(*self.size)
        layout = Layout(
            self._list_width,
            self._list_height,
            self._stacked,
            self.panes,
            self.grid.borders,
        ).as_json()
        if self.deck.store.layouts.get(key) == layout:
            return
        self.deck.store.layouts[key] = layout
        try:
            await self.deck.link.call("app.keep_layout", size=key, layout=layout)
        except AgentDeckError as error:
            self.log.warning(error.message)

    @on(Divider.Dragged)
    def _move_divider(self, event: Divider.Dragged) -> None:
        event.stop()
        self._set_list_width(event.x)

    @on(PaneGrid.EdgeDragged)
    def _move_edge(self, event: PaneGrid.EdgeDragged) -> None:
        event.stop()
        self._set_list_height(event.y - self.query_one("#body").region.y)

    def action_resize_split(self, by: int) -> None:
        left = self.query_one("#left").size
        if self.is_stacked:
            self._set_list_height(left.height + (by > 0) - (by < 0))
        else:
            self._set_list_width(left.width + by)

    def _set_list_width(self, width: int) -> None:
        low, high = LIST_WIDTHS
        most = min(high, self.size.width - LEAST_FOR_PANES)
        self._list_width = max(low, min(width, most))
        self.fit_layout()
        self.layout_changed()

    def _set_list_height(self, height: int) -> None:
        most = self.query_one("#body").size.height - LEAST_PANES_HEIGHT
        self._list_height = max(LEAST_LIST_HEIGHT, min(height, most))
        self.fit_layout()
        self.layout_changed()

    @property
    def room(self) -> Size:
        """The size to divide, known before the first layout."""
        return self.size or self.app.size

    @property
    def is_stacked(self) -> bool:
        """Whether the list stands above the panes."""
        width = self.room.width
        if self._stacked is None:
            return width < STACKED_BELOW
        return self._stacked or width < LIST_WIDTHS[0] + LEAST_FOR_PANES

    def action_toggle_layout(self) -> None:
        wanted = not self.is_stacked
        self._stacked = wanted
        if self.is_stacked is not wanted:
            self.say("There is no room for list and panes side by side.")
        self.fit_layout()
        self.layout_changed()

    def action_list_alone(self) -> None:
        self.remove_class("-zoomed")
        self.toggle_class("-alone")
        self.fit_layout()

    def fit_layout(self) -> None:
        """Divide the screen as its size and the person's choice say."""
        width, is_stacked = self.room.width, self.is_stacked
        is_tiny = self.take_shape()
        has_all = self.has_class("-bare") or self.has_class("-alone")
        left = self.query_one("#left").styles
        if is_stacked or has_all:
            left.width = "100%"
        else:
            left.width = self._list_width or max(40, min(width * 38 // 100, 72))
        if is_stacked and not is_tiny and not has_all:
            left.height = self._list_height or "40%"
        else:
            left.height = "1fr"
        self.grid.has_edge = is_stacked

    def take_shape(self) -> bool:
        """Have the classes of the size; gives whether there is room for one part."""
        is_tiny = self.is_stacked and self.room.height < TINY_BELOW
        self.set_class(self.is_stacked, "-stacked")
        self.set_class(is_tiny, "-tiny")
        return is_tiny
