"""The main screen: the sessions at the left, the selected one's terminal at the right."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.filters import Filter, parse_filter
from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import (
    Scope,
    actions_of,
    bindings_for,
    key_name,
    keys_of,
    shown_key,
)
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.feed import ScreenFeed
from agentdeck.tui.groups import Quick, arranged
from agentdeck.tui.look import Look
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.dealing import DealingScreen
from agentdeck.tui.widgets.answer_bar import AnswerBar
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.indicator import IndicatorBar
from agentdeck.tui.widgets.session_list import SessionList
from agentdeck.tui.widgets.split import Divider
from agentdeck.tui.widgets.terminal import Terminal

STACKED_BELOW = 100
"""Columns below which the list stands above the terminal."""
TINY_BELOW = 14
"""Rows below which a stacked screen shows the list alone."""
OPEN_PAUSE_S = 0.08
"""A cursor that runs through the list opens no screen on its way."""
READ_AFTER_S = 1.0
"""A session counts as read once it has been shown for this long."""
AGES_EVERY_S = 10.0
LIST_WIDTHS = (24, 120)

EMPTY = """No session yet.

  n                        start one here
  agentdeck run "…"        start one from a shell
  agentdeck demo           see six at work
"""


class SessionsScreen(DealingScreen):
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
        self._list_width = 44
        self._wanted: str | None = None
        self._feed = ScreenFeed(deck.link, self._draw, self._say_no_screen)
        self._open_timer: Timer | None = None
        self._read_timer: Timer | None = None

    @property
    def release_key(self) -> str:
        """The key that gives the keyboard back to the list."""
        return str(self.deck.store.app.get("release_key") or "ctrl+]")

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        yield IndicatorBar(look, id="indicator")
        yield Static(id="banner", markup=False)
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield SessionList(look, id="sessions")
                yield Static(id="empty", markup=False)
                yield Static(id="problem", markup=False)
                yield Input(
                    self._query,
                    placeholder="words, s:idle, is:unread, agent:codex, ahead:>3",
                    id="filter",
                    compact=True,
                )
            yield Divider("|" if look.glyphs.is_ascii else "│", id="divider")
            with Vertical(id="right"):
                with Vertical(id="pane"):
                    yield Terminal(look, key_name(self.release_key), id="terminal")
                yield AnswerBar(look, id="answer")
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self._list = self.query_one(SessionList)
        self._terminal = self.query_one(Terminal)
        self._take_filter(self._query)
        self.deck.changed.subscribe(self, self._take_change)
        self.set_interval(AGES_EVERY_S, self._show_list)
        self._send_input()
        self._show_all()

    @work(group="feed", exit_on_error=False)
    async def _send_input(self) -> None:
        await self._feed.send_waiting()

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        for kind in (IndicatorBar, SessionList, Terminal, AnswerBar, KeyBar):
            self.query_one(kind).wear(look)  # type: ignore[attr-defined]

    def session_at_cursor(self) -> Session | None:
        return self.deck.store.sessions.get(self._list.cursor or "")

    def meant_sessions(self) -> list[Session]:
        marks = self._list.marks
        if marks:
            return self.deck.store.chosen(i for i in self._list.order if i in marks)
        session = self.session_at_cursor()
        return [session] if session else []

    def go_to(self, session_id: str) -> None:
        self._wanted = session_id
        self._show_list()

    def _take_change(self, change: Change) -> None:
        if change.is_reconnected:
            self._terminal.release_key = key_name(self.release_key)
            self._open_screen(again=True)
        if self.deck.lost is not None:
            self._feed.lost()
        shown = self._list.cursor if self.app.app_focus else None
        if any(session.id != shown for session in change.calling):
            self.app.bell()
        self._show_all()

    def _show_all(self) -> None:
        self._show_banner()
        self._show_list()
        self._show_selected()
        self._show_keys()

    def _show_banner(self) -> None:
        banner = self.query_one("#banner", Static)
        lost = self.deck.lost
        banner.set_class(lost is not None, "-shown")
        if lost is not None:
            banner.update(Content(one_line(f"{lost} Reconnecting…")))

    def _show_list(self) -> None:
        store, now = self.deck.store, self.deck.clock()
        sections = arranged(store.sessions.values(), self._filter, self._quick, now)
        self._list.show_sections(sections, store.queue_places(), now)
        if self._wanted in self._list.order:
            self._list.cursor, self._wanted = self._wanted, None
        home = store.home if "AGENTDECK_HOME" in self.deck.environ else ""
        self.query_one(IndicatorBar).show_counts(
            store.indicator(), store.pool, self._quick, home
        )
        self._show_emptiness(has_rows=bool(sections))
        if self._session_to_open and store.is_known:
            self._open_at_once(self._session_to_open)

    def _open_at_once(self, session_id: str) -> None:
        self._session_to_open = None
        if session_id in self._list.order:
            self._list.cursor = session_id
            self.add_class("-zoomed")
            self._terminal.focus()

    def _show_emptiness(self, *, has_rows: bool) -> None:
        empty = self.query_one("#empty", Static)
        is_filtered = bool(self._filter.query or self._quick)
        if not self.deck.store.is_known:
            empty.update(Content("Connecting to the host…"))
        elif is_filtered and self.deck.store.sessions:
            empty.update(Content("No session matches the filter. Escape clears it."))
        else:
            empty.update(Content(EMPTY))
        empty.set_class(not has_rows, "-shown")
        self._list.styles.height = "1fr" if has_rows else 0

    def _show_selected(self) -> None:
        session = self.session_at_cursor()
        needs = session.needs if session and session.needs_attention else None
        self.query_one(AnswerBar).show_needs(needs)
        pane = self.query_one("#pane")
        if session is None:
            pane.border_title = pane.border_subtitle = None
            self._terminal.show_note("Nothing selected")
            return
        self._title_pane(session)
        if session.phase is Phase.QUEUED:
            place = self.deck.store.queue_places().get(session.id, 0)
            self._terminal.show_note(
                "In the queue", f"Number {place}; it starts when a place is free."
            )
        elif self._feed.session_id != session.id and self._open_timer is None:
            self._open_soon()
        if session.unread and self._read_timer is None:
            self._read_timer = self.set_timer(READ_AFTER_S, self._mark_shown_read)

    def _title_pane(self, session: Session) -> None:
        pane = self.query_one("#pane")
        status = session.activity.value if session.activity else session.phase.value
        dot = self.deck.look.glyphs.dot
        size = self._terminal.frame_size
        shape = f" {dot} {size[0]}x{size[1]}" if size else ""
        name, branch = one_line(session.name), one_line(session.branch)
        pane.border_title = Content(f"{name} {dot} {status} {dot} {branch}{shape}")
        if self._terminal.has_focus:
            pane.border_subtitle = Content(
                f"typing into {name} {dot} {self.release_key} gives the list back"
            )
        elif session.reason and session.is_over:
            pane.border_subtitle = Content(one_line(session.reason))
        else:
            pane.border_subtitle = None

    def _show_keys(self) -> None:
        bar = self.query_one(KeyBar)
        if self._terminal.has_focus:
            bar.show_hints((Hint(self.release_key, "gives the list back"),))
            return
        marks = len(self._list.marks)
        rows = sorted(
            (a for a in actions_of(*Scope) if a.rank and a.scope is not Scope.READER),
            key=lambda a: a.rank,
        )
        hints = tuple(
            Hint(shown_key(keys_of(row)[0]), row.title, row.action) for row in rows
        )
        bar.show_hints(hints, f"{marks} selected" if marks else "")

    @on(SessionList.CursorMoved)
    def _show_other(self, event: SessionList.CursorMoved) -> None:
        event.stop()
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None
        self._open_soon()
        self._show_selected()

    def _open_soon(self) -> None:
        if self._open_timer is not None:
            self._open_timer.stop()
        self._open_timer = self.set_timer(OPEN_PAUSE_S, self._open_now)

    def _open_now(self) -> None:
        self._open_timer = None
        self._open_screen(again=False)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open_screen(self, *, again: bool) -> None:
        session = self.session_at_cursor()
        if session is None or session.phase is Phase.QUEUED:
            await self._feed.show(None)
            return
        if session.id != self._feed.session_id or again:
            self._terminal.begin()
            self._terminal.fit()
            await self._feed.show(session.id, again=again)

    def _draw(self, channel: int, frame: dict[str, object]) -> None:
        had = self._terminal.frame_size
        self._terminal.draw(channel, frame)
        session = self.session_at_cursor()
        if session is not None and had != self._terminal.frame_size:
            self._title_pane(session)

    def _say_no_screen(self, reason: str) -> None:
        if self.deck.lost is None:
            self._terminal.show_note("No screen", reason)

    @on(Terminal.Painted)
    def _acknowledge(self, event: Terminal.Painted) -> None:
        event.stop()
        self._feed.acknowledge(event.channel, event.n)

    @on(Terminal.Fitted)
    def _fit(self, event: Terminal.Fitted) -> None:
        event.stop()
        self._feed.fit(event.cols, event.rows)

    @on(Terminal.Typed)
    def _type(self, event: Terminal.Typed) -> None:
        event.stop()
        self._feed.type(event.kind, event.event)

    @on(Terminal.Released)
    def _give_list_back(self, event: Terminal.Released) -> None:
        event.stop()
        self.remove_class("-zoomed")
        self._list.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._show_selected()
        self._show_keys()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.call_later(self._show_selected)
        self.call_later(self._show_keys)

    @on(SessionList.MarksChanged)
    def _show_marks(self, event: SessionList.MarksChanged) -> None:
        event.stop()
        self._show_keys()

    @on(SessionList.OpenRequested)
    def _open_clicked(self, event: SessionList.OpenRequested) -> None:
        event.stop()
        self.action_type_into()

    @on(SessionList.NothingToClear)
    def _clear_filter(self, event: SessionList.NothingToClear) -> None:
        event.stop()
        self._quick = None
        self.query_one("#filter", Input).value = ""
        self.query_one("#filter").remove_class("-shown")
        self._take_filter("")

    @on(IndicatorBar.CountClicked)
    def _filter_by_count(self, event: IndicatorBar.CountClicked) -> None:
        event.stop()
        self.action_quick(event.quick.name)

    @on(AnswerBar.ChoiceClicked)
    def _answer_clicked(self, event: AnswerBar.ChoiceClicked) -> None:
        event.stop()
        self.action_answer(event.choice)

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    @on(Divider.Dragged)
    def _move_divider(self, event: Divider.Dragged) -> None:
        event.stop()
        self._set_list_width(event.x)

    def action_type_into(self) -> None:
        session = self.session_at_cursor()
        if session is None:
            return
        if session.phase is not Phase.RUNNING:
            self.say(f"{session.name} does not run; `r` resumes it.")
            return
        if self.has_class("-tiny"):
            self.add_class("-zoomed")
        self._terminal.focus()

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.add_class("-shown")
        box.focus()

    @on(Input.Changed, "#filter")
    def _filter_as_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._take_filter(event.value)

    @on(Input.Submitted, "#filter")
    def _keep_filter(self, event: Input.Submitted) -> None:
        event.stop()
        self._list.focus()

    def on_key(self, event: events.Key) -> None:
        box = self.query_one("#filter", Input)
        if event.key == "escape" and box.has_focus:
            event.stop()
            box.value = ""
            box.remove_class("-shown")
            self._list.focus()

    def _take_filter(self, query: str) -> None:
        problem = self.query_one("#problem", Static)
        try:
            self._filter = parse_filter(query)
        except UsageError as error:
            problem.update(Content(one_line(error.message)))
            problem.add_class("-shown")
            return
        problem.remove_class("-shown")
        self.query_one("#filter").set_class(
            bool(query) or self.query_one("#filter").has_focus, "-shown"
        )
        self._show_list()

    def action_quick(self, name: str) -> None:
        quick = Quick[name]
        self._quick = None if self._quick is quick else quick
        self._show_list()

    def action_next_waiting(self) -> None:
        asking = [s for s in self.deck.store.sessions.values() if s.needs_attention]
        if not asking:
            self.say("Nobody needs you now.")
            return
        asking.sort(key=lambda s: (s.needs_since or s.updated_at, s.id))
        ids: list[str] = [session.id for session in asking]
        cursor = self._list.cursor
        at = ids.index(cursor) + 1 if cursor in ids else 0
        self._list.cursor = ids[at % len(ids)]

    def action_zoom(self) -> None:
        self.toggle_class("-zoomed")
        if not self.has_class("-zoomed"):
            self._list.focus()

    def action_resize_split(self, by: int) -> None:
        self._set_list_width(self._list_width + by)

    def _set_list_width(self, width: int) -> None:
        low, high = LIST_WIDTHS
        self._list_width = max(low, min(width, high, self.size.width - 30))
        self._fit_layout()

    def on_resize(self, event: events.Resize) -> None:
        self._fit_layout()

    def _fit_layout(self) -> None:
        width, height = self.size
        is_stacked = width < STACKED_BELOW
        self.set_class(is_stacked, "-stacked")
        self.set_class(height < TINY_BELOW and is_stacked, "-tiny")
        left = self.query_one("#left")
        left.styles.width = "100%" if is_stacked else self._list_width

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _mark_shown_read(self) -> None:
        self._read_timer = None
        session = self.session_at_cursor()
        if session is None or not session.unread or not self.app.app_focus:
            return
        try:
            await self.deck.call_many("session.mark_read", [session], unread=False)
        except AgentDeckError as error:
            self.log.warning(error.message)
