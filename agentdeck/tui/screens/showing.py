"""The half of the main screen that shows the selected session's terminal.

It opens and closes the session's channel as the cursor moves, passes keys on, and
marks as read what a person has seen.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import key_name
from agentdeck.tui.deck import Deck
from agentdeck.tui.feed import ScreenFeed
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.dealing import DealingScreen
from agentdeck.tui.widgets.answer_bar import AnswerBar
from agentdeck.tui.widgets.session_row import status_of
from agentdeck.tui.widgets.terminal import Terminal

OPEN_PAUSE_S = 0.08
"""A cursor that runs through the list opens no screen on its way."""
READ_AFTER_S = 1.0
"""A session counts as read once it has been shown for this long."""


class ShowingScreen(DealingScreen):
    """A screen with one session's terminal, answer bar and titles."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._feed = ScreenFeed(deck.link, self._draw, self._say_no_screen)
        self._open_timer: Timer | None = None
        self._read_timer: Timer | None = None
        self._kept_unread: str | None = None
        self._shown_live: tuple[str, bool] | None = None

    @property
    def release_key(self) -> str:
        """The key that gives the keyboard back to the list."""
        return str(self.deck.store.app.get("release_key") or "ctrl+]")

    @property
    def terminal(self) -> Terminal:
        """The selected session's terminal."""
        return self.query_one(Terminal)

    def compose_pane(self) -> ComposeResult:
        """The terminal in its frame, and the answer bar beneath."""
        look = self.deck.look
        with Vertical(id="right"):
            with Vertical(id="pane"):
                yield Terminal(look, key_name(self.release_key), id="terminal")
            yield AnswerBar(look, id="answer")

    @work(group="feed", exit_on_error=False)
    async def send_input(self) -> None:
        """Send what is typed, for as long as the screen is there."""
        await self._feed.send_waiting()

    def show_again(self) -> None:
        """Open the selected session's screen on a new connection."""
        self.terminal.release_key = key_name(self.release_key)
        self._open_screen(again=True)

    def forget_channel(self) -> None:
        """The connection is gone, and with it the channel."""
        self._feed.lost()

    def show_selected(self) -> None:
        """Show the session under the cursor as it is now."""
        session = self.session_at_cursor()
        self._show_question(session)
        self._title_pane(session)
        if session is None:
            self.terminal.show_note("")
            return
        if session.phase in (Phase.QUEUED, Phase.PREPARING):
            self._note_waiting(session)
        # A session that was resumed has a new terminal, and so a new channel.
        was_over = self._shown_live == (session.id, False)
        self._shown_live = (session.id, session.is_live)
        if was_over and session.is_live:
            self._open_screen(again=True)
        elif self._has_screen(session) and self._feed.session_id != session.id:
            self._open_unless_soon()
        self._mind_reading(session)

    def _open_unless_soon(self) -> None:
        if self._open_timer is None:
            self.open_soon()

    @staticmethod
    def _has_screen(session: Session) -> bool:
        return session.phase not in (Phase.QUEUED, Phase.PREPARING)

    def _note_waiting(self, session: Session) -> None:
        if session.phase is Phase.PREPARING:
            self.terminal.show_note("Preparing", "Its worktree is being made.")
            return
        pool = self.deck.store.pool
        place = self.deck.store.queue_places().get(session.id, 0)
        line = f"Number {place} in the queue; {pool.running} of {pool.limit} run now."
        if pool.paused:
            line = f"Number {place} in the queue. The pool is paused; p lets it go on."
        self.terminal.show_note("Queued", line, "", one_line(session.prompt))

    def _show_question(self, session: Session | None) -> None:
        needs = session.needs if session and session.needs_attention else None
        self.query_one(AnswerBar).show_needs(needs)

    def _title_pane(self, session: Session | None) -> None:
        pane = self.query_one("#pane")
        if session is None:
            pane.border_title = pane.border_subtitle = None
            return
        glyphs = self.deck.look.glyphs
        place = self.deck.store.queue_places().get(session.id, 0)
        status = status_of(session, glyphs, place)
        is_loud = status.colour not in ("muted", "faint")
        colour = f"${status.colour}" if is_loud else ""
        name = one_line(session.name, ascii_only=glyphs.is_ascii)
        said = f"{status.glyph} {status.word}"
        branch = one_line(session.branch, ascii_only=glyphs.is_ascii)
        branch = f" {glyphs.dot} {branch}"
        room = pane.size.width - 4
        if cell_len(f"{name} {said}{branch}") > room:
            branch = ""
        pane.border_title = Content.assemble(
            (cut(name, room, more=glyphs.more), "bold"), " ", (said, colour), branch
        )
        pane.border_subtitle = self._subtitle(session, name)

    def _subtitle(self, session: Session, name: str) -> Content | None:
        glyphs = self.deck.look.glyphs
        if self.terminal.has_focus:
            key = self.release_key
            line = f"typing into {name} {glyphs.dot} {key} gives the list back"
            return Content.styled(line, "bold")
        if session.reason and session.is_over:
            return Content(one_line(session.reason, ascii_only=glyphs.is_ascii))
        size = self.terminal.frame_size
        return Content(f"{size[0]}{glyphs.times}{size[1]}") if size else None

    def open_soon(self) -> None:
        """Open the selected session's screen once the cursor rests."""
        if self._open_timer is not None:
            self._open_timer.stop()
        self._open_timer = self.set_timer(OPEN_PAUSE_S, self._open_now)

    def _open_now(self) -> None:
        self._open_timer = None
        self._open_screen(again=False)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open_screen(self, *, again: bool) -> None:
        session = self.session_at_cursor()
        if session is None or not self._has_screen(session):
            await self._feed.show(None)
        elif session.id != self._feed.session_id or again:
            self.terminal.begin()
            self.terminal.fit()
            await self._feed.show(session.id, again=again)

    def _draw(self, channel: int, frame: dict[str, object]) -> None:
        had = self.terminal.frame_size
        self.terminal.draw(channel, frame)
        if had != self.terminal.frame_size:
            self._title_pane(self.session_at_cursor())

    def _say_no_screen(self, reason: str) -> None:
        if self.deck.lost is None:
            self.terminal.show_note("No screen", reason)

    def cursor_moved(self) -> None:
        """The cursor is on another session: show that one."""
        self._kept_unread = None
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None
        self.open_soon()
        self.show_selected()

    def keep_unread(self) -> None:
        session = self.session_at_cursor()
        self._kept_unread = session.id if session else None

    def _mind_reading(self, session: Session) -> None:
        is_wanted = session.unread and session.id != self._kept_unread
        if is_wanted and self._read_timer is None and self.is_pane_shown:
            after_s = 0.05 if self.terminal.has_focus else READ_AFTER_S
            self._read_timer = self.set_timer(after_s, self._mark_shown_read)

    @property
    def is_pane_shown(self) -> bool:
        """Whether a person can see the terminal now."""
        return bool(self.terminal.size) and self.app.app_focus

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _mark_shown_read(self) -> None:
        self._read_timer = None
        session = self.session_at_cursor()
        if session is None or not session.unread or not self.is_pane_shown:
            return
        if self.app.screen is not self or session.id == self._kept_unread:
            return
        try:
            await self.deck.call_many("session.mark_read", [session], unread=False)
        except AgentDeckError as error:
            self.log.warning(error.message)

    @on(Terminal.Painted)
    def _acknowledge(self, event: Terminal.Painted) -> None:
        event.stop()
        self._feed.acknowledge(event.channel, event.n)

    @on(Terminal.Fitted)
    def _fit(self, event: Terminal.Fitted) -> None:
        event.stop()
        session = self.session_at_cursor()
        if session is not None and session.is_live:
            self._feed.fit(event.cols, event.rows)

    @on(Terminal.Typed)
    def _type(self, event: Terminal.Typed) -> None:
        event.stop()
        self._feed.type(event.kind, event.event)

    @on(AnswerBar.ChoiceClicked)
    def _answer_clicked(self, event: AnswerBar.ChoiceClicked) -> None:
        event.stop()
        self.action_answer(event.choice)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.show_focus()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.call_later(self.show_focus)

    def show_focus(self) -> None:
        """Show who has the keyboard."""
        self._title_pane(self.session_at_cursor())
        session = self.session_at_cursor()
        if session is not None and self.terminal.has_focus:
            self._mind_reading(session)
