"""Chooses one hunk of a file's change, with its lines below the list."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agentdeck.core.diff_text import Hunk, LineKind
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog
from agentdeck.tui.widgets.lines_view import LinesView

KEYS = "enter takes it · esc goes back"
_STYLES = {"+": "success", "-": "error"}


class HunkChoiceScreen(Dialog[Hunk | None]):
    """Lists hunks; gives the chosen one, or None.

    Args:
        deck: The look.
        title: What happens to the one that is chosen.
        hunks: One or more.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "back"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
    ]
    DEFAULT_CSS = """
    HunkChoiceScreen #choices { max-height: 8; }
    HunkChoiceScreen LinesView { height: 10; margin-top: 1; }
    """

    def __init__(self, deck: Deck, title: str, hunks: tuple[Hunk, ...]) -> None:
        super().__init__()
        self._deck = deck
        self._title = title
        self._hunks = hunks

    def compose(self) -> ComposeResult:
        look = self._deck.look
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content(KEYS)
            yield OptionList(
                *(Option(_line(n, hunk)) for n, hunk in enumerate(self._hunks, 1)),
                id="choices",
                markup=False,
                compact=True,
            )
            view = LinesView(
                lambda line: look.style(_STYLES.get(line[:1], "text")),
                ascii_only=look.glyphs.is_ascii,
            )
            view.can_focus = False
            yield view

    def on_mount(self) -> None:
        choices = self.query_one("#choices", OptionList)
        choices.focus()
        choices.highlighted = 0

    @on(OptionList.OptionHighlighted)
    def _show_lines(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        hunk = self._hunks[event.option_index]
        lines = [f"{line.kind.value}{line.text}" for line in hunk.lines]
        self.query_one(LinesView).show_lines(lines)

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._hunks[event.option_index])

    def action_go(self, by: int) -> None:
        choices = self.query_one("#choices", OptionList)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)


def _line(number: int, hunk: Hunk) -> Content:
    added = sum(line.kind is LineKind.ADDED for line in hunk.lines)
    removed = sum(line.kind is LineKind.REMOVED for line in hunk.lines)
    first = next(
        (line.text for line in hunk.lines if line.kind is not LineKind.CONTEXT), ""
    )
    return Content.assemble(
        (f"{number:>3}  line {hunk.new_start:<6}", "$foreground 60%"),
        (f"+{added} -{removed}  ", "$foreground 60%"),
        one_line(first.strip()),
    )
