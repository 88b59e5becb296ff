"""The dialog that merges sessions and says for each how it went."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Select, Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain

STRATEGIES = [("merge commit", "merge"), ("squash into one commit", "squash")]
MAX_NAMED = 12


class MergeScreen(ModalScreen[None]):
    """Merges in the order of the list."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,y", "merge", "merge"),
        Binding("escape,q", "close", "close"),
    ]

    def __init__(self, deck: Deck, sessions: list[Session]) -> None:
        super().__init__()
        self._deck = deck
        self._sessions = sessions
        self._is_done = False

    def compose(self) -> ComposeResult:
        count = len(self._sessions)
        bases = sorted({session.base for session in self._sessions})
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            title = f"Merge {count} sessions" if count > 1 else "Merge"
            dialog.border_title = Content(title)
            dialog.border_subtitle = Content("y or ctrl+s merges · esc closes")
            with VerticalScroll(classes="results", can_focus=False):
                for session in self._sessions[:MAX_NAMED]:
                    yield Static(self._session_line(session), markup=False)
                if count > MAX_NAMED:
                    yield Static(Content(f"  and {count - MAX_NAMED} more"))
            with Horizontal(classes="field"):
                yield Static(Content("How"), classes="label")
                yield Select(
                    STRATEGIES, value="merge", allow_blank=False, id="how", compact=True
                )
            with Horizontal(classes="field"):
                yield Static(Content("Into"), classes="label")
                into = one_line(", ".join(bases))
                yield Input(placeholder=into, id="into", compact=True)
            yield Static(classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(
                    Content(" Merge (y) "), "primary", id="merge", compact=True
                )
                yield Button(Content(" Close (esc) "), id="close", compact=True)

    def _session_line(self, session: Session) -> Content:
        glyphs = self._deck.look.glyphs
        stat = f"  {glyphs.up}{session.ahead}  +{session.added} {glyphs.minus}{session.removed}"
        if not session.ahead:
            stat = "  no commits of its own"
        dirty = "  uncommitted changes stay behind" if session.dirty else ""
        return Content.assemble(
            (f"{one_line(session.name)}", "bold"),
            (stat, "$foreground 60%"),
            (dirty, "$warning"),
        )

    def on_mount(self) -> None:
        self.query_one("#merge").focus()

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "merge":
            self.action_merge()
        else:
            self.dismiss(None)

    def action_merge(self) -> None:
        if not self._is_done:
            self._merge()

    def action_close(self) -> None:
        self.dismiss(None)

    @work(exclusive=True, group="merge", exit_on_error=False)
    async def _merge(self) -> None:
        self._is_done = True
        button = self.query_one("#merge", Button)
        button.disabled = True
        into = self.query_one("#into", Input).value.strip() or None
        try:
            results = await self._deck.call_many(
                "session.merge",
                self._sessions,
                strategy=str(self.query_one("#how", Select).value),
                into=into,
            )
        except AgentDeckError as error:
            self._is_done = button.disabled = False
            line = self.query_one(".problem", Static)
            line.update(plain(error.message))
            line.add_class("-shown")
            return
        await self._show(results)

    async def _show(self, results: list[dict[str, Any]]) -> None:
        landed = sum(bool(result["ok"]) for result in results)
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(f"{landed} of {len(results)} landed")
        dialog.border_subtitle = Content("esc closes")
        dialog.set_class(landed < len(results), "-grave")
        box = self.query_one(".results", VerticalScroll)
        await box.remove_children()
        glyphs = self._deck.look.glyphs
        await box.mount_all(
            Static(result_line(r, glyphs.done, glyphs.failed)) for r in results
        )
        for field in self.query(".field"):
            field.display = False
        self.query_one("#merge").display = False
        self.query_one("#close").focus()


def result_line(result: dict[str, Any], done: str, failed: str) -> Content:
    """How it went with one session, the files of a conflict named."""
    name = one_line(str(result["name"]))
    if result["ok"]:
        into = one_line(str(result.get("into") or ""))
        commit = one_line(str(result.get("commit") or ""))[:8]
        return Content.assemble(
            (f"{done} ", "$success"),
            (name, "bold"),
            (f"  into {into} {commit}" if into else "", "$foreground 60%"),
        )
    error = result.get("error") or {}
    message = one_line(str(error.get("message") or "It failed."))
    files = (error.get("data") or {}).get("files") or ()
    named = ", ".join(one_line(str(file)) for file in list(files)[:6])
    shown = f"\n  {named}" if named and named not in message else ""
    return Content.assemble(
        (f"{failed} ", "$error"), (name, "bold"), f"  {message}", (shown, "$warning")
    )
