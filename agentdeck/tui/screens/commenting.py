"""A box to write a comment in, and a look at what would be sent to the agent."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, TextArea

from agentdeck.tui.printable import cell_text
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

MAX_SHOWN = 400


class CommentScreen(Dialog[str | None]):
    """Asks for a comment's text; gives it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,alt+enter", "keep", "keep"),
        Binding("escape", "cancel", "cancel"),
    ]

    def __init__(self, where: str, text: str = "") -> None:
        super().__init__()
        self._where = where
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(self._where)
            dialog.border_subtitle = Content("ctrl+s keeps · esc cancels")
            yield TextArea(self._text, id="comment", compact=True)

    def on_mount(self) -> None:
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def action_keep(self) -> None:
        text = self.query_one(TextArea).text.strip()
        self.dismiss(text or None)

    def action_cancel(self) -> None:
        self.dismiss(None)


class SendScreen(Dialog[str | None]):
    """Shows the message; gives `queue` or `interrupt`, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter,s", "choose('queue')", "send"),
        Binding("i", "choose('interrupt')", "interrupt"),
        Binding("n,escape,q", "choose('')", "cancel"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, title: str, message: str, *, is_working: bool) -> None:
        super().__init__()
        self._title = title
        self._message = message
        self._is_working = is_working

    def compose(self) -> ComposeResult:
        keys = "y sends"
        if self._is_working:
            keys = "y sends at the end of its turn · i interrupts it"
        lines = self._message.split("\n")
        shown = [cell_text(line) for line in lines[:MAX_SHOWN]]
        if len(lines) > MAX_SHOWN:
            shown.append(f"and {len(lines) - MAX_SHOWN} more lines")
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content(f"{keys} · esc cancels")
            yield Static(Content("\n".join(shown)), markup=False)

    def action_choose(self, how: str) -> None:
        self.dismiss(how or None)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
