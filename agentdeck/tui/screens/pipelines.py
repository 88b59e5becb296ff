"""Pipelines from the list: what may follow a session, the runs, and what can start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.pipeline_wire import ShownRun, run_from_wire
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.run_words import glyph_of, summary
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

WHENS = (
    ("idle-green", "idle with checks green"),
    ("idle", "idle, whatever its checks say"),
    ("merged", "merged"),
    ("ended", "ended"),
    ("failed", "failed for good"),
)
NAME_WIDTH = 24
STATE_WIDTH = 18


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person wants: a condition, a run or a pipeline, by name."""

    what: str
    """follow, run or start."""
    name: str
    wanted: tuple[str, ...] = ()
    """The variables of a pipeline that have to be given."""


class PipelinesScreen(Dialog[Chosen | None]):
    """Lists what may follow, the runs and the pipelines; gives what is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.PIPELINES)
    DEFAULT_CSS = """
    PipelinesScreen #pipelines {
        max-height: 24; text-wrap: nowrap; text-overflow: ellipsis;
    }
    PipelinesScreen.-short #pipelines { max-height: 16; }
    """

    def __init__(self, deck: Deck, sessions: Sequence[Session], repo: str) -> None:
        super().__init__()
        self._deck = deck
        self._sessions = sessions
        self._repo = repo
        self._runs: list[ShownRun] = []
        self._known: list[dict[str, Any]] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Pipelines")
            dialog.border_subtitle = Content("enter chooses · esc closes")
            yield OptionList(id="pipelines", markup=False, compact=True)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self._fill()
        listed = self.query_one("#pipelines", OptionList)
        listed.focus()
        listed.action_first()
        self._deck.changed.subscribe(self, self._take_change)
        self._load()

    @work(exclusive=True, group="pipelines", exit_on_error=False)
    async def _load(self) -> None:
        try:
            answer = await self._deck.link.call(
                "pipeline.list", repo=self._repo or None
            )
        except AgentDeckError as error:
            problem = self.query_one(".problem", Static)
            problem.update(plain(error.message))
            problem.add_class("-shown")
            return
        self._runs = [run_from_wire(each) for each in answer["runs"]]
        self._known = answer["pipelines"]
        self._fill()

    def _take_change(self, _: Change) -> None:
        now = self._deck.store.runs
        changed = [now.get(run.name, run) for run in self._runs]
        if changed != self._runs:
            self._runs = changed
            self._fill()

    def _fill(self) -> None:
        listed = self.query_one("#pipelines", OptionList)
        at = listed.highlighted
        kept = listed.get_option_at_index(at).id if at is not None else None
        options = [*self._whens(), *self._run_options(), *self._known_options()]
        listed.set_options(options)
        ids = [option.id for option in options if not option.disabled]
        wanted = kept if kept in ids else ids[0] if ids else None
        if wanted is not None:
            listed.highlighted = listed.get_option_index(wanted)

    def _whens(self) -> list[Option]:
        if not self._sessions:
            return []
        if len(self._sessions) == 1:
            name = one_line(self._sessions[0].name)
            heading = f"WHEN {name} IS"
        else:
            heading = f"WHEN ALL {len(self._sessions)} MARKED SESSIONS ARE"
        rows = [_heading(heading, is_first=True)]
        for when, words in WHENS:
            text = Content.assemble(
                f"  {words:<{NAME_WIDTH + 8}}",
                ("start a session from its branch", "$foreground 60%")
                if when == "idle-green"
                else "",
            )
            rows.append(Option(text, id=f"follow {when}"))
        return rows

    def _run_options(self) -> list[Option]:
        if not self._runs:
            return []
        return [_heading("RUNS", is_first=not self._sessions)] + [
            Option(self._run_line(run), id=f"run {run.name}") for run in self._runs
        ]

    def _run_line(self, run: ShownRun) -> Content:
        glyphs = self._deck.look.glyphs
        words, colour = summary(run)
        state = run.outcome or ("approval" if run.needs else "working")
        shade = f"${colour}" if colour != "faint" else "$foreground 60%"
        return Content.assemble(
            (f"{glyph_of(state, glyphs)} ", shade),
            _padded(run.name, NAME_WIDTH),
            ("  " + _padded(words, STATE_WIDTH), shade),
            ("  " + one_line(run.title), "$foreground 60%"),
        )

    def _known_options(self) -> list[Option]:
        if self._known is None:
            return []
        heading = _heading("START", is_first=not (self._sessions or self._runs))
        return [heading, *(self._known_option(each) for each in self._known)]

    def _known_option(self, known: dict[str, Any]) -> Option:
        problem = str(known["problem"])
        name = _padded(str(known["name"]), NAME_WIDTH)
        told = (
            (one_line(problem), "$error")
            if problem
            else (one_line(str(known["title"])), "$foreground 60%")
        )
        text = Content.assemble("  ", name, "  ", told)
        return Option(text, id=f"start {known['name']}", disabled=bool(problem))

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        what, _, name = str(event.option_id).partition(" ")
        wants = [k["wants"] for k in self._known or () if k["name"] == name]
        wanted = tuple(wants[0]) if what == "start" and wants else ()
        self.dismiss(Chosen(what, name, wanted))

    def action_go(self, by: int) -> None:
        listed = self.query_one("#pipelines", OptionList)
        if by > 0:
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()

    def action_close(self) -> None:
        self.dismiss(None)


def _heading(text: str, *, is_first: bool = False) -> Option:
    gap = "" if is_first else "\n"
    return Option(Content.styled(f"{gap}{text}", "bold $foreground 60%"), disabled=True)


def _padded(text: str, width: int) -> str:
    text = cut(one_line(text), width)
    return text + " " * (width - cell_len(text))
