"""What checks or a setup print, while they run and after; they can be run again."""

from __future__ import annotations

from typing import ClassVar, Literal

from rich.style import Style
from textual import work
from textual.binding import BindingType
from textual.content import Content

from agentdeck.core.checks import CheckState, SetupState
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.look import Look
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.reader import ReaderScreen

Kind = Literal["check", "setup"]
WAIT_S = 20.0
"""How long the host may hold a request for more."""

_COLOURS: dict[str, str] = {
    "passed": "$success",
    "done": "$success",
    "failed": "$error",
    "running": "$primary",
}
_NOTHING = {
    "check": "No checks have run here. {} runs them.",
    "setup": "Nothing was run to set this worktree up.",
}


def output_style(line: str, look: Look) -> Style:
    """The style of a line: a command and its end stand out."""
    if line.startswith("$ "):
        return look.style("primary", bold=True)
    if line.startswith("(exit 0,"):
        return look.style("success")
    if line.startswith(("(exit ", "(killed ", "(over ", "(stopped)")):
        return look.style("error")
    return look.style("text")


class OutputScreen(ReaderScreen):
    """The output of one session's checks or setup."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.OUTPUT)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.READER, Scope.OUTPUT)

    def __init__(self, deck: Deck, session: Session, kind: Kind) -> None:
        super().__init__(deck, lambda line: output_style(line, deck.look))
        self._session = session
        self._kind: Kind = kind
        self._is_following = False

    @property
    def attended(self) -> Attended:
        return Attended(self._session.id, "reading")

    def on_mount(self) -> None:
        super().on_mount()
        word = "checks  " if self._kind == "check" else "setup  "
        self.show_title((word, "$primary"), one_line(self._session.title))
        self.deck.changed.subscribe(self, self._take_change)
        self._show_state()
        self._follow()

    @property
    def _state(self) -> CheckState | SetupState:
        return self._session.check if self._kind == "check" else self._session.setup

    def _take_change(self, change: Change) -> None:
        now = self.deck.store.sessions.get(self._session.id)
        if now is None:
            return
        began = self._state.value != "running"
        self._session = now
        self._show_state()
        if began and self._state.value == "running" and not self._is_following:
            self._follow()

    def _show_state(self) -> None:
        state, session = self._state.value, self._session
        note = session.check_note if self._kind == "check" else session.setup_note
        if state == "none":
            nothing = _NOTHING[self._kind].format(self.deck.keymap.key("output.again"))
            self.show_summary(Content.styled(f"{nothing}\n", "$text-muted"))
            return
        parts: list[str | tuple[str, str]] = [
            (state, f"bold {_COLOURS.get(state, '$warning')}")
        ]
        if note:
            parts.append(f"  {one_line(note)}")
        if self._kind == "check" and session.check_commit:
            parts.append((f"  on {session.check_commit[:10]}", "$text-muted"))
        self.show_summary(Content.assemble(*parts, "\n"))

    @work(exclusive=True, group="output", exit_on_error=False)
    async def _follow(self) -> None:
        self._is_following = True
        try:
            await self._read_to_the_end()
        except AgentDeckError as error:
            self.show_summary(Content.styled(one_line(error.message), "$error"))
        finally:
            self._is_following = False

    async def _read_to_the_end(self) -> None:
        position: str | None = None
        is_over = False
        while not is_over:
            answer = await self.deck.link.call(
                "session.output",
                id=self._session.id,
                kind=self._kind,
                position=position,
                wait_s=0.0 if position is None else WAIT_S,
            )
            lines = str(answer["data"]).splitlines()
            if position is None or answer["restarted"]:
                self.lines.show_lines(lines)
                self.lines.scroll_end(animate=False, force=True)
            elif lines:
                self.lines.add_lines(lines)
            position, is_over = answer["position"], bool(answer["end"])

    @work(group="run", exit_on_error=False)
    async def action_run_again(self) -> None:
        from agentdeck.tui.screens.trust import trusted_or_asked

        try:
            if await trusted_or_asked(self.app, self.deck, self._session.repo) is None:
                return
            await self._begin()
        except AgentDeckError as error:
            self.notify(one_line(error.message), severity="error", markup=False)

    @work(group="run", exit_on_error=False)
    async def action_stop_run(self) -> None:
        try:
            await self._begin(cancel=True)
        except AgentDeckError as error:
            self.notify(one_line(error.message), severity="error", markup=False)

    async def _begin(self, *, cancel: bool = False) -> None:
        method = f"session.{self._kind}"
        (result,) = await self.deck.call_many(method, [self._session], cancel=cancel)
        if not result["ok"]:
            message = str((result.get("error") or {}).get("message"))
            self.notify(one_line(message), severity="error", markup=False)
