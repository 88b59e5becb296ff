"""The main screen: the sessions at the left, the selected one's terminal at the right."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from agentdeck.core.attention import next_in_queue
from agentdeck.core.errors import UsageError
from agentdeck.core.filter_completion import completed_filter
from agentdeck.core.filters import Filter, parse_filter
from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.calling import call_person
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.groups import Placings, Quick, Section, arranged
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.look import Look
from agentdeck.tui.printable import one_line
from agentdeck.tui.rows import rows_of, sessions_of
from agentdeck.tui.screens.handing_off import HandingOffScreen
from agentdeck.tui.screens.hints import group_hints, hints_for
from agentdeck.tui.screens.listing import LINES, WITHOUT
from agentdeck.tui.widgets.answer_bar import AnswerBar
from agentdeck.tui.widgets.filter_input import FilterInput
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.indicator import IndicatorBar
from agentdeck.tui.widgets.pane_grid import PaneGrid
from agentdeck.tui.widgets.selection_bar import SelectionBar
from agentdeck.tui.widgets.session_list import Listed, SessionList
from agentdeck.tui.widgets.split import Divider
from agentdeck.tui.widgets.terminal import Terminal

AGES_EVERY_S = 10.0

LOST = "Connection to the host lost · reconnecting…"


class SessionsScreen(HandingOffScreen):
    """List, terminal, indicator and keys."""

    AUTO_FOCUS = "SessionList"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.SESSION, Scope.VIEW)

    def __init__(
        self, deck: Deck, *, filter_query: str = "", attach: str | None = None
    ) -> None:
        super().__init__(deck)
        self._query = filter_query
        self._filter = Filter("")
        self._quick: Quick | None = None
        self._session_to_open = attach
        self._wanted: str | None = None
        self._shown = ""
        self._placings = Placings()
        self._is_ready = False
        """Its widgets are there; a theme may come before them."""

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        # With the classes of its size from the start it is styled and painted once.
        self.take_shape()
        yield IndicatorBar(look, id="indicator")
        yield Static(id="banner", markup=False)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                with Horizontal(id="filter-row"):
                    yield Static(Content("/"), id="filter-sign")
                    yield FilterInput(self._query, self._complete, id="filter")
                    yield Static(id="filter-count", markup=False)
                yield Static(id="problem", markup=False)
                yield SessionList(look, id="sessions")
                yield Static(id="empty", markup=False)
                yield SelectionBar(look, id="selection")
            yield Divider("|" if look.glyphs.is_ascii else "│", id="divider")
            yield from self.compose_right()
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self._list = self.query_one(SessionList)
        self.fit_layout()
        self._take_filter(self._query)
        self.deck.changed.subscribe(self, self._take_change)
        self.set_interval(AGES_EVERY_S, self._show_list)
        self.take_view()
        if self.deck.store.is_known:
            self.show_again()
        self._is_ready = True
        # The host's greeting may have chosen another theme since `compose`.
        self.wear(self.deck.look)

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        if not self._is_ready:
            return
        self.set_class(look.glyphs.is_ascii, "-ascii")
        kinds = (IndicatorBar, SessionList, SelectionBar, PaneGrid, AnswerBar, KeyBar)
        for kind in kinds:
            self.query_one(kind).wear(look)  # type: ignore[attr-defined]
        self.wear_composer(look)
        self._show_all()

    def focus_list(self) -> None:
        self._list.focus()

    def session_at_cursor(self) -> Session | None:
        return self.deck.store.sessions.get(self._list.cursor or "")

    def meant_sessions(self) -> list[Session]:
        marks = self._list.marks
        if marks:
            return self.deck.store.chosen(i for i in self._list.every if i in marks)
        session = self.session_at_cursor()
        return [session] if session else []

    def session_shown(self) -> Session | None:
        session = self.session_at_cursor()
        if session is not None:
            self._shown = session.id
        # While the cursor passes over a header, what was shown stays.
        return session or self.deck.store.sessions.get(self._shown)

    @property
    def attended(self) -> Attended | None:
        """The session that is typed into, or the one whose pane the cursor shows."""
        if self.terminal.has_focus:
            session_id = self.pane.session_id
            return Attended(session_id, "typing") if session_id else None
        session = self.session_at_cursor()
        if session is None or not self._list.has_focus or self.has_class("-alone"):
            return None
        return Attended(session.id, "watching")

    def sessions_in_order(self) -> list[Session]:
        return self.deck.store.chosen(self._list.order)

    def go_to(self, session_id: str) -> None:
        self._wanted = session_id
        self._show_list()

    def _take_change(self, change: Change) -> None:
        if self.deck.lost is not None:
            self.forget_channels()
        elif change.is_reconnected:
            self.take_layout()
            self.take_view()
            self.show_again()
        unseen = [s for s in change.calling if not self.is_shown(s.id)]
        now = self.deck.clock().astimezone()
        call_person(self.app, self.deck.store.app, unseen, now)
        self._show_all()

    def _show_all(self) -> None:
        self._show_banner()
        self._show_list()
        self.show_selected()
        self._show_keys()

    def _show_banner(self) -> None:
        banner, lost = self.query_one("#banner", Static), self.deck.lost
        banner.set_class(lost is not None, "-shown")
        if lost is not None:
            # A host that cannot be started says why; a lost one needs no words.
            is_plain = self.deck.store.is_known
            text = LOST if is_plain else f"{lost} Trying again…"
            ascii_only = self.deck.look.glyphs.is_ascii
            banner.update(Content(one_line(text, ascii_only=ascii_only)))

    def _show_list(self) -> None:
        store, now, view = self.deck.store, self.deck.clock(), self.view
        sessions = store.sessions.values()
        sections = arranged(
            sessions, self._filter, self._quick, now, view, self._placings
        )
        folds = not (self._filter.query or self._quick)
        rows = rows_of(sections, view, folds=folds, kept=self._list.cursor)
        every = sessions_of(sections)
        places, lines = store.queue_places(), LINES[view.density]
        without = WITHOUT.get(view.grouping, frozenset())
        self._list.show_rows(Listed(rows, every, places, lines, without), now)
        self._go_to_wanted(sections)
        home = store.home if "AGENTDECK_HOME" in self.deck.environ else ""
        self.query_one(IndicatorBar).show_counts(
            store.indicator(), store.pool, self._quick, home
        )
        self.query_one(IndicatorBar).show_runs(len(store.runs_in_need()))
        count = Content(f"{len(every)} of {sum(not s.archived for s in sessions)}")
        counted = self.query_one("#filter-count", Static)
        if counted.content != count:
            # An update has the whole screen laid out anew.
            counted.update(count)
        self._show_emptiness(has_rows=bool(rows))
        if self._session_to_open and store.is_known:
            self._open_at_once(self._session_to_open)

    def _go_to_wanted(self, sections: tuple[Section, ...]) -> None:
        """Go to the session that is wanted once it is there; open its group for it."""
        wanted = self._wanted
        if wanted in self._list.order:
            self._list.cursor, self._wanted = wanted, None
            return
        for section in sections if wanted in self._list.every else ():
            if any(session.id == wanted for session in section.sessions):
                self.turn_group(section.key, is_open=True)

    def _open_at_once(self, session_id: str) -> None:
        self._session_to_open = None
        if session_id in self._list.order:
            self._list.cursor = session_id
            self.add_class("-zoomed")
            self.take_pane().terminal.focus()

    def _show_emptiness(self, *, has_rows: bool) -> None:
        empty = self.query_one("#empty", Static)
        self.set_class(not has_rows, "-empty")
        is_bare = self.deck.store.is_known and not self.deck.store.sessions
        if self.has_class("-bare") != is_bare:
            self.set_class(is_bare, "-bare")
            self.fit_layout()
        if has_rows:
            return
        is_filtered = bool(self._filter.query or self._quick)
        if not self.deck.store.is_known:
            empty.update(Content("Connecting to the host…"))
        elif is_filtered and self.deck.store.sessions:
            of = len(self.deck.store.sessions)
            empty.update(
                Content.assemble(
                    ("No session matches.\n\n", "bold"),
                    f"{of} are hidden by the filter; ",
                    ("esc", "bold $primary"),
                    " shows them again.",
                )
            )
        else:
            empty.update(_first_steps(self.deck.keymap))

    def _show_keys(self) -> None:
        bar = self.query_one(KeyBar)
        marked = self.meant_sessions() if self._list.marks else []
        unseen = len(self._list.marks - set(self._list.order))
        self.query_one(SelectionBar).show_selection(marked, unseen)
        if self.terminal.has_focus:
            bar.show_hints(*self.keyboard_hints())
            return
        if self.query_one("#filter").has_focus:
            keys = (
                Hint("enter", "keep the filter"),
                Hint("right", "complete it"),
                Hint("esc", "clear it"),
            )
            bar.show_hints(keys, "filter")
            return
        composing = self.compose_hints()
        if composing is not None:
            bar.show_hints(composing, "new session")
            return
        marks = len(self._list.marks)
        row = self._list.row_at_cursor
        if row is not None and row.session is None and not marks:
            bar.show_hints(
                group_hints(row, self.deck.keymap), "group" if row.is_header else ""
            )
            return
        hints = hints_for(
            self.meant_sessions(), marks, self.deck.store, self.deck.keymap
        )
        # Below the list that is said already, where the list is to be seen.
        is_said = not marks or not self.has_class("-zoomed")
        bar.show_hints(hints, "" if is_said else f"{marks} selected")

    def show_focus(self) -> None:
        super().show_focus()
        self._show_keys()

    def keys_changed(self) -> None:
        self._show_keys()

    @on(SessionList.CursorMoved)
    def _show_other(self, event: SessionList.CursorMoved) -> None:
        event.stop()
        self.cursor_moved()
        self._show_keys()

    @on(SessionList.MarksChanged)
    def _show_marks(self, event: SessionList.MarksChanged) -> None:
        event.stop()
        self._show_keys()

    @on(SessionList.OpenRequested)
    def _open_clicked(self, event: SessionList.OpenRequested) -> None:
        event.stop()
        self.action_type_into()

    @on(SessionList.NothingToClear)
    def _clear_by_key(self, event: SessionList.NothingToClear) -> None:
        event.stop()
        self._clear_filter()

    @on(Terminal.Released)
    def _give_list_back(self, event: Terminal.Released) -> None:
        event.stop()
        self._end_zoom()

    @on(IndicatorBar.CountClicked)
    def _filter_by_count(self, event: IndicatorBar.CountClicked) -> None:
        event.stop()
        self.action_quick(event.quick.name)

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        is_of_list = hasattr(self._list, f"action_{event.action}")
        target: Widget = self._list if is_of_list else self
        if self.terminal.is_copying and self.terminal.has_focus:
            target = self.terminal
        await target.run_action(event.action)

    def action_type_into(self) -> None:
        session = self.session_at_cursor()
        if session is None or self.open_tab():
            return
        if session.phase is not Phase.RUNNING:
            self.say(_why_not_typed(session, self.deck.keymap))
            return
        self._show_both()
        if self.has_class("-tiny"):
            self.add_class("-zoomed")
        self.set_focus(self.take_pane().terminal)

    def action_filter(self) -> None:
        self._show_filter_row(is_shown=True)
        self.query_one("#filter", Input).focus()

    @on(Input.Changed, "#filter")
    def _filter_as_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take_filter(event.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self, event: Input.Submitted) -> None:
        event.stop()
        self._show_filter_row(is_shown=bool(event.value))
        self._take_filter(event.value, is_whole=True)
        self._list.focus()

    def _show_filter_row(self, *, is_shown: bool) -> None:
        # A class of the row alone: one of the screen would style all anew.
        self.query_one("#filter-row").set_class(is_shown, "-shown")

    def _complete(self, query: str) -> str | None:
        sessions = self.deck.store.sessions.values()
        return completed_filter(query, sessions, self.saved_queries)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.query_one("#filter").has_focus:
            event.stop()
            self._clear_filter()
            self._list.focus()

    def _clear_filter(self) -> None:
        self._quick = None
        self.query_one("#filter", Input).value = ""
        self._show_filter_row(is_shown=False)
        self._take_filter("")

    def _take_filter(self, query: str, *, is_whole: bool = False) -> None:
        """Narrow the list; what is not yet a query leaves it as it is.

        A term that may still be completed is no mistake before it is whole.
        """
        problem = self.query_one("#problem", Static)
        try:
            self._filter = parse_filter(query, self.saved_queries)
        except UsageError as error:
            is_begun = not is_whole and self._complete(query) is not None
            problem.update(Content(one_line(error.message)))
            problem.set_class(not is_begun, "-shown")
            return
        problem.remove_class("-shown")
        is_typing = self.query_one("#filter").has_focus
        self._show_filter_row(is_shown=bool(query) or is_typing)
        self._show_list()

    def show_list(self) -> None:
        self._show_list()
        self._show_keys()

    @property
    def filter_query(self) -> str:
        return self._filter.query

    def filter_by(self, query: str) -> None:
        line = self.query_one("#filter", Input)
        # Another value is news of the line, which filters.
        if line.value != query:
            line.value = query
        else:
            self._take_filter(query, is_whole=True)

    def action_quick(self, name: str) -> None:
        quick = Quick[name]
        self._quick = None if self._quick is quick else quick
        self._show_list()

    def action_next_waiting(self) -> None:
        sessions = self.deck.store.sessions.values()
        wanted = next_in_queue(sessions, self._list.cursor)
        if wanted is None:
            self.say("Nobody needs you now.")
            return
        if wanted.id not in self._list.every:
            self._clear_filter()
        self.go_to(wanted.id)

    def action_peek(self) -> None:
        cursor = self._list.cursor
        if cursor is not None and self.session_at_cursor() is not None:
            from agentdeck.tui.screens.peek import PeekScreen

            order = list(self._list.order)
            self.app.push_screen(PeekScreen(self.deck, order, cursor, self.go_to))

    def action_zoom(self) -> None:
        if self.has_class("-zoomed"):
            self._end_zoom()
        else:
            self._show_both()
            self.add_class("-zoomed")
            self.zoom_pane(self.take_pane())

    def action_hide_list(self) -> None:
        if self.has_class("-zoomed"):
            self._end_zoom()
        else:
            self._show_both()
            self.add_class("-zoomed")

    def _show_both(self) -> None:
        if self.has_class("-alone"):
            self.action_list_alone()

    def _end_zoom(self) -> None:
        self.remove_class("-zoomed")
        if len(self.grid.shown_panes) < self.panes.count:
            self.zoom_pane(None)
        self._list.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.fit_layout()
        self.take_layout()


def _why_not_typed(session: Session, keymap: Keymap) -> str:
    if session.is_over:
        return f"{session.name} is over; {keymap.key('session.resume')} resumes it."
    return f"{session.name} does not run yet; it is {session.phase.value}."


def _first_steps(keymap: Keymap) -> Content:
    """What to do when there is no session."""
    rows = (
        (keymap.key("session.new"), "start a session here"),
        ('agentdeck run "…"', "start one from a shell"),
        ("agentdeck demo", "watch six at work"),
        (keymap.key("app.help"), "all keys"),
    )
    parts: list[str | tuple[str, str]] = [("No sessions yet\n\n", "bold")]
    for key, what in rows:
        parts += [(f"{key:>17}", "bold $primary"), f"  {what:<22}\n"]
    return Content.assemble(*parts)
