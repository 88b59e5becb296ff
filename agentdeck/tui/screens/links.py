"""The links on a pane's screen: open one, or copy where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.deck import Deck
from agentdeck.tui.opening import Link
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.dialog import Dialog

_WIDTH = 76


class LinksScreen(Dialog[tuple[Link, bool] | None]):
    """Gives a link, and whether it is to be opened; else it is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LINKS)

    def __init__(self, deck: Deck, links: Sequence[Link]) -> None:
        super().__init__()
        self._deck = deck
        self._found = links

    def compose(self) -> ComposeResult:
        self.set_class(self._deck.look.glyphs.is_ascii, "-ascii")
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Links")
            dot = self._deck.look.glyphs.dot
            dialog.border_subtitle = Content(
                f"enter opens {dot} y copies {dot} esc closes"
            )
            options = (Option(self._line(link)) for link in self._found)
            yield OptionList(*options, id="found", markup=False, compact=True)

    def on_mount(self) -> None:
        found = self.query_one(OptionList)
        # The lowest is the newest.
        found.highlighted = len(self._found) - 1
        found.focus()

    def _line(self, link: Link) -> Content:
        glyphs = self._deck.look.glyphs
        where = one_line(link.whole, ascii_only=glyphs.is_ascii)
        text = one_line(link.text, ascii_only=glyphs.is_ascii)
        shown = cut(where, _WIDTH, more=glyphs.more)
        room = _WIDTH - len(shown) - 2
        if text in (where, link.target) or room < 8:
            return Content(shown)
        text = cut(text, room, more=glyphs.more)
        return Content.assemble(shown, (f"  {text}", "$foreground 60%"))

    @on(OptionList.OptionSelected)
    def _open_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(is_opened=True)

    def _choose(self, *, is_opened: bool) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss((self._found[at], is_opened))

    def action_open_link(self) -> None:
        self._choose(is_opened=True)

    def action_copy_link(self) -> None:
        self._choose(is_opened=False)

    def action_go(self, by: int) -> None:
        found = self.query_one(OptionList)
        if by > 0:
            found.action_cursor_down()
        else:
            found.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)
