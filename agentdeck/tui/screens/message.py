"""Asks for a text of several lines, such as a commit's message."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog


class MessageScreen(Dialog[str | None]):
    """Edits a text; gives it, or None."""

    DEFAULT_CSS = """
    MessageScreen .dialog TextArea { height: 14; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", "keep", priority=True),
        Binding("escape", "cancel", "cancel", priority=True),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content("ctrl+s keeps it · esc cancels")
            yield TextArea(self._text, id="message", compact=True)

    def action_keep(self) -> None:
        text = self.query_one(TextArea).text.strip()
        self.dismiss(text or None)

    def action_cancel(self) -> None:
        self.dismiss(None)
