"""Asks whether a repository's own settings may run commands, and shows which."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.dialog import Dialog

_PARTS = (
    ("setup", "before an agent starts"),
    ("teardown", "before a worktree goes"),
    ("checks", "as checks"),
)
MAX_CHANGES = 40


async def trusted_or_asked(app: App[Any], deck: Deck, repo: str) -> bool | None:
    """See that a person was asked about a repository's settings, once for each text.

    Gives whether they are trusted now, or None if the person wants to go no further.
    Runs in a worker, as it may wait for a dialog.

    Raises:
        AgentDeckError: If there is no such repository, or it cannot be trusted.
    """
    standing = await deck.link.call("trust.show", repo=repo)
    if not standing["needs_trust"] or standing["hash"] in deck.declined:
        return not standing["needs_trust"]
    answer = await app.push_screen_wait(TrustScreen(standing))
    if answer:
        known_by = standing["hash"]
        await deck.link.call("trust.grant", repo=standing["repo"], hash=known_by)
    elif answer is not None:
        deck.declined.add(standing["hash"])
    return answer


class TrustScreen(Dialog[bool | None]):
    """Shows what would run; gives yes, no, or None to go back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "trust"),
        Binding("n", "answer(False)", "go on without"),
        Binding("escape,q", "answer(None)", "back"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]
    DEFAULT_CSS = """
    TrustScreen VerticalScroll { height: auto; max-height: 60vh; margin-bottom: 1; }
    TrustScreen .when { color: $foreground 60%; }
    TrustScreen .command { padding-left: 2; }
    """

    def __init__(self, standing: dict[str, Any]) -> None:
        super().__init__()
        self._standing = standing

    def compose(self) -> ComposeResult:
        changed = bool(self._standing["changes"])
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Trust this repository?")
            dialog.border_subtitle = Content("y trusts · n goes on without · esc back")
            where = one_line(f"{self._standing['file']} in {self._standing['repo']}")
            verb = "has changed and would run" if changed else "would run"
            yield Static(Content(f"{where} {verb}, as you:\n"), markup=False)
            with VerticalScroll(can_focus=False):
                for label, lines in self._what_runs():
                    yield Static(Content(label), classes="when", markup=False)
                    for line in lines:
                        text = Content(one_line(line))
                        yield Static(text, classes="command", markup=False)
                if self._standing["changes"]:
                    yield Static(self._changes(), markup=False)
            with Horizontal(classes="buttons"):
                yes = Content(" Trust (y) ")
                yield Button(yes, "primary", id="yes", compact=True)
                yield Button(Content(" Without (n) "), id="no", compact=True)

    def on_mount(self) -> None:
        # The safe answer has the focus: a command is a stranger's until it is read.
        self.query_one("#no").focus()

    def _what_runs(self) -> list[tuple[str, list[str]]]:
        """When what would run."""
        standing = self._standing
        found = [
            (when, [str(each["command"]) for each in standing[part]])
            for part, when in _PARTS
        ]
        variables = [f"{name}={value}" for name, value in standing["env"].items()]
        fetch = ["git submodule update --init --recursive"]
        found.append(("in each worktree", fetch if standing["submodules"] else []))
        found.append(("as reviewers", [str(each) for each in standing["reviews"]]))
        found.append(("as variables", variables))
        return [(when, lines) for when, lines in found if lines]

    def _changes(self) -> Content:
        changes = [str(line) for line in self._standing["changes"]]
        parts = [("\nChanged since you trusted it:\n", "$text-muted")]
        for line in changes[:MAX_CHANGES]:
            colour = {"+": "$success", "-": "$error"}.get(line[:1], "$text-muted")
            parts.append((one_line(line) + "\n", colour))
        if len(changes) > MAX_CHANGES:
            parts.append((f"and {len(changes) - MAX_CHANGES} lines more\n", ""))
        return Content.assemble(*parts)

    @on(Button.Pressed)
    def _answer_from_button(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool | None) -> None:
        self.dismiss(answer)
