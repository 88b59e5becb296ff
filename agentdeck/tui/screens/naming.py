"""A small dialog for a name: a title, a folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

MAX_SHOWN = 12
"""So many of the names that there are already are shown."""


class NameScreen(Dialog[str | None]):
    """Asks for a name; gives it, or None.

    Args:
        title: What is named.
        value: The name that it has.
        placeholder: What stands in the empty line.
        known: Names that there are, which the line completes.
        may_be_empty: Whether no name is an answer too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(
        self,
        title: str,
        value: str,
        placeholder: str,
        *,
        known: Iterable[str] = (),
        may_be_empty: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._value = one_line(value)
        self._placeholder = placeholder
        self._known = [one_line(name) for name in known]
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content("enter keeps, esc cancels")
            with Vertical(classes="body"):
                if self._known:
                    names = ", ".join(self._known[:MAX_SHOWN])
                    yield Static(plain(f"There are {names}"), markup=False)
                yield Input(
                    self._value,
                    placeholder=self._placeholder,
                    suggester=SuggestFromList(self._known, case_sensitive=False),
                    id="name",
                    compact=True,
                )

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        if name or self._may_be_empty:
            self.dismiss(name)

    def action_cancel(self) -> None:
        self.dismiss(None)
