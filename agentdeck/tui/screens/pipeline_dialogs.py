"""What pipelines ask: a prompt and an agent, a note to a decision, how to cancel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, OptionList, Static, TextArea
from textual.widgets.option_list import Option

from agentdeck.core.pipeline_prompts import PROMPT
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog


class AskScreen(Dialog[tuple[dict[str, str], str] | None]):
    """Asks for what a pipeline needs; gives its variables and the agent, or None.

    Args:
        title: What begins, and when.
        wanted: The variables that have to be given.
        agents: The agents that there are.
        agent: The one that is meant where the line is left empty.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,alt+enter", "start", "start", priority=True),
        Binding("escape", "cancel", "cancel"),
    ]
    DEFAULT_CSS = """
    AskScreen .asked { color: $foreground 60%; height: 1; }
    """

    def __init__(
        self, title: str, wanted: Sequence[str], agents: Sequence[str], agent: str
    ) -> None:
        super().__init__()
        self._title = title
        self._wanted = wanted
        self._agents = [one_line(each) for each in agents]
        self._agent = one_line(agent)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content(
                "ctrl+s starts · tab goes on · esc cancels"
            )
            if PROMPT in self._wanted:
                yield Static(
                    Content("What shall it do?"), classes="asked", markup=False
                )
                yield TextArea(id="prompt", compact=True)
            for name in self._wanted:
                if name != PROMPT:
                    yield self._line(name, "", f"variable-{name}")
            yield self._line("agent", self._agent, "agent", self._agents)
            yield Static(classes="problem", markup=False)

    def _line(
        self, label: str, placeholder: str, id: str, known: Sequence[str] = ()
    ) -> Horizontal:
        shown = Static(plain(label), classes="label", markup=False)
        suggester = SuggestFromList(known, case_sensitive=False) if known else None
        line = Input(placeholder=placeholder, suggester=suggester, id=id, compact=True)
        return Horizontal(shown, line, classes="field")

    def on_mount(self) -> None:
        first = "TextArea" if PROMPT in self._wanted else "Input"
        self.query(first).first().focus()

    @on(Input.Submitted)
    def _start_by_enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_start()

    def action_start(self) -> None:
        values = {
            name: self.query_one(f"#variable-{name}", Input).value
            for name in self._wanted
            if name != PROMPT
        }
        if PROMPT in self._wanted:
            values[PROMPT] = self.query_one(TextArea).text
        empty = [name for name, text in values.items() if not text.strip()]
        if empty:
            what = "what it shall do" if empty[0] == PROMPT else empty[0]
            problem = self.query_one(".problem", Static)
            problem.update(plain(f"Say {what}."))
            problem.add_class("-shown")
            return
        self.dismiss((values, self.query_one("#agent", Input).value.strip()))

    def action_cancel(self) -> None:
        self.dismiss(None)


class NoteScreen(Dialog[str | None]):
    """Asks for a note to a decision; gives it, maybe empty, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(self, title: str, lines: Sequence[str], verb: str, hint: str) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._verb = verb
        self._hint = hint

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(self._title)
            dialog.border_subtitle = Content(f"enter {self._verb} · esc cancels")
            with Vertical(classes="body"):
                for line in self._lines:
                    yield Static(plain(line), markup=False)
                yield Input(placeholder=self._hint, id="note", compact=True)

    @on(Input.Submitted)
    def _decide(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        self.dismiss(None)


class CancelScreen(Dialog[bool | None]):
    """Asks how to cancel a run; gives whether its agents stop, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "leave", "leave"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
    ]

    def __init__(self, run: str, live: int) -> None:
        super().__init__()
        self._run = run
        self._live = live

    def compose(self) -> ComposeResult:
        agents = "1 agent" if self._live == 1 else f"{self._live} agents"
        with Vertical(classes="dialog -narrow") as dialog:
            dialog.border_title = plain(f"Cancel {self._run}?")
            dialog.border_subtitle = Content("enter chooses · esc leaves it")
            yield OptionList(
                Option(Content("Begin no more steps; what runs goes on"), id="on"),
                Option(Content(f"Begin no more steps, and stop {agents}"), id="stop"),
                id="ways",
                markup=False,
                compact=True,
            )

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id == "stop")

    def action_go(self, by: int) -> None:
        ways = self.query_one(OptionList)
        if by > 0:
            ways.action_cursor_down()
        else:
            ways.action_cursor_up()

    def action_leave(self) -> None:
        self.dismiss(None)
