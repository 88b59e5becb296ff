"""The saved filters: used by their number or name, saved, removed."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.saved_filters import SavedFilter, filter_from_wire
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

HOW = "A digit and a name keep it: 1 mine"


class SavedFiltersScreen(Dialog[str | None]):
    """Gives the query of the filter that was chosen, as `@name`, or None.

    Args:
        deck: What the app hands to its screens.
        query: The filter that holds now, which can be saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.FILTERS)

    def __init__(self, deck: Deck, query: str) -> None:
        super().__init__()
        self._deck = deck
        self._query = query
        self._filters: tuple[SavedFilter, ...] = deck.store.filters

    @property
    def _can_save(self) -> bool:
        """Whether there is a filter that is not a saved one already."""
        return bool(self._query.strip()) and not self._query.startswith("@")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Saved filters")
            dialog.border_subtitle = Content("digit or enter uses, x removes, esc")
            yield OptionList(id="filters", markup=False, compact=True)
            yield Static(id="none", markup=False)
            if self._can_save:
                yield Static(
                    Content.assemble(
                        ("s", "bold $primary"), f" saves  {one_line(self._query)}"
                    ),
                    id="current",
                )
                with Vertical(classes="body", id="new"):
                    yield Input(placeholder=HOW, id="name", compact=True)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self._fill()
        self.query_one("#filters").focus()

    def _fill(self) -> None:
        listed = self.query_one("#filters", OptionList)
        listed.set_options(Option(_line(each), id=each.name) for each in self._filters)
        listed.highlighted = 0 if self._filters else None
        listed.display = bool(self._filters)
        none = self.query_one("#none", Static)
        none.display = not self._filters
        none.update(Content("No filter is saved yet. Filter with /, then = and s."))

    @on(OptionList.OptionSelected)
    def _use(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(f"@{event.option.id}")

    def action_recall(self, digit: int) -> None:
        saved = next((each for each in self._filters if each.digit == digit), None)
        if saved is not None:
            self.dismiss(f"@{saved.name}")

    def action_save(self) -> None:
        if self._can_save:
            self.add_class("-saving")
            self.query_one("#name").focus()

    @on(Input.Submitted, "#name")
    def _save_named(self, event: Input.Submitted) -> None:
        event.stop()
        first, _, rest = event.value.strip().partition(" ")
        is_digit = len(first) == 1 and first in "123456789"
        digit = int(first) if is_digit else None
        name = rest.strip() if is_digit else event.value.strip()
        self._call("filters.save", name=name or first, query=self._query, digit=digit)

    def action_remove(self) -> None:
        listed = self.query_one("#filters", OptionList)
        if listed.highlighted is not None:
            name = listed.get_option_at_index(listed.highlighted).id
            self._call("filters.remove", name=str(name))

    @work(exclusive=True, group="filters", exit_on_error=False)
    async def _call(self, method: str, **params: Any) -> None:
        problem = self.query_one(".problem", Static)
        try:
            answer = await self._deck.link.call(method, **params)
        except AgentDeckError as error:
            problem.update(plain(error.message))
            problem.add_class("-shown")
            return
        problem.remove_class("-shown")
        self._filters = tuple(filter_from_wire(each) for each in answer["filters"])
        self.remove_class("-saving")
        self._fill()
        self.query_one("#filters").focus()

    def action_go(self, by: int) -> None:
        listed = self.query_one("#filters", OptionList)
        if by > 0:
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()

    def action_close(self) -> None:
        if self.has_class("-saving"):
            self.remove_class("-saving")
            self.query_one("#filters").focus()
        else:
            self.dismiss(None)


def _line(saved: SavedFilter) -> Content:
    return Content.assemble(
        (f"{saved.digit or ' '}  ", "bold $primary"),
        (f"@{one_line(saved.name)}", "bold"),
        (f"  {one_line(saved.query)}", "$foreground 60%"),
    )
