"""Find: words in what all sessions printed, said and were asked, as they are typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.finding import match_for, pattern_of, words_of
from agentdeck.tui.actions import Scope, actions_of, bindings_for, keys_of, shown_key
from agentdeck.tui.deck import Deck
from agentdeck.tui.log_rows import Item, item_from
from agentdeck.tui.printable import cell_text, one_line
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.log_view import LogView

TYPED_PAUSE_S = 0.12
"""What is typed on is not searched for before this long a pause."""
WAIT_S = 1.0
"""How long the host may wait for sessions that are still being read."""
ABOUT = "about"
MAX_COMPARED = 60
"""So many characters tell a line from others of the same moment."""


class FindScreen(Screen[None]):
    """A line to type in, and the lines found, by session."""

    AUTO_FOCUS = "#words"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.FIND)
    DEFAULT_CSS = """
    FindScreen { background: $background; }
    FindScreen #words-row { height: 1; background: $panel; padding: 0 1; }
    FindScreen #words-sign { width: 6; color: $primary; text-style: bold; }
    FindScreen #words { width: 1fr; background: $panel; }
    FindScreen #said { height: auto; padding: 0 1; color: $foreground 60%; }
    FindScreen #said.-problem { color: $error; }
    """

    def __init__(self, deck: Deck, go_to: Callable[[str], None]) -> None:
        """Search all sessions.

        Args:
            deck: What the app shares.
            go_to: Puts the list's cursor on a session.
        """
        super().__init__()
        self.deck = deck
        self._go_to = go_to
        self._timer: Timer | None = None
        self._targets: list[tuple[str, dict[str, Any] | None]] = []
        """The session of each item, and the hit if it is one."""

    def compose(self) -> ComposeResult:
        look = self.deck.look
        with Horizontal(id="words-row"):
            yield Static(Content("find"), id="words-sign")
            yield Input(
                placeholder="words that stand in one line; quote a phrase",
                id="words",
                compact=True,
            )
        yield Static(id="said", markup=False)
        found = LogView(look, id="found")
        found.can_focus = False
        yield found
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self._say("Finds in terminals, conversations, prompts and titles.")
        rows = sorted(
            (a for a in actions_of(Scope.FIND) if a.rank), key=lambda a: a.rank
        )
        self.query_one(KeyBar).show_hints(
            tuple(Hint(shown_key(keys_of(r)[0]), r.title, r.action) for r in rows)
        )

    @property
    def view(self) -> LogView:
        """What was found."""
        return self.query_one(LogView)

    def _say(self, text: str, *, is_problem: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(is_problem, "-problem")
        said.update(Content(one_line(text, ascii_only=self.deck.look.glyphs.is_ascii)))

    @on(Input.Changed, "#words")
    def _search_soon(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(TYPED_PAUSE_S, self._search)

    @work(exclusive=True, group="find", exit_on_error=False)
    async def _search(self) -> None:
        text = self.query_one("#words", Input).value
        if not match_for(text):
            self._show(text, {"sessions": []})
            self._say("Two letters are the least." if text else "")
            return
        wait_s = 0.0
        try:
            while True:
                answer = await self.deck.link.call(
                    "find.search", text=text, wait_s=wait_s
                )
                self._show(text, answer)
                pending = int(answer["pending"])
                if not pending:
                    return
                wait_s = WAIT_S
        except AgentDeckError as error:
            self._say(error.message, is_problem=True)

    def _show(self, text: str, answer: dict[str, Any]) -> None:
        view = self.view
        kept = self._target_at_cursor() if view.cursor else None
        view.clear()
        view.mark_words(pattern_of(text))
        view.is_following = False
        items: list[Item] = []
        self._targets = []
        for session in answer["sessions"]:
            self._add_session(session, items)
        view.add(items)
        view.has_news = False
        places = [n for n, (_, hit) in enumerate(self._targets) if hit is not None]
        if kept in self._targets:
            view.go_to_item(self._targets.index(kept))
        elif places:
            view.go_to_item(places[0])
        if answer["sessions"] or answer.get("pending") is not None:
            self._say_count(answer)

    def _say_count(self, answer: dict[str, Any]) -> None:
        hits, sessions = int(answer["hits"]), len(answer["sessions"])
        said = f"{hits} {'line' if hits == 1 else 'lines'} in {sessions} "
        said += "session" if sessions == 1 else "sessions"
        if not hits:
            said = "Nothing is found"
        if answer["pending"]:
            said += f"; {answer['pending']} sessions are still being read"
        self._say(said)

    def _add_session(self, session: dict[str, Any], items: list[Item]) -> None:
        ascii_only = self.deck.look.glyphs.is_ascii
        zone = self.deck.clock().tzinfo
        count = int(session["count"])
        title = one_line(f"{session['title']}  ({count})", ascii_only=ascii_only)
        items.append(item_from("session", title, None, ascii_only=ascii_only))
        self._targets.append((session["id"], None))
        for hit in session["hits"]:
            at = datetime.fromtimestamp(float(hit["at"]), zone)
            line = one_line(str(hit["text"]), ascii_only=ascii_only)
            text = f"{at:%d %b %H:%M}  {hit['source']:<12}  {line}"
            items.append(item_from("hit", text, None, ascii_only=ascii_only))
            self._targets.append((session["id"], hit))

    def _target_at_cursor(self) -> tuple[str, dict[str, Any] | None] | None:
        number = self.view.item_at_cursor
        if number is None or number >= len(self._targets):
            return None
        return self._targets[number]

    @on(Input.Submitted, "#words")
    def _open_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_open()

    @on(LogView.Moved)
    def _stop_moved(self, event: LogView.Moved) -> None:
        event.stop()

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    def action_open(self) -> None:
        target = self._target_at_cursor()
        if target is None:
            return
        session_id, hit = target
        session = self.deck.store.sessions.get(session_id)
        if session is None:
            self._say("That session is gone by now.", is_problem=True)
            return
        self._go_to(session_id)
        if hit is None or hit["source"] == ABOUT:
            self.dismiss(None)
            return
        words = words_of(self.query_one("#words", Input).value)
        longest = max(words, key=len, default="")
        screen = LogScreen(
            self.deck,
            session,
            source=hit["source"],
            at=float(hit["at"]),
            line=cell_text(str(hit["text"])).strip()[:MAX_COMPARED],
            query=longest,
        )
        self.app.push_screen(screen)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_go_by(self, rows: int) -> None:
        self.view.go_by(rows)

    def action_page(self, pages: int) -> None:
        self.view.go_by(pages * max(1, self.view.size.height - 1))
