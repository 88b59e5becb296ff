"""Reading in the panes: copy mode, and what comes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual import on, work
from textual.widget import Widget

from agentdeck.core.session import Phase, Session
from agentdeck.tui.actions import Scope, actions_of, keys_of, shown_key
from agentdeck.tui.deck import Deck
from agentdeck.tui.editor import open_worktree
from agentdeck.tui.opening import Copied, File, Link, Page, destination
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.watching import WatchingScreen
from agentdeck.tui.widgets.copying import Copying
from agentdeck.tui.widgets.footer import Hint
from agentdeck.tui.widgets.pane import Pane

COPIED_S = 2.0
"""For so long it is said that something was copied: it hides a part of a pane."""


class ReadingScreen(WatchingScreen):
    """A screen with panes from which can be copied."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self._focused_before: Widget | None = None
        """What had the keyboard before copy mode."""

    def keys_changed(self) -> None:
        """Other keys hold than before."""
        raise NotImplementedError

    def keyboard_hints(self) -> tuple[tuple[Hint, ...], str]:
        """What the footer says while a terminal has the keyboard."""
        if not self.terminal.is_copying:
            return (Hint(self.release_key, "gives the list back"),), "typing"
        if self.terminal.prompt is not None:
            keys = (
                Hint("enter", "keep"),
                Hint("esc", "give up"),
                Hint("up", "the last one"),
            )
            return keys, "search"
        rows = sorted(
            (r for r in actions_of(Scope.COPY) if r.rank), key=lambda r: r.rank
        )
        hints = (
            Hint(shown_key(keys_of(row)[0]), row.title, row.action) for row in rows
        )
        return tuple(hints), "copy mode"

    def action_copy_mode(self) -> None:
        session = self.session_at_cursor()
        if session is None:
            return
        if session.phase is not Phase.RUNNING:
            self._copy_from_log(session)
            return
        terminal = self.take_pane().terminal
        if terminal.frame_size is None:
            self.say(f"The screen of {session.name} is not here yet.")
            return
        self._focused_before = self.focused
        # At once: the next key is copy mode's already.
        self.set_focus(terminal)
        terminal.start_copying(from_list=True)

    def _copy_from_log(self, session: Session) -> None:
        """What an agent printed that runs no more is in its log, to be copied there."""
        from agentdeck.tui.screens.log import LogScreen

        if session.phase in (Phase.QUEUED, Phase.PREPARING):
            self.say(f"{session.name} does not run yet; there is nothing to copy.")
            return
        self.app.push_screen(LogScreen(self.deck, session, source="terminal"))

    @on(Copying.ModeChanged)
    def _show_mode(self, event: Copying.ModeChanged) -> None:
        event.stop()
        if event.gives_list_back:
            self.set_focus(self._focused_before)
        for pane in self.grid.panes:
            if pane.terminal is event.widget:
                self.show_pane_title(pane)
        self.keys_changed()

    @on(Copying.LogRequested)
    def _show_log(self, event: Copying.LogRequested) -> None:
        event.stop()
        self.action_show_log()

    def action_show_log(self) -> None:
        """Show the log: its end, or what is above the rows where a pane ends."""
        from agentdeck.tui.screens.log import LogScreen

        session = self.session_at_cursor()
        if session is not None:
            rows = self.terminal.rows_at_limit
            self.app.push_screen(LogScreen(self.deck, session, rows))

    def take_answer(self, pane: Pane, message: dict[str, Any]) -> None:
        session = self.deck.store.sessions.get(pane.session_id or "")
        if message.get("t") == "copied":
            self._copy(message)
        elif message.get("t") == "links" and session is not None:
            links = [Link.of(each) for each in message.get("links") or ()]
            self._take_links(session, links, is_list=message.get("for") == "list")

    @work(exclusive=True, group="link", exit_on_error=False)
    async def _take_links(
        self, session: Session, links: list[Link], *, is_list: bool
    ) -> None:
        """Open a link, or let one be chosen."""
        if not links:
            self.say("No links are shown." if is_list else "There is no link here.")
            return
        link, is_opened = links[0], True
        if is_list:
            from agentdeck.tui.screens.links import LinksScreen

            chosen = await self.app.push_screen_wait(LinksScreen(self.deck, links))
            if chosen is None:
                return
            link, is_opened = chosen
        if not is_opened:
            self._put_aside(link.whole, "")
            return
        worktree = Path(session.worktree)
        match await asyncio.to_thread(destination, link, worktree, self.deck.environ):
            case Page(url):
                self.app.open_url(url)
                self.say(f"Opens {cut(one_line(url), 100)}")
            case File(path, line):
                problem = open_worktree(self.app, self.deck, session, str(path), line)
                if problem:
                    self._put_aside(link.whole, problem.rstrip("."))
            case Copied(text, why):
                self._put_aside(text, why)

    def _put_aside(self, text: str, why: str) -> None:
        """Copy a link in place of opening it."""
        self.app.copy_to_clipboard(text)
        shown = cut(one_line(text), 100)
        self.say(f"Copied {shown}{f': {why}' if why else ''}.")

    def _copy(self, message: dict[str, Any]) -> None:
        """Put a text on the clipboard of the terminal that the app runs in (OSC 52)."""
        text = str(message.get("text") or "")
        if message.get("error"):
            self.say(one_line(str(message["error"])))
        elif not text.strip():
            self.say("There is nothing to copy.")
        else:
            self.app.copy_to_clipboard(text)
            rows = int(message.get("rows") or 1)
            self.notify(f"Copied {said_size(text, rows)}.", timeout=COPIED_S)


def said_size(text: str, rows: int) -> str:
    """How much a text is, for a person."""
    if rows > 1:
        return f"{rows} lines"
    return f"{len(text)} characters" if len(text) > 1 else "1 character"
