"""The trash: discarded sessions, and the way back for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

DAY_S = 86400


class TrashScreen(Dialog[str | None]):
    """Lists what was discarded; gives the id of the session it brought back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "restore", "restore"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
        Binding("escape,q,X", "close", "close"),
    ]

    def __init__(self, deck: Deck) -> None:
        super().__init__()
        self._deck = deck

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Trash")
            dialog.border_subtitle = Content("enter restores · esc closes")
            yield OptionList(id="trash", markup=False, compact=True)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self.query_one("#trash").focus()
        self._fill()

    @on(OptionList.OptionSelected)
    def _restore_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_restore()

    def action_restore(self) -> None:
        queue = self.query_one("#trash", OptionList)
        if queue.highlighted is not None:
            chosen = queue.get_option_at_index(queue.highlighted)
            self._restore(str(chosen.id))

    def action_go(self, by: int) -> None:
        entries = self.query_one("#trash", OptionList)
        if by > 0:
            entries.action_cursor_down()
        else:
            entries.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="trash", exit_on_error=False)
    async def _fill(self) -> None:
        try:
            answer = await self._deck.link.call("trash.list")
        except AgentDeckError as error:
            self._say(error.message)
            return
        entries = answer["sessions"]
        if not entries:
            self._say("The trash is empty.")
        listed = self.query_one("#trash", OptionList)
        listed.set_options(Option(self._line(e), id=str(e["id"])) for e in entries)
        listed.highlighted = 0 if entries else None

    @work(exclusive=True, group="trash", exit_on_error=False)
    async def _restore(self, session_id: str) -> None:
        try:
            answer = await self._deck.link.call("trash.restore", ids=[session_id])
        except AgentDeckError as error:
            self._say(error.message)
            return
        (result,) = answer["results"]
        if result["ok"]:
            self.dismiss(session_id)
        else:
            self._say(str((result.get("error") or {}).get("message")))

    def _say(self, message: str) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.add_class("-shown")

    def _line(self, entry: dict[str, Any]) -> Content:
        now = self._deck.clock().timestamp()
        left = max(0, round((float(entry["expires"]) - now) / DAY_S))
        when = datetime.fromtimestamp(float(entry["at"]), UTC)
        dirty = "  uncommitted work" if entry.get("dirty") else ""
        glyphs = self._deck.look.glyphs
        return Content.assemble(
            (one_line(str(entry["name"])), "bold"),
            (f"  {glyphs.up}{entry.get('ahead', 0)}", "$foreground 60%"),
            (dirty, "$warning"),
            (f"  {when:%d %b %H:%M} UTC, {left} days left", "$foreground 60%"),
            f"  {one_line(str(entry['title']))}",
        )
