"""The choice of a custom agent, with what the chosen CLI will not follow of it.

It takes no room where a repository offers none. Files that cannot be used are named
with their error, and cannot be chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Select, Static

from agentdeck.tui.printable import one_line

MAX_DESCRIPTION = 60
NONE = ""


class RoleField(Vertical):
    """A custom agent by name, or none."""

    DEFAULT_CSS = """
    RoleField { height: auto; display: none; }
    RoleField.-offered { display: block; }
    RoleField .note { color: $warning; margin: 0 0 1 12; height: auto; display: none; }
    RoleField .note.-shown { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._roles: dict[str, dict[str, Any]] = {}
        self._errors: list[str] = []
        self._agent = ""

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Static(Content("Role"), classes="label", markup=False)
            yield Select(
                [(Content("none"), NONE)],
                value=NONE,
                allow_blank=False,
                id="role",
                compact=True,
            )
        yield Static(classes="note", markup=False)

    @property
    def role(self) -> str | None:
        """The path of the chosen custom agent's file, or None."""
        chosen = self.query_one("#role", Select).value
        return str(chosen) if chosen else None

    def show_roles(self, rows: Sequence[dict[str, Any]]) -> None:
        """Offer these custom agents, as the host listed them."""
        usable = [row for row in rows if row.get("name") and row["user_invocable"]]
        self._roles = {str(row["path"]): row for row in usable}
        self._errors = [str(row["error"]) for row in rows if row.get("error")]
        options = [(Content("none"), NONE)]
        options += [(Content(_title(row)), path) for path, row in self._roles.items()]
        self.query_one("#role", Select).set_options(options)
        self.set_class(bool(self._roles or self._errors), "-offered")
        self._show_note()

    def show_agent(self, agent: str) -> None:
        """Say what this agent will not follow of the chosen role."""
        self._agent = agent
        self._show_note()

    @on(Select.Changed, "#role")
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self._show_note()

    def _show_note(self) -> None:
        row = self._roles.get(self.role or "")
        lines: list[str] = []
        if row is not None:
            lost = (row.get("not_expressed") or {}).get(self._agent)
            if lost is None:
                lines.append(f"{self._agent} cannot play a role.")
            elif lost:
                lines.append(f"{self._agent} does not follow its {', '.join(lost)}.")
            if row.get("argument_hint"):
                lines.append(f"It wants: {row['argument_hint']}")
        else:
            lines += self._errors
        note = self.query_one(".note", Static)
        note.set_class(bool(lines), "-shown")
        note.update(Content("\n").join([Content(one_line(each)) for each in lines]))


def _title(row: dict[str, Any]) -> str:
    description = str(row.get("description") or "")
    if len(description) > MAX_DESCRIPTION:
        description = f"{description[: MAX_DESCRIPTION - 1]}…"
    return one_line(f"{row['name']}  {description}".rstrip())
