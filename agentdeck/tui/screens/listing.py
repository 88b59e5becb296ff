"""What people do with the list itself: groups, order, pins, folders, saved filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from textual import on, work

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.columns import Part
from agentdeck.tui.deck import Deck
from agentdeck.tui.groups import is_in_own_order
from agentdeck.tui.screens.arranging import ArrangingScreen
from agentdeck.tui.view import Density, Grouping, Sort, View
from agentdeck.tui.widgets.session_list import SessionList

LINES = {Density.AUTO: 0, Density.ONE: 1, Density.TWO: 2}
WITHOUT: Mapping[Grouping, frozenset[Part]] = {
    Grouping.REPOSITORY: frozenset({Part.REPO}),
    Grouping.AGENT: frozenset({Part.AGENT}),
}
"""Parts of a row that say the same as the group that it stands in."""


class ListingScreen(ArrangingScreen):
    """A screen with a list that the person groups, sorts and folds."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self.view = View()
        self._is_view_taken = False

    def show_list(self) -> None:
        """Show the list as the view and the filter have it now."""
        raise NotImplementedError

    @property
    def filter_query(self) -> str:
        """The filter that holds."""
        raise NotImplementedError

    def filter_by(self, query: str) -> None:
        """Filter the list by a query."""
        raise NotImplementedError

    @property
    def saved_queries(self) -> dict[str, str]:
        """The saved queries by name."""
        return {saved.name: saved.query for saved in self.deck.store.filters}

    def take_view(self) -> None:
        """Show the list as the host remembers it, once."""
        if self.deck.store.is_known and not self._is_view_taken:
            self._is_view_taken = True
            self.view = View.from_json(self.deck.store.view)

    def set_view(self, view: View) -> None:
        """Show the list in another way, and have the host remember it."""
        if view == self.view:
            return
        self.view = view
        self.show_list()
        self._keep_view()

    @work(group="view", exclusive=True, exit_on_error=False)
    async def _keep_view(self) -> None:
        try:
            await self.deck.link.call("app.keep_view", view=self.view.as_json())
        except AgentDeckError as error:
            self.log.warning(error.message)

    @on(SessionList.GroupTurned)
    def _turn_group(self, event: SessionList.GroupTurned) -> None:
        event.stop()
        key = event.row.section.key
        if event.row.is_more:
            self.set_view(replace(self.view, unfolded=self.view.unfolded | {key}))
        elif not event.is_open and key in self.view.unfolded:
            # Closing goes back the way it was opened: first the older ones.
            self.set_view(replace(self.view, unfolded=self.view.unfolded - {key}))
        else:
            closed = self.view.collapsed
            closed = closed - {key} if event.is_open else closed | {key}
            self.set_view(replace(self.view, collapsed=closed))

    def turn_group(self, key: str, *, is_open: bool) -> None:
        """Open a group with all that it has, or close it."""
        view = self.view
        if is_open:
            view = replace(view, collapsed=view.collapsed - {key})
            view = replace(view, unfolded=view.unfolded | {key})
        else:
            view = replace(view, collapsed=view.collapsed | {key})
        self.set_view(view)

    # These dialogs open within the action itself, so that a key typed right after,
    # which may come in the same piece over a slow line, goes to them.

    def action_arrange(self) -> None:
        from agentdeck.tui.screens.view_menu import ViewMenu

        menu = ViewMenu(self.view, self.deck.look)
        self.app.push_screen(menu, self._take_choice)

    def _take_choice(self, view: View | None) -> None:
        if view is not None:
            self.set_view(view)

    def action_toggle_density(self) -> None:
        is_single = self.query_one(SessionList).row_height == 1
        density = Density.TWO if is_single else Density.ONE
        self.set_view(replace(self.view, density=density))

    @work(group="action", exit_on_error=False)
    async def action_pin_rows(self) -> None:
        sessions = self.meant_sessions()
        pinned = not all(session.pinned for session in sessions)
        await self._act("session.pin", sessions, "", pinned=pinned)

    @work(group="action", exit_on_error=False)
    async def action_archive_rows(self) -> None:
        sessions = self.meant_sessions()
        if not sessions:
            return
        archived = not all(session.archived for session in sessions)
        done = "Archived; is:archived shows it:" if archived else "Back in the list:"
        await self._act("session.archive", sessions, done, archived=archived)

    def action_rename(self) -> None:
        from agentdeck.tui.screens.naming import NameScreen

        session = self.session_at_cursor()
        if session is not None:
            screen = NameScreen(f"Rename {session.name}", session.title, "Its title")
            self.app.push_screen(screen, partial(self._rename, session))

    def _rename(self, session: Session, title: str | None) -> None:
        if title and title != session.title:
            self._give_title(session, title)

    @work(group="action", exit_on_error=False)
    async def _give_title(self, session: Session, title: str) -> None:
        try:
            await self.deck.link.call("session.rename", id=session.id, title=title)
        except AgentDeckError as error:
            self.say_error(error, "session.rename")

    def action_file_rows(self) -> None:
        from agentdeck.tui.screens.naming import NameScreen

        sessions = self.meant_sessions()
        if not sessions:
            return
        known = {each.folder for each in self.deck.store.sessions.values()} - {""}
        only = sessions[0] if len(sessions) == 1 else None
        what = only.name if only else f"{len(sessions)} sessions"
        screen = NameScreen(
            f"Folder of {what}",
            only.folder if only else "",
            "Its name; empty for none",
            known=sorted(known, key=str.casefold),
            may_be_empty=True,
        )
        self.app.push_screen(screen, partial(self._file, sessions))

    def _file(self, sessions: list[Session], folder: str | None) -> None:
        if folder is not None:
            self._file_all(sessions, folder)

    @work(group="action", exit_on_error=False)
    async def _file_all(self, sessions: list[Session], folder: str) -> None:
        await self._act("session.file", sessions, "", folder=folder)

    @work(group="move", exclusive=True, exit_on_error=False)
    async def action_move_row(self, by: int) -> None:
        """Move the session within its group, in the order that is shown."""
        row = self.query_one(SessionList).row_at_cursor
        if row is None or row.session is None:
            return
        order = [session.id for session in row.section.sessions]
        at = order.index(row.session.id)
        to = at + by
        if not 0 <= to < len(order):
            return
        order.insert(to, order.pop(at))
        if not is_in_own_order(row.section, self.view):
            self.set_view(replace(self.view, sort=Sort.OWN))
            self.say("The list is in your own order now; `,` sorts it otherwise.")
        try:
            await self.deck.link.call("session.arrange", ids=order)
        except AgentDeckError as error:
            self.say_error(error, "session.arrange")

    def action_recall_filter(self, digit: int) -> None:
        saved = next((f for f in self.deck.store.filters if f.digit == digit), None)
        if saved is None:
            self.say(f"No filter is saved under {digit}; `=` saves one.")
            return
        query = f"@{saved.name}"
        self.filter_by("" if self.filter_query == query else query)

    def action_show_metrics(self) -> None:
        from agentdeck.tui.screens.metrics import MetricsScreen

        self.app.push_screen(MetricsScreen(self.deck, self.filter_query))

    def action_saved_filters(self) -> None:
        from agentdeck.tui.screens.saved_filters import SavedFiltersScreen

        screen = SavedFiltersScreen(self.deck, self.filter_query)
        self.app.push_screen(screen, self._take_query)

    def _take_query(self, query: str | None) -> None:
        if query is not None:
            self.filter_by(query)
