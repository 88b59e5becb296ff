"""A run of a pipeline: its graph with live states, and what a person decides there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pipeline_wire import ShownRun, ShownStep, run_from_wire
from agentdeck.tui.actions import Scope, actions_of, bindings_for
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.run_words import (
    WORDS,
    colour_of,
    condition,
    default_step,
    glyph_of,
    is_begun,
    state_line,
    summary,
)
from agentdeck.tui.screens.confirm import ConfirmScreen
from agentdeck.tui.screens.opening import opens_dialog
from agentdeck.tui.screens.pipeline_dialogs import CancelScreen, NoteScreen
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.graph import Graph, Shown

AGES_EVERY_S = 10.0
_LIVE = frozenset({"queued", "working", "asking", "checking", "retrying"})
_OFFERED = {
    "run.approve": frozenset({"approval"}),
    "run.deny": frozenset({"approval"}),
    "run.retry": frozenset({"failed", "blocked", "skipped"}),
    "run.skip": frozenset(WORDS) - {"done", "skipped", "passed-over", "cancelled"},
}


class RunScreen(Screen[str | None]):
    """Shows a run; gives the id of a session to go to."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.RUN)
    DEFAULT_CSS = """
    RunScreen { background: $background; }
    RunScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    RunScreen Graph { margin-top: 1; }
    RunScreen #step { height: 7; padding: 0 1; border-top: solid $panel; }
    RunScreen.-low #step { height: 5; }
    RunScreen.-low Graph { margin-top: 0; }
    RunScreen.-ascii #step { border-top: ascii $panel; }
    RunScreen #none { height: 1fr; padding: 2 4; display: none; }
    RunScreen.-none #none { display: block; }
    RunScreen.-none Graph, RunScreen.-none #step { display: none; }
    """

    def __init__(self, deck: Deck, name: str) -> None:
        super().__init__()
        self.deck = deck
        self._run_name = name
        self._now: ShownRun | None = None

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        yield Static(id="title", markup=False)
        yield Static(id="none", markup=False)
        yield Graph(look, id="graph")
        yield Static(id="step", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self.graph.focus()
        self.deck.changed.subscribe(self, self._take_change)
        self.set_interval(AGES_EVERY_S, self._show)
        self._show_keys()
        self._load()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 28, "-low")

    @property
    def graph(self) -> Graph:
        """The boxes."""
        return self.query_one(Graph)

    @work(exclusive=True, group="run", exit_on_error=False)
    async def _load(self) -> None:
        try:
            answer = await self.deck.link.call("pipeline.show", run=self._run_name)
        except AgentDeckError as error:
            self.add_class("-none")
            self.query_one("#none", Static).update(Content(one_line(error.message)))
            return
        self._take(run_from_wire(answer["run"]))

    def _take_change(self, _: Change) -> None:
        known = self.deck.store.runs.get(self._run_name)
        if known is not None and known != self._now and self._now is not None:
            self._take(known)
        else:
            self._show()

    def _take(self, run: ShownRun) -> None:
        is_first, self._now = self._now is None, run
        self._show()
        if is_first:
            self.graph.cursor = default_step(run, self.deck.store.sessions)

    def _step(self) -> ShownStep | None:
        steps = self._now.steps if self._now is not None else ()
        return next((each for each in steps if each.name == self.graph.cursor), None)

    def _show(self) -> None:
        run = self._now
        if run is None:
            return
        self._show_title(run)
        glyphs, now = self.deck.look.glyphs, self.deck.clock()
        sessions = self.deck.store.sessions
        shown = {}
        for step in run.steps:
            line, more = state_line(step, sessions.get(step.session), now, glyphs)
            shown[step.name] = Shown(
                after=tuple(name for name, _ in step.after),
                sign=glyph_of(step.state, glyphs),
                line=line,
                more=more,
                colour=colour_of(step.state),
                is_begun=is_begun(step.state),
            )
        self.graph.show(shown)
        self._show_step()

    def _show_title(self, run: ShownRun) -> None:
        ascii_only = self.deck.look.glyphs.is_ascii
        words, colour = summary(run)
        shade = (
            f"not bold ${colour}" if colour != "faint" else "not bold $foreground 60%"
        )
        title = one_line(run.title, ascii_only=ascii_only)[:60]
        self.query_one("#title", Static).update(
            Content.assemble(
                ("pipeline  ", "$primary"),
                one_line(run.name),
                (f"   {words}", shade),
                (f"   {title}", "not bold $foreground 60%"),
            )
        )

    @on(Graph.StepChanged)
    def _follow_cursor(self, event: Graph.StepChanged) -> None:
        event.stop()
        self._show_step()
        self._show_keys()

    @on(Graph.StepClicked)
    def _open_clicked(self, event: Graph.StepClicked) -> None:
        event.stop()
        self.action_open_session()

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    def _show_keys(self) -> None:
        step = self._step()
        state = step.state if step is not None else ""
        is_over = self._now is not None and self._now.is_over
        hidden = {"run.cancel"} if is_over else set()
        if step is None or not step.session:
            hidden.add("run.open")
        rows = [
            row
            for row in actions_of(Scope.RUN)
            if row.rank
            and row.id not in hidden
            and state in _OFFERED.get(row.id, {state})
        ]
        rows.sort(key=lambda row: row.rank)
        keymap = self.deck.keymap
        hints = tuple(Hint(keymap.shown(row), row.title, row.action) for row in rows)
        self.query_one(KeyBar).show_hints(hints)

    def _show_step(self) -> None:
        step = self._step()
        if step is not None:
            content = Content("\n").join(self._lines(step))
            self.query_one("#step", Static).update(content)
        self._show_keys()

    def _lines(self, step: ShownStep) -> Sequence[Content]:
        glyphs = self.deck.look.glyphs
        colour = colour_of(step.state)
        shade = f"${colour}" if colour not in ("faint", "muted") else "$foreground 60%"
        words = WORDS.get(step.state, step.state)
        reason = self._plain(step.reason) if step.state != "approval" else ""
        lines = [
            Content.assemble(
                (f"{glyph_of(step.state, glyphs)} {self._plain(step.name)}", "bold"),
                (f"  {words}", shade),
                (f"  {reason}" if reason and reason != words else "", shade),
            )
        ]
        before = [f"{name} {condition(when)}" for name, when in step.after]
        either = " or " if step.join == "any" else " and "
        begins = either.join(before) if before else "at once"
        asks = ", once you agree" if step.approval else ""
        lines.append(_pair("begins", self._plain(f"{begins}{asks}")))
        session = self.deck.store.sessions.get(step.session)
        if step.session_name:
            tries = f"  try {step.tries + 1}" if step.tries else ""
            of = f" of {step.retries + 1}" if step.tries and step.retries else ""
            agent = f"  {session.agent}" if session is not None else ""
            branch = f"{step.branch}{agent}{tries}{of}"
            lines.append(_pair("session", self._plain(branch)))
        if step.note:
            lines.append(_pair("you said", self._plain(step.note)))
        if step.task:
            lines.append(
                _pair("runs" if step.is_command else "task", self._plain(step.task))
            )
        return lines

    def _plain(self, text: str) -> str:
        return one_line(text, ascii_only=self.deck.look.glyphs.is_ascii)

    def action_go(self, columns: int, rows: int) -> None:
        self.graph.go(columns, rows)

    def action_next_need(self) -> None:
        needs = self._now.needs if self._now is not None else ()
        if not needs:
            self.notify("No step needs you now.", markup=False)
            return
        at = needs.index(self.graph.cursor) if self.graph.cursor in needs else -1
        self.graph.cursor = needs[(at + 1) % len(needs)]

    def action_open_session(self) -> None:
        step = self._step()
        if step is None:
            return
        if step.session in self.deck.store.sessions:
            self.dismiss(step.session)
        else:
            gone = "is gone" if step.session_name else "has not begun"
            self.notify(f"The session of {step.name} {gone}.", markup=False)

    def action_close(self) -> None:
        self.dismiss(None)

    @opens_dialog
    async def action_approve(self) -> None:
        await self._with_note(
            "approve", "approves", "A note for its agent; may be empty"
        )

    @opens_dialog
    async def action_deny(self) -> None:
        await self._with_note("deny", "denies", "Why not; may be empty")

    async def _with_note(self, what: str, verb: str, hint: str) -> None:
        step = self._step()
        if step is None or not self._offers(f"run.{what}", step):
            return
        lines = [f"It begins from {', '.join(n for n, _ in step.after)}."]
        title = f"{what.capitalize()} {step.name}?"
        note = await self.app.push_screen_wait(NoteScreen(title, lines, verb, hint))
        if note is not None:
            await self._decide(what, step.name, note=note)

    @opens_dialog
    async def action_skip(self) -> None:
        step = self._step()
        if step is None or not self._offers("run.skip", step):
            return
        lines = ["Those after it begin as if it were not there."]
        if step.state in _LIVE:
            lines.append("Its session goes on by itself.")
        asked = ConfirmScreen(f"Skip {step.name}?", lines, "Skip")
        if await self.app.push_screen_wait(asked):
            await self._decide("skip", step.name)

    @opens_dialog
    async def action_cancel(self) -> None:
        run = self._now
        if run is None or run.is_over:
            self.notify("The run is over.", markup=False)
            return
        live = sum(s.state in _LIVE and not s.is_adopted for s in run.steps)
        stop = await self.app.push_screen_wait(CancelScreen(run.name, live))
        if stop is not None:
            await self._decide("cancel", None, stop=stop)

    @work(group="decide", exit_on_error=False)
    async def action_retry(self) -> None:
        step = self._step()
        if step is not None and self._offers("run.retry", step):
            await self._decide("retry", step.name)

    def _offers(self, action: str, step: ShownStep) -> bool:
        """Whether something can be done to a step; says so if not."""
        if step.state in _OFFERED[action]:
            return True
        what = action.removeprefix("run.")
        state = WORDS.get(step.state, step.state)
        self.notify(f"{step.name}: {state}; nothing to {what}.", markup=False)
        return False

    async def _decide(self, what: str, step: str | None, **params: Any) -> None:
        try:
            answer = await self.deck.link.call(
                "pipeline.decide", run=self._run_name, what=what, step=step, **params
            )
        except AgentDeckError as error:
            self.notify(one_line(error.message), severity="error", markup=False)
            return
        self._take(run_from_wire(answer["run"]))


def _pair(label: str, text: str) -> Content:
    return Content.assemble((f"  {label:<9}", "$foreground 60%"), text)
