"""The small menu that says how the list is grouped, sorted and how high its rows are."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.tui.look import Look
from agentdeck.tui.screens.dialog import Dialog
from agentdeck.tui.view import Density, Grouping, Sort, View

Choice = Grouping | Sort | Density

COLUMNS: tuple[tuple[str, str, tuple[tuple[str, Choice, str], ...]], ...] = (
    (
        "grouping",
        "Group by",
        (
            ("s", Grouping.STATE, "state"),
            ("r", Grouping.REPOSITORY, "repository"),
            ("f", Grouping.FOLDER, "folder"),
            ("a", Grouping.AGENT, "agent"),
            ("h", Grouping.HOST, "host"),
            ("x", Grouping.NONE, "nothing"),
        ),
    ),
    (
        "sort",
        "Sort by",
        (
            ("t", Sort.ATTENTION, "attention"),
            ("w", Sort.NEWEST, "newest"),
            ("m", Sort.NAME, "name"),
            ("o", Sort.OWN, "own order"),
        ),
    ),
    (
        "density",
        "Rows",
        (
            ("0", Density.AUTO, "as room allows"),
            ("1", Density.ONE, "one line"),
            ("2", Density.TWO, "two lines"),
        ),
    ),
)
_CHOICES = {choice.value: choice for _, _, rows in COLUMNS for _, choice, _ in rows}
SIDE_BY_SIDE_FROM = 66
"""Columns of the terminal from which the lists stand side by side."""


class ViewMenu(Dialog[View | None]):
    """Gives the view that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"choose({choice.value!r})", name, show=False)
            for _, _, rows in COLUMNS
            for key, choice, name in rows
        ),
        Binding("left", "app.focus_previous", show=False),
        Binding("right,tab", "app.focus_next", show=False),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
        Binding("escape,q,comma", "cancel", "cancel"),
    ]

    def __init__(self, view: View, look: Look) -> None:
        super().__init__()
        self._view = view
        self._look = look

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog -menu", can_focus=False) as dialog:
            dialog.border_title = Content("The list")
            dialog.border_subtitle = Content("a letter chooses, esc closes")
            with Horizontal(classes="columns"):
                for name, title, rows in COLUMNS:
                    with Vertical(classes="column"):
                        yield Static(Content.styled(title, "bold $foreground 60%"))
                        yield self._options(name, rows)

    def _options(
        self, name: str, rows: tuple[tuple[str, Choice, str], ...]
    ) -> OptionList:
        now = getattr(self._view, name)
        sign = self._look.glyphs.working
        options = [
            Option(
                Content.assemble(
                    (f"{sign if choice is now else ' '} ", "$accent"),
                    (key, "bold $primary"),
                    (f"  {word}", "bold" if choice is now else ""),
                ),
                id=choice.value,
            )
            for key, choice, word in rows
        ]
        listed = OptionList(*options, id=name, markup=False, compact=True)
        listed.highlighted = [choice for _, choice, _ in rows].index(now)
        return listed

    def on_mount(self) -> None:
        self.query_one("#grouping").focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < SIDE_BY_SIDE_FROM, "-upright")

    @on(OptionList.OptionSelected)
    def _choose_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_choose(str(event.option.id))

    def action_choose(self, value: str) -> None:
        choice = _CHOICES[value]
        match choice:
            case Grouping():
                self.dismiss(replace(self._view, grouping=choice))
            case Sort():
                self.dismiss(replace(self._view, sort=choice))
            case Density():
                self.dismiss(replace(self._view, density=choice))

    def action_go(self, by: int) -> None:
        listed = self.focused
        if isinstance(listed, OptionList):
            if by > 0:
                listed.action_cursor_down()
            else:
                listed.action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss(None)
