"""The log of a session as a text to read: what it said, or what its terminal showed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Static

from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, actions_of, bindings_for, keys_of, shown_key
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Deck
from agentdeck.tui.log_feed import Feed, LogFeed
from agentdeck.tui.log_rows import line_like
from agentdeck.tui.printable import one_line
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.log_view import LogView

COPIED_S = 2.0


class LogScreen(Screen[None]):
    """Title, the log, a line to search in, the keys."""

    WHAT = "log"
    EMPTY = "Nothing was printed yet."
    AUTO_FOCUS = "LogView"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LOG)
    DEFAULT_CSS = """
    LogScreen { background: $background; }
    LogScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    LogScreen #problem { display: none; height: auto; padding: 0 1; color: $error; }
    LogScreen #problem.-shown { display: block; }
    LogScreen #search-row { display: none; height: 1; background: $panel; padding: 0 1; }
    LogScreen.-searching #search-row { display: block; }
    LogScreen #search-sign { width: 2; color: $primary; text-style: bold; }
    LogScreen #search { width: 1fr; background: $panel; }
    LogScreen #search-count { width: auto; color: $foreground 60%; }
    """

    def __init__(
        self,
        deck: Deck,
        session: Session,
        rows: Sequence[str] = (),
        *,
        source: str | None = None,
        at: float | None = None,
        line: str = "",
        query: str = "",
    ) -> None:
        """Read a session's log.

        Args:
            deck: What the app shares.
            session: Whose log it is.
            rows: Rows of the pane at which to begin to read; none for the end.
            source: `conversation` or `terminal`; the better of those there are.
            at: The time of the clock to begin at, in place of the end.
            line: A line of that time to begin at.
            query: What to search for at once.
        """
        super().__init__()
        self.deck = deck
        self._session = session
        self._source = "terminal" if any(map(str.strip, rows)) else source
        self._rows = rows
        self._goal = at
        """The time that is to be gone to once it has been read."""
        self._line = line
        self._query = query

    @property
    def attended(self) -> Attended:
        return Attended(self._session.id, "reading")

    def compose(self) -> ComposeResult:
        look = self.deck.look
        yield Static(id="title", markup=False)
        yield Static(id="problem", markup=False)
        yield LogView(look, id="log")
        with Horizontal(id="search-row"):
            yield Static(Content("/"), id="search-sign")
            yield Input(self._query, id="search", compact=True)
            yield Static(id="search-count", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self.feed = self.make_feed()
        if self._goal is not None:
            self.view.is_following = False
        self.set_class(bool(self._query), "-searching")
        self._follow(self._source)

    def make_feed(self) -> Feed:
        """What fills the view."""
        return LogFeed(self.deck, self.view, self._show_state)

    @property
    def view(self) -> LogView:
        """The log."""
        return self.query_one(LogView)

    @work(exclusive=True, group="log", exit_on_error=False)
    async def _follow(self, source: str | None) -> None:
        await self.feed.follow(self._session.id, source)

    def _show_state(self) -> None:
        view = self.view
        if self.feed.is_whole and self._goal is not None:
            goal, self._goal = self._goal, None
            view.go_to_time(goal, self._line)
            self._line = ""
        if self._rows and self.feed.is_whole:
            rows, self._rows = self._rows, ()
            place = line_like([item.text for item in view.log_rows.items], rows)
            if place is not None:
                view.go_to_item(place)
        if self._query and self.feed.is_whole:
            query, self._query = self._query, ""
            view.search(query)
        problem = self.query_one("#problem", Static)
        said = self.feed.problem
        if not said and self.feed.is_whole and not view.log_rows.rows:
            said = self.EMPTY
        problem.set_class(bool(said), "-shown")
        problem.update(Content(one_line(said)))
        self._show_title()
        self._show_keys()

    @on(LogView.Moved)
    def _show_place(self, event: LogView.Moved) -> None:
        event.stop()
        self._show_title()

    def _show_title(self) -> None:
        look, view = self.deck.look, self.view
        dim = "not bold $foreground 60%"
        parts: list[str | tuple[str, str]] = [
            (f"{self.WHAT}  ", "$primary"),
            one_line(self._session.title, ascii_only=look.glyphs.is_ascii),
            "   ",
        ]
        if len(self.feed.sources) > 1:
            for source in self.feed.sources:
                style = "not bold $accent" if source == self.feed.source else dim
                parts += [(source, style), "  "]
        at = view.cursor_time
        if at is not None:
            zone = self.deck.clock().tzinfo
            parts.append((f"{datetime.fromtimestamp(at, zone):%d %b %H:%M:%S}", dim))
        if view.selected_from is not None:
            parts.append((f"  selecting {look.glyphs.dot} y copies", "$warning"))
        elif not self.feed.is_whole and not self.feed.problem:
            parts.append((f"  reading{look.glyphs.more}", "not bold $warning"))
        elif view.has_news:
            parts.append((f"  new output below {look.glyphs.down} G", "$warning"))
        self.query_one("#title", Static).update(Content.assemble(*parts))
        place, count = view.hit_place
        said = f"{place} of {count}" if count else "not found"
        self.query_one("#search-count", Static).update(
            Content(said if view.query_text else "")
        )

    def _show_keys(self) -> None:
        rows = sorted(
            (row for row in actions_of(Scope.LOG) if row.rank), key=lambda row: row.rank
        )
        several = len(self.feed.sources) > 1
        self.query_one(KeyBar).show_hints(
            tuple(
                Hint(shown_key(keys_of(row)[0]), row.title, row.action)
                for row in rows
                if self.offers(row.id) and (several or row.id != "log.source")
            )
        )

    def offers(self, action_id: str) -> bool:
        """Whether an action of the registry is of use here."""
        return action_id != "log.open"

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    @on(Input.Changed, "#search")
    def _search_as_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.feed.is_whole:
            self.view.search(event.value)

    @on(Input.Submitted, "#search")
    def _keep_search(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_class(bool(event.value), "-searching")
        self.view.focus()

    def on_key(self, event: Key) -> None:
        if event.key == "escape" and self.query_one("#search").has_focus:
            event.stop()
            self._end_search()

    def _end_search(self) -> None:
        self.query_one("#search", Input).value = ""
        self.view.search("")
        self.remove_class("-searching")
        self.view.focus()

    def action_close(self) -> None:
        if self.view.selected_from is not None:
            self.action_select()
        elif self.view.query_text:
            self._end_search()
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        self.add_class("-searching")
        self.query_one("#search", Input).focus()

    def action_hit(self, forward: bool) -> None:
        if not self.view.query_text:
            self.action_search()
        else:
            self.view.go_to_hit(forward=forward)

    def action_mark(self, forward: bool) -> None:
        self.view.go_to_mark(forward=forward)

    def action_go_by(self, rows: int) -> None:
        self.view.go_by(rows)

    def action_page(self, pages: int) -> None:
        self.view.go_by(pages * max(1, self.view.size.height - 1))

    def action_top(self) -> None:
        self.view.go_to(0)

    def action_end(self) -> None:
        self.view.go_to(len(self.view.log_rows.rows) - 1)

    def action_select(self) -> None:
        self.view.toggle_selection()
        self._show_title()

    def action_copy(self) -> None:
        text = self.view.selected_text
        if not text.strip():
            self.app.notify("There is nothing to copy.", markup=False)
            return
        self.app.copy_to_clipboard(text)
        if self.view.selected_from is not None:
            self.action_select()
        lines = text.count("\n") + 1
        said = f"Copied {lines} lines." if lines > 1 else "Copied the line."
        self.app.notify(said, markup=False, timeout=COPIED_S)

    def action_fold(self) -> None:
        if not self.view.toggle_fold():
            self.action_replay()

    def action_replay(self) -> None:
        from agentdeck.tui.screens.replay import ReplayScreen

        at = self.view.cursor_time
        self.app.push_screen(ReplayScreen(self.deck, self._session, wall=at))

    def action_switch_source(self) -> None:
        sources = self.feed.sources
        if len(sources) > 1:
            self._goal = None if self.view.is_following else self.view.cursor_time
            place = sources.index(self.feed.source) + 1
            self._source = sources[place % len(sources)]
            self._follow(self._source)

    def action_open_log(self) -> None:
        """Of use where a line is not of the log itself."""
