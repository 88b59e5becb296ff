"""What a review compares: a list of the session's commits, turns and neighbours."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from agentdeck.core.review import Compare, CompareKind
from agentdeck.tui.printable import age, cut, one_line
from agentdeck.tui.screens.dialog import Dialog

SUBJECT_WIDTH = 52


class CompareScreen(Dialog[tuple[Compare, str] | None]):
    """Chooses what to compare; gives it with its name, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,b", "cancel", "cancel"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
    ]

    def __init__(
        self, targets: dict[str, Any], current: Compare, now: datetime
    ) -> None:
        super().__init__()
        self._choices: list[tuple[Compare, str]] = []
        self._targets = targets
        self._current = current
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Compare")
            dialog.border_subtitle = Content("enter chooses · esc closes")
            yield OptionList(id="compare", markup=False, compact=True)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.add_options(self._options())
        now = [compare for compare, _ in self._choices]
        at = now.index(self._current) if self._current in now else 0
        options.highlighted = options.get_option_index(str(at))
        options.focus()

    def _options(self) -> list[Option]:
        base = one_line(str(self._targets.get("base") or "its base"))
        options = [
            self._option(
                Compare(),
                f"All since {base}, uncommitted too",
                f"all since {base}",
            ),
            self._option(
                Compare(CompareKind.COMMITS),
                f"Commits since {base}",
                f"commits since {base}",
            ),
            self._option(
                Compare(CompareKind.WORKING), "Uncommitted changes", "uncommitted"
            ),
        ]
        commits = list(self._targets.get("commits") or ())
        turns = [each for each in commits if each.get("turn")]
        if turns:
            options.append(_heading("TURNS"))
        options += [self._turn(each) for each in turns]
        if commits:
            options.append(_heading("COMMITS"))
        options += [self._commit(each) for each in commits]
        sessions = list(self._targets.get("sessions") or ())
        if sessions:
            options.append(_heading("AGAINST ANOTHER SESSION"))
        for each in sessions:
            name = one_line(str(each["name"]))
            against = Compare(CompareKind.AGAINST, str(each["branch"]))
            options.append(self._option(against, name, f"against {name}"))
        return options

    def _option(self, compare: Compare, text: str, name: str, note: str = "") -> Option:
        self._choices.append((compare, name))
        text = cut(text, SUBJECT_WIDTH)
        text += " " * (SUBJECT_WIDTH - cell_len(text) if note else 0)
        content = Content.assemble(
            text, (f"  {note}" if note else "", "$foreground 60%")
        )
        return Option(content, id=str(len(self._choices) - 1))

    def _commit(self, commit: dict[str, Any]) -> Option:
        subject = one_line(str(commit["subject"]))
        compare = Compare(CompareKind.COMMIT, str(commit["sha"]))
        name = f"commit {commit['short']} {subject}"
        return self._option(compare, subject, name, self._note(commit))

    def _turn(self, commit: dict[str, Any]) -> Option:
        turn = one_line(str(commit["turn"]))[:12]
        compare = Compare(CompareKind.TURN, str(commit["sha"]))
        subject = one_line(str(commit["subject"]))
        return self._option(
            compare, f"Turn {turn}: {subject}", f"turn {turn}", self._note(commit)
        )

    def _note(self, commit: dict[str, Any]) -> str:
        at = datetime.fromisoformat(str(commit["at"]))
        counts = f"+{commit.get('added', 0)} -{commit.get('removed', 0)}"
        return f"{one_line(str(commit['short']))}  {counts}  {age(at, self._now)}"

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[int(str(event.option_id))])

    def action_go(self, by: int) -> None:
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss(None)


def _heading(text: str) -> Option:
    return Option(Content.styled(f"\n{text}", "bold $foreground 60%"), disabled=True)
