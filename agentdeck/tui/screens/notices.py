"""The log of notices: what the app said, newest first, with what stands behind it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.look import Look
from agentdeck.tui.notices import Notice, Notices
from agentdeck.tui.printable import cell_text, one_line
from agentdeck.tui.screens.dialog import Dialog

_ROLES = {"error": "$error", "warning": "$warning"}


class NoticesScreen(Dialog[None]):
    """Lists the notices; the details of the highlighted one stand below."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.NOTICES)

    def __init__(self, notices: Notices, look: Look) -> None:
        super().__init__()
        self._notices = list(notices)
        self._look = look

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Notices")
            dialog.border_subtitle = Content("newest first, esc closes")
            options = [Option(self._line(notice)) for notice in self._notices]
            yield OptionList(*options, id="notices", markup=False, compact=True)
            if not self._notices:
                yield Static(Content("Nothing was said yet."), classes="options")
            with VerticalScroll(id="details", can_focus=False):
                yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        listed = self.query_one("#notices", OptionList)
        listed.display = bool(self._notices)
        listed.highlighted = 0 if self._notices else None
        listed.focus()

    def _line(self, notice: Notice) -> Content:
        glyphs = self._look.glyphs
        sign = {"error": glyphs.failed, "warning": glyphs.needs}
        text = one_line(notice.text, ascii_only=glyphs.is_ascii)
        return Content.assemble(
            (f"{notice.at.astimezone():%H:%M:%S}  ", "$foreground 50%"),
            (
                f"{sign.get(notice.severity, glyphs.dot)} ",
                _ROLES.get(notice.severity, "$primary"),
            ),
            text,
        )

    @on(OptionList.OptionHighlighted)
    def _show_details(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        notice = self._notices[event.option_index]
        ascii_only = self._look.glyphs.is_ascii
        lines = [notice.text, *notice.details.splitlines()]
        text = "\n".join(cell_text(line, ascii_only=ascii_only) for line in lines)
        self.query_one("#detail", Static).update(Content(text))

    def action_close(self) -> None:
        self.dismiss(None)

    def action_go(self, by: int) -> None:
        listed = self.query_one("#notices", OptionList)
        if by > 0:
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()
