"""The picker that continues a session as another type or agent, with its brief."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.tui import handoff_choices as choices
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.deck import Deck
from agentdeck.tui.handoff_choices import Chosen
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog
from agentdeck.tui.screens.trust import trusted_or_asked

KEYS = "arrows choose · tab brief · enter starts · ^g editor · esc"
BUSY = (
    "It is in the middle of a turn: w waits for its end, i interrupts, o goes on now."
)
WAITING = "Waits for the end of its turn; esc gives up."
ROWS_BESIDE_BRIEF = 16
LEAST_BRIEF, MOST_BRIEF = 3, 18
LABEL_WIDTH = 13
VALUE_WIDTH = 11


FORK = Chosen(type="local", way="fork")
"""The same agent goes on from here, and waits for the person: without a brief."""


class HandoffScreen(Dialog[str | None]):
    """Gives the id of the session that goes on, or None."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.HANDOFF)

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self._deck = deck
        self._session = session
        self._chosen = Chosen()
        self._looked: dict[str, Any] = {}
        self._draft = ""
        """The brief as it was drafted; one that the person changed is kept."""
        self._busy = "refuse"
        self._is_waiting = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            title = one_line(self._session.title or self._session.name)
            dialog.border_title = Content(f"Hand off · {title}")
            dialog.border_subtitle = Content(KEYS)
            yield OptionList(id="handoff", markup=False, compact=True)
            yield Static(id="carried", markup=False)
            yield Static(classes="problem", markup=False)
            yield TextArea(id="brief", show_line_numbers=False, tab_behavior="focus")

    def on_mount(self) -> None:
        self.set_class(self._deck.look.glyphs.is_ascii, "-ascii")
        self._rows.focus()
        self._deck.changed.subscribe(self, self._go_on_if_it_rests)
        self._look(self._chosen)

    def on_resize(self, event: events.Resize) -> None:
        # What stands above it is always seen whole.
        room = self.size.height - ROWS_BESIDE_BRIEF
        self._brief.styles.height = max(LEAST_BRIEF, min(MOST_BRIEF, room))

    @property
    def _rows(self) -> OptionList:
        return self.query_one("#handoff", OptionList)

    @property
    def _brief(self) -> TextArea:
        return self.query_one("#brief", TextArea)

    # What the keys do

    def action_change(self, by: int) -> None:
        row = self._rows.highlighted
        if not self._looked or row is None:
            return
        name = choices.ROWS[row]
        chosen = choices.changed(
            name, by, self._chosen, self._looked, self._models(self._looked["agent"])
        )
        if chosen != self._chosen:
            self._choose(chosen)

    def action_go(self, by: int) -> None:
        if by > 0:
            self._rows.action_cursor_down()
        else:
            self._rows.action_cursor_up()

    def action_switch(self) -> None:
        (self._brief if self._rows.has_focus else self._rows).focus()

    @work(group="handoff-model", exit_on_error=False)
    async def action_name_model(self) -> None:
        from agentdeck.tui.screens.naming import NameScreen

        known = self._models(str(self._looked.get("agent") or ""))
        screen = NameScreen(
            "Model",
            self._chosen.model,
            "as the agent is set",
            known=known,
            may_be_empty=True,
        )
        model = await self.app.push_screen_wait(screen)
        if model is not None:
            self._chosen = replace(self._chosen, model=model)
            self._show()

    def action_fork(self) -> None:
        """Choose what a plain fork is: the same agent goes on from here and waits."""
        if self._looked:
            self._choose(FORK)

    def action_edit_outside(self) -> None:
        from agentdeck.tui.composer.outside import edited

        try:
            text = edited(self.app, self._deck.environ, self._brief.text)
        except AgentDeckError as error:
            self._say(error.message)
        else:
            self._brief.load_text(text)

    def action_close(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            self._say("")
        elif self._brief.has_focus:
            self._rows.focus()
        else:
            self.dismiss(None)

    def action_busy(self, choice: str) -> None:
        """Say what is to be done with a turn that is not over, and start."""
        if not self._is_busy():
            self._say("Its turn is over: enter starts.", is_problem=False)
        elif choice == "wait":
            self._is_waiting = True
            self._say(WAITING, is_problem=False)
        else:
            self._busy = choice
            self._start()

    def action_start(self) -> None:
        if not self._looked:
            return
        if self._is_busy() and self._busy == "refuse":
            self._say(BUSY)
        else:
            self._start()

    @on(OptionList.OptionSelected)
    def _start_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_start()

    @on(OptionList.OptionHighlighted)
    def _keep_still(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()

    # What the host is asked

    def _params(self) -> dict[str, Any]:
        env = self._deck.agent_environment()
        return {"id": self._session.id, **self._chosen.asked(), "env": env}

    def _choose(self, chosen: Chosen) -> None:
        """Choose this; what the host refuses is taken back."""
        before, self._chosen = self._chosen, chosen
        if self._looked:
            self._show()
        self._look(before)

    @work(exclusive=True, group="handoff-look", exit_on_error=False)
    async def _look(self, before: Chosen) -> None:
        try:
            looked = await self._deck.link.call("handoff.look", **self._params())
        except AgentDeckError as error:
            self._chosen = before
            self._say(error.message)
            self._show()
            return
        self._looked = looked
        if self._brief.text == self._draft:
            self._draft = "" if self._chosen == FORK else str(looked["brief"])
            self._brief.load_text(self._draft)
        problem = str(looked["problem"])
        busy = BUSY if self._is_busy() and not problem else ""
        self._say(problem or busy, is_problem=bool(problem))
        self._show()

    @work(exclusive=True, group="handoff-start", exit_on_error=False)
    async def _start(self) -> None:
        text = self._brief.text
        try:
            repo = str(self._looked["source"]["repo"])
            if await trusted_or_asked(self.app, self._deck, repo) is None:
                return
            self.add_class("-busy")
            done = await self._deck.link.call(
                "handoff.start",
                **self._params(),
                model=self._chosen.model or None,
                brief=text,
                busy=self._busy,
            )
        except AgentDeckError as error:
            self._busy = "refuse"
            self._say(error.message)
            return
        finally:
            self.remove_class("-busy")
        self.dismiss(str(done["session"]["id"]))

    def _go_on_if_it_rests(self, _: object) -> None:
        if self._is_waiting and not self._is_busy():
            self._is_waiting = False
            self._start()

    # What is shown

    def _is_busy(self) -> bool:
        session = self._deck.store.sessions.get(self._session.id, self._session)
        is_running = session.phase is Phase.RUNNING
        return is_running and session.activity is Activity.WORKING

    def _models(self, agent: str) -> list[str]:
        """The models that sessions of an agent were given."""
        sessions = self._deck.store.sessions.values()
        return sorted({s.model for s in sessions if s.agent == agent and s.model})

    def _show(self) -> None:
        if not self._looked:
            return
        at = self._rows.highlighted or 0
        self._rows.set_options([Option(self._line(row)) for row in choices.ROWS])
        self._rows.highlighted = at
        carried = self._shown(choices.carried_line(self._looked))
        label = f" {'carried':<{LABEL_WIDTH}} "
        self.query_one("#carried", Static).update(
            Content.assemble((label, "$foreground 60%"), carried)
        )

    def _line(self, row: str) -> Content:
        value, detail = choices.said_of(row, self._chosen, self._looked)
        is_choice = len(self._options(row)) > 1
        arrows = ("<", ">") if self._deck.look.glyphs.is_ascii else ("‹", "›")
        left, right = arrows if is_choice else (" ", " ")
        shown = cut(self._shown(value), max(VALUE_WIDTH, 24 if row == "model" else 0))
        return Content.assemble(
            (f" {choices.LABELS[row]:<{LABEL_WIDTH}}", "$foreground 60%"),
            (left, "$primary"),
            (f"{shown:<{VALUE_WIDTH}}", "bold"),
            (f"{right} ", "$primary"),
            (self._shown(detail), "$foreground 60%"),
        )

    def _options(self, row: str) -> list[str]:
        models = self._models(str(self._looked["agent"]))
        return choices.options_of(row, self._chosen, self._looked, models)

    def _shown(self, text: str) -> str:
        return one_line(text, ascii_only=self._deck.look.glyphs.is_ascii)

    def _say(self, message: str, *, is_problem: bool = True) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.set_class(bool(message), "-shown")
        line.set_class(not is_problem, "-note")
