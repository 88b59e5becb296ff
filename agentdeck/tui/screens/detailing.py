"""The tabs over the current pane: a session's log, diff, commits, checks and the rest.

Only the tab that is shown asks the host for anything, and only once the cursor has
rested on a session for a moment. With several panes the tabs are the current one's.
"""

from __future__ import annotations

from textual import on, work
from textual.timer import Timer

from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.details import EMPTY, StateFeed, Tab, feed_for, tab_after
from agentdeck.tui.printable import one_line
from agentdeck.tui.recaps import recap_of
from agentdeck.tui.screens.showing import ShowingScreen
from agentdeck.tui.timeline_feed import TimelineFeed
from agentdeck.tui.widgets.details_panel import DetailsPanel
from agentdeck.tui.widgets.log_view import LogView
from agentdeck.tui.widgets.pane import Pane
from agentdeck.tui.widgets.tab_bar import TabBar

FILL_PAUSE_S = 0.15
"""A cursor that runs through the list fills no tab on its way."""


class DetailingScreen(ShowingScreen):
    """A screen whose current pane can show a session's details."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._tab = Tab.TERMINAL
        self._panel: DetailsPanel | None = None
        self._panel_in: Pane | None = None
        self._filled: tuple[str, Tab] | None = None
        """The session and the tab that the view is of."""
        self._fill_timer: Timer | None = None
        self._news: StateFeed | TimelineFeed | None = None
        """What wants to know when the session is another."""

    def show_selected(self) -> None:
        super().show_selected()
        self._show_details()

    def _show_details(self) -> None:
        session = self.session_at_cursor()
        if self._tab is Tab.TERMINAL or session is None:
            self._close_panel()
            return
        panel = self._panel_of(self.pane)
        panel.bar.show(self._tab)
        if self._filled == (session.id, self._tab):
            if self._news is not None:
                self._news.news.set()
            return
        self._filled = (session.id, self._tab)
        self._end_filling()
        panel.view.clear()
        panel.show_note("")
        panel.show_recap(())
        self._fill_timer = self.set_timer(FILL_PAUSE_S, self._begin_filling)

    def _panel_of(self, pane: Pane) -> DetailsPanel:
        if self._panel is not None and self._panel_in is pane and pane.is_attached:
            return self._panel
        self._close_panel()
        self._panel, self._panel_in = DetailsPanel(self.deck.look, self._tab), pane
        pane.show_details(self._panel)
        self._open(pane, again=False)
        return self._panel

    def _close_panel(self) -> None:
        self._end_filling()
        self._filled = None
        pane, self._panel, self._panel_in = self._panel_in, None, None
        if pane is not None and pane.is_attached:
            pane.show_details(None)
            self._open(pane, again=False)

    def _end_filling(self) -> None:
        self._news = None
        if self._fill_timer is not None:
            self._fill_timer.stop()
            self._fill_timer = None
        self.workers.cancel_group(self, "details")

    def _begin_filling(self) -> None:
        self._fill_timer = None
        session, panel = self.session_at_cursor(), self._panel
        if session is not None and panel is not None:
            self._fill(session, panel, self._tab)

    @work(exclusive=True, group="details", exit_on_error=False)
    async def _fill(self, session: Session, panel: DetailsPanel, tab: Tab) -> None:
        panel.show_recap(await recap_of(self.deck, session))

        def show_state() -> None:
            said = feed.problem
            if not said and feed.is_whole and not panel.view.log_rows.rows:
                said = EMPTY.get(tab, "")
            panel.show_note(one_line(said), is_problem=bool(feed.problem))

        feed = feed_for(tab, self.deck, panel.view, show_state)
        if isinstance(feed, StateFeed | TimelineFeed):
            self._news = feed
        await feed.follow(session.id, None)

    def action_next_tab(self, by: int) -> None:
        self._choose_tab(tab_after(self._tab, by))

    @on(TabBar.Chosen)
    def _choose_clicked(self, event: TabBar.Chosen) -> None:
        event.stop()
        self._choose_tab(Tab(event.tab))

    @on(LogView.Moved)
    def _stop_moved(self, event: LogView.Moved) -> None:
        event.stop()

    def _choose_tab(self, tab: Tab) -> None:
        if self.session_at_cursor() is None:
            return
        self._tab = tab
        self._show_details()

    def open_tab(self) -> bool:
        """Open the shown tab's own screen; says whether it has one.

        A tab without one gives way to the terminal.
        """
        opens = {
            Tab.LOG: self.action_show_log,
            Tab.TIMELINE: self.action_show_timeline,
            Tab.DIFF: self.action_show_diff,
            Tab.COMMITS: self.action_show_diff,
            Tab.CHECKS: self._open_checks,
        }.get(self._tab)
        if opens is None:
            self._choose_tab(Tab.TERMINAL)
            return False
        opens()
        return True

    def _open_checks(self) -> None:
        session = self.session_at_cursor()
        if session is not None:
            self._show_output(session, "check")

    def action_scroll_pane(self, where: str) -> None:
        panel = self._panel
        if panel is None or self.terminal.has_focus:
            super().action_scroll_pane(where)
            return
        view = panel.view
        page = max(1, view.size.height - 1)
        rows = len(view.log_rows.rows)
        by = {"up": -page, "down": page, "top": -rows, "bottom": rows}
        view.go_by(by[where])
