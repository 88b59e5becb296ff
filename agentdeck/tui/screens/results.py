"""What an action on many sessions could not do, session by session, and once more."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.dialog import Dialog

NAME_WIDTH = 24


class ResultsScreen(Dialog[bool]):
    """Lists what failed; gives whether to try those sessions again."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.RESULTS)

    def __init__(self, failed: list[dict[str, Any]], fine: int, look: Look) -> None:
        super().__init__()
        self._failed = failed
        self._fine = fine
        self._look = look

    def compose(self) -> ComposeResult:
        count = len(self._failed)
        of = count + self._fine
        with Vertical(classes="dialog -grave") as dialog:
            dialog.border_title = Content(f"{count} of {of} could not be done")
            dialog.border_subtitle = Content("r tries these again, esc closes")
            with VerticalScroll(classes="results", can_focus=False):
                for result in self._failed:
                    with Horizontal(classes="result"):
                        who = Static(self._who(result), classes="who")
                        who.styles.width = self._name_width + 4
                        yield who
                        yield Static(self._why(result), classes="why")
            with Horizontal(classes="buttons"):
                again = "Try these again (r)" if count > 1 else "Try it again (r)"
                yield Button(Content(f" {again} "), "primary", id="again", compact=True)
                yield Button(Content(" Close (esc) "), id="close", compact=True)

    def on_mount(self) -> None:
        self.query_one("#close").focus()

    @property
    def _name_width(self) -> int:
        widths = (cell_len(one_line(str(each.get("name")))) for each in self._failed)
        return min(max(widths), NAME_WIDTH)

    def _who(self, result: dict[str, Any]) -> Content:
        glyphs = self._look.glyphs
        name = one_line(str(result.get("name")), ascii_only=glyphs.is_ascii)
        name = cut(name, self._name_width, more=glyphs.more)
        return Content.assemble((f"{glyphs.failed} ", "$error"), (name, "bold"))

    def _why(self, result: dict[str, Any]) -> Content:
        error = result.get("error") or {}
        ascii_only = self._look.glyphs.is_ascii
        return Content(one_line(str(error.get("message")), ascii_only=ascii_only))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "again")

    def action_retry(self) -> None:
        self.dismiss(True)

    def action_close(self) -> None:
        self.dismiss(False)
