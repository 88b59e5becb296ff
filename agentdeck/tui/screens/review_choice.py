"""Chooses who reviews: a rule, an agent, or a role that an agent plays."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

KEYS = "enter starts it · esc goes back"
ABOUT = "It reads the files as they are now, in a worktree of its own."


class ReviewChoiceScreen(Dialog[dict[str, Any] | None]):
    """Lists who can review; gives the parameters of `reviews.start`, or None.

    Args:
        what: What is reviewed, in words.
        rules: The rules as the host sent them.
        agents: The names of agents that are installed, the usual one first.
        roles: The names of custom agents.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "back"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
    ]

    def __init__(
        self,
        what: str,
        rules: list[dict[str, Any]],
        agents: list[str],
        roles: list[str],
    ) -> None:
        super().__init__()
        self._what = what
        self._rows: list[tuple[Content, dict[str, Any]]] = [
            *((_rule_line(rule), {"rule": str(rule["name"])}) for rule in rules),
            *((_line("role", role), {"custom": role}) for role in roles),
            *((_line("agent", agent), {"agent": agent}) for agent in agents),
        ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(f"Review {self._what} by")
            dialog.border_subtitle = Content(KEYS)
            options = [Option(line) for line, _ in self._rows]
            yield OptionList(*options, id="choices", markup=False, compact=True)
            yield Static(Content(ABOUT), classes="options", markup=False)

    def on_mount(self) -> None:
        choices = self.query_one("#choices", OptionList)
        choices.focus()
        choices.highlighted = 0 if self._rows else None

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._rows[event.option_index][1])

    def action_go(self, by: int) -> None:
        choices = self.query_one("#choices", OptionList)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)


def _line(kind: str, name: str, more: str = "") -> Content:
    return Content.assemble(
        (f"{kind:<7}", "$foreground 60%"),
        (one_line(name), "bold"),
        (f"  {one_line(more)}" if more else "", "$foreground 60%"),
    )


def _rule_line(rule: dict[str, Any]) -> Content:
    who = str(rule["agent"] or "the usual agent")
    who += f" as {rule['custom']}" if rule["custom"] else ""
    events = ", ".join(str(event) for event in rule["on"])
    return _line("rule", str(rule["name"]), f"{who}, on {events}")
