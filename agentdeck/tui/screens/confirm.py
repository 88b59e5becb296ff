"""Small dialogs: a question with yes and no, and a line of text."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.dialog import Dialog


def plain(text: str) -> Content:
    """A text as it is, never markup."""
    return Content(one_line(text))


class ConfirmScreen(Dialog[bool]):
    """Asks whether to do something; gives the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,q", "answer(False)", "no"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(
        self, title: str, lines: list[str], verb: str, *, is_grave: bool = False
    ) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._verb = verb
        self._is_grave = is_grave

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = Content(self._title)
            dialog.set_class(self._is_grave, "-grave")
            with Vertical(classes="body"):
                for line in self._lines:
                    yield Static(plain(line), markup=False)
            with Horizontal(classes="buttons"):
                variant = "error" if self._is_grave else "primary"
                yes = Content(f" {self._verb} (y) ")
                yield Button(yes, variant, id="yes", compact=True)  # type: ignore[arg-type]
                yield Button(Content(" Cancel (n) "), id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#yes").focus()

    @on(Button.Pressed)
    def _answer_from_button(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_answer(self, is_yes: bool) -> None:
        self.dismiss(is_yes)


class ReplyScreen(Dialog[str | None]):
    """Asks for a line of text; gives it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(self, title: str, question: str = "") -> None:
        super().__init__()
        self._title = title
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content("enter sends · esc cancels")
            with Vertical(classes="body"):
                if self._question:
                    yield Static(
                        plain(self._question), classes="question", markup=False
                    )
                yield Input(placeholder="Your reply", id="reply", compact=True)

    @on(Input.Submitted)
    def _send(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
