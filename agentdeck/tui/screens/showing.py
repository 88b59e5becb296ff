"""The half of the main screen beside the list: panes, and what the session asks.

Marks as read what a person has seen.
"""

from __future__ import annotations

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.screens.reading import ReadingScreen
from agentdeck.tui.widgets.answer_bar import AnswerBar

READ_AFTER_S = 1.0
"""A session counts as read once it has been shown for this long."""


class ShowingScreen(ReadingScreen):
    """A screen with panes and an answer bar."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._read_timer: Timer | None = None
        self._kept_unread: str | None = None

    def compose_right(self) -> ComposeResult:
        """The panes, and the answer bar beneath."""
        with Vertical(id="right"):
            yield self.make_grid()
            yield AnswerBar(self.deck.look, id="answer")

    def show_selected(self) -> None:
        """Show the sessions of the panes as they are now."""
        self._show_question(self.session_at_cursor())
        self.show_panes()
        self._mind_reading()

    def _show_question(self, session: Session | None) -> None:
        needs = session.needs if session and session.needs_attention else None
        self.query_one(AnswerBar).show_needs(needs, self.deck.keymap)

    def cursor_moved(self) -> None:
        """The cursor is on another session: show that one."""
        self._kept_unread = None
        if self._read_timer is not None:
            self._read_timer.stop()
            self._read_timer = None
        self.show_selected()

    def keep_unread(self) -> None:
        session = self.session_at_cursor()
        self._kept_unread = session.id if session else None

    def _unread_shown(self) -> list[Session]:
        """The unread sessions that a person can see now."""
        if not self.is_pane_shown or self.app.screen is not self:
            return []
        ids = {pane.session_id for pane in self.grid.panes if pane.terminal.size}
        ids -= {self._kept_unread, None}
        sessions = self.deck.store.chosen(each for each in ids if each)
        return [session for session in sessions if session.unread]

    def _mind_reading(self) -> None:
        if self._read_timer is None and self._unread_shown():
            after_s = 0.05 if self.terminal.has_focus else READ_AFTER_S
            self._read_timer = self.set_timer(after_s, self._mark_shown_read)

    @property
    def is_pane_shown(self) -> bool:
        """Whether a person can see the selected terminal now."""
        return bool(self.terminal.size) and self.app.app_focus

    def is_shown(self, session_id: str) -> bool:
        """Whether a person can see a session's terminal now."""
        panes = self.grid.panes if self.app.app_focus else []
        return any(p.session_id == session_id and bool(p.terminal.size) for p in panes)

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _mark_shown_read(self) -> None:
        self._read_timer = None
        sessions = self._unread_shown()
        if not sessions:
            return
        try:
            await self.deck.call_many("session.mark_read", sessions, unread=False)
        except AgentDeckError as error:
            self.log.warning(error.message)

    @on(AnswerBar.ChoiceClicked)
    def _answer_clicked(self, event: AnswerBar.ChoiceClicked) -> None:
        event.stop()
        self.action_answer(event.choice)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.show_focus()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.call_later(self.show_focus)

    def show_focus(self) -> None:
        super().show_focus()
        if self.terminal.has_focus:
            self._mind_reading()
