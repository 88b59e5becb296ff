"""The turns of a session: its commits and checkpoints, and the way back to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import age, one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

KEYS = "enter goes there · a auto-commit · f forces · esc closes"


class TurnsScreen(Dialog[str | None]):
    """Lists turns; gives a sentence when it went to one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.TURNS)

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self._deck = deck
        self._session = session
        self._is_on = False

    @property
    def attended(self) -> Attended:
        return Attended(self._session.id, "reviewing")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            title = one_line(self._session.title or self._session.name)
            dialog.border_title = Content(f"Turns · {title}")
            dialog.border_subtitle = Content(KEYS)
            yield OptionList(id="turns", markup=False, compact=True)
            yield Static(classes="options", markup=False)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self.set_class(self._deck.look.glyphs.is_ascii, "-ascii")
        self.query_one("#turns").focus()
        self._fill()

    @on(OptionList.OptionSelected)
    def _rewind_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._rewind(str(event.option_id), force=False)

    def action_force(self) -> None:
        turns = self.query_one("#turns", OptionList)
        if turns.highlighted is not None:
            chosen = turns.get_option_at_index(turns.highlighted)
            self._rewind(str(chosen.id), force=True)

    def action_go(self, by: int) -> None:
        turns = self.query_one("#turns", OptionList)
        if by > 0:
            turns.action_cursor_down()
        else:
            turns.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="turns", exit_on_error=False)
    async def action_switch(self) -> None:
        try:
            await self._deck.link.call(
                "session.auto_commit", ids=[self._session.id], on=not self._is_on
            )
        except AgentDeckError as error:
            self._say(error.message)
            return
        self._fill()

    @work(exclusive=True, group="turns", exit_on_error=False)
    async def _fill(self) -> None:
        try:
            answer = await self._deck.link.call("session.turns", id=self._session.id)
        except AgentDeckError as error:
            self._say(error.message)
            return
        self._is_on = bool(answer["auto_commit"])
        listed = self.query_one("#turns", OptionList)
        at = listed.highlighted or 0
        turns = answer["turns"]
        listed.set_options(Option(self._line(t), id=str(t["id"])) for t in turns)
        listed.highlighted = min(at, len(turns) - 1) if turns else None
        word = "makes a commit" if self._is_on else "makes no commit"
        note = one_line(str(answer.get("note") or ""))
        self.query_one(".options", Static).update(
            Content.assemble(
                f"a  the end of a turn {word}",
                (f"\n{note}" if note else "", "$warning"),
            )
        )

    @work(exclusive=True, group="turns", exit_on_error=False)
    async def _rewind(self, turn: str, *, force: bool) -> None:
        try:
            done = await self._deck.link.call(
                "session.rewind", id=self._session.id, turn=turn, force=force
            )
        except AgentDeckError as error:
            self._say(error.message)
            return
        kept = str(done.get("kept") or "")
        left = f"; what it left is k{kept.rsplit('/', 1)[1]}" if kept else ""
        name = self._session.name
        self.dismiss(f"{name} is at {done['turn']}: {done['subject']}{left}")

    def _say(self, message: str) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.add_class("-shown")

    def _line(self, turn: dict[str, Any]) -> Content:
        glyphs = self._deck.look.glyphs
        is_left = turn["kind"] == "left"
        ago = age(datetime.fromisoformat(str(turn["at"])), self._deck.clock())
        here = glyphs.bar if turn.get("current") else " "
        number = f"turn {turn['turn']}" if turn.get("turn") else ""
        added, removed = f"+{turn['added']}", f"{glyphs.minus}{turn['removed']}"
        if not turn["files"]:
            added = removed = ""
        subject = one_line(str(turn["subject"]), ascii_only=glyphs.is_ascii)
        if turn["kind"] == "start":
            subject = f"where it started: {subject}"
        elif is_left:
            more = " and uncommitted work" if turn["files"] else ""
            subject = f"left behind: {subject}{more}"
        return Content.assemble(
            (f"{here} ", "$primary"),
            (f"{one_line(str(turn['id'])):>3}", "bold $warning" if is_left else "bold"),
            (f"{ago:>6}  {number:<8}", "$foreground 60%"),
            (f"{added:>6}", "$success"),
            (f"{removed:>6}  ", "$error"),
            (subject, "$foreground 70%" if is_left else ""),
        )
