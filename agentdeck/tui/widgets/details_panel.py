"""A session's details in a pane: tabs, what is new, and the view of one tab."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from agentdeck.tui.details import TABS, Tab
from agentdeck.tui.look import Look
from agentdeck.tui.widgets.log_view import LogView
from agentdeck.tui.widgets.tab_bar import TabBar


class DetailsPanel(Widget):
    """Fills the frame of a pane in place of its terminal. Its screen fills the view."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    DetailsPanel { height: 1fr; layout: vertical; background: $background; }
    DetailsPanel .recap { display: none; height: auto; max-height: 2; padding: 0 1;
        color: $accent; text-wrap: nowrap; text-overflow: ellipsis; }
    DetailsPanel .note { display: none; height: auto; padding: 1 2; color: $foreground 60%; }
    DetailsPanel .note.-problem { color: $error; }
    DetailsPanel .-shown { display: block; }
    """

    def __init__(self, look: Look, tab: Tab) -> None:
        super().__init__()
        self.bar = TabBar(look, TABS, tab)
        self.view = LogView(look)
        # The list keeps the keyboard; the pane's own keys scroll.
        self.view.can_focus = False
        self._recap = Static(classes="recap", markup=False)
        self._note = Static(classes="note", markup=False)

    def compose(self) -> ComposeResult:
        yield self.bar
        yield self._recap
        yield self._note
        yield self.view

    def show_recap(self, lines: Sequence[str]) -> None:
        """Say what is new, in a line or two; nothing for none."""
        self._recap.set_class(bool(lines), "-shown")
        self._recap.update(Content("\n").join([Content(line) for line in lines]))

    def show_note(self, text: str, *, is_problem: bool = False) -> None:
        """Say why there is nothing to show; nothing for an empty text."""
        self._note.set_class(bool(text), "-shown")
        self._note.set_class(is_problem, "-problem")
        self._note.update(Content(text))
