"""The merge queue: its order, how each session would fare, and how it went.

Each change of order, strategy or base is rehearsed at once by the host, which
touches nothing; only `y` merges.
"""

from __future__ import annotations

from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Select, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.merge_queue import STRATEGIES, shifted
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain

MAX_NAME_WIDTH = 28
KEYS = "y merges · J K order · s d options · esc closes"
KEYS_AFTER = "u undoes · r retries the rest · esc closes"


class MergeScreen(ModalScreen[None]):
    """Merges in the order of the queue."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter,y", "merge", "merge"),
        Binding("J,shift+down", "shift(1)", "later"),
        Binding("K,shift+up", "shift(-1)", "sooner"),
        Binding("j", "go(1)", show=False),
        Binding("k", "go(-1)", show=False),
        Binding("s", "flip('stop_on_conflict')", "skip or stop"),
        Binding("d", "flip('discard')", "keep or discard"),
        Binding("u", "undo", "undo"),
        Binding("r", "retry", "retry the rest"),
        Binding("escape,q", "close", "close"),
    ]

    def __init__(self, deck: Deck, sessions: list[Session]) -> None:
        super().__init__()
        self._deck = deck
        self._sessions = {str(session.id): session for session in sessions}
        self._order = list(self._sessions)
        self._rehearsed: dict[str, dict[str, Any]] = {}
        self._options = {"stop_on_conflict": False, "discard": False}
        self._results: list[dict[str, Any]] | None = None
        self._is_busy = False
        self._name_width = max(cell_len(one_line(s.name)) for s in sessions)

    def compose(self) -> ComposeResult:
        bases = sorted({session.base for session in self._sessions.values()})
        with VerticalScroll(classes="dialog", can_focus=False):
            yield OptionList(id="queue", markup=False, compact=True)
            yield Static(classes="detail", markup=False)
            yield VerticalScroll(classes="results", can_focus=False)
            with Horizontal(classes="field"):
                yield Static(Content("How"), classes="label")
                yield Select(
                    [(title, name) for name, title in STRATEGIES],
                    value="merge",
                    allow_blank=False,
                    id="how",
                    compact=True,
                )
            with Horizontal(classes="field"):
                yield Static(Content("Into"), classes="label")
                into = one_line(", ".join(bases))
                yield Input(placeholder=into, id="into", compact=True)
            yield Static(classes="options", markup=False)
            yield Static(classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(
                    Content(" Merge (y) "), "primary", id="merge", compact=True
                )
                yield Button(Content(" Close (esc) "), id="close", compact=True)

    def on_mount(self) -> None:
        self._show_queue()
        self.query_one("#queue").focus()

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "merge":
            self.action_merge()
        else:
            self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _merge_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_merge()

    @on(Select.Changed)
    @on(Input.Submitted)
    @on(Input.Blurred)
    def _rehearse_anew(self, event: Select.Changed | Input.Submitted) -> None:
        event.stop()
        if self._results is None:
            self._rehearse()

    def action_merge(self) -> None:
        if not self._is_busy and self._results is None:
            self._merge()

    def action_close(self) -> None:
        self.dismiss(None)

    def action_go(self, by: int) -> None:
        queue = self.query_one("#queue", OptionList)
        if by > 0:
            queue.action_cursor_down()
        else:
            queue.action_cursor_up()

    def action_shift(self, by: int) -> None:
        at = self.query_one("#queue", OptionList).highlighted
        if at is None or self._results is not None or self._is_busy:
            return
        moved = self._order[at]
        self._order = shifted(self._order, moved, by)
        self._rehearsed = {}
        self._show_queue(self._order.index(moved))
        self._rehearse()

    def action_flip(self, option: str) -> None:
        if self._results is None:
            self._options[option] = not self._options[option]
            self._show_queue(self.query_one("#queue", OptionList).highlighted)
            self._rehearse()

    @work(exclusive=True, group="merge", exit_on_error=False)
    async def action_undo(self) -> None:
        if self._results is None or not any(r["ok"] for r in self._results):
            return
        try:
            done = await self._deck.link.call("landing.undo")
        except AgentDeckError as error:
            self._say(error.message)
            return
        self._start_over(self._order)
        names = ", ".join(str(name) for name in done["names"])
        self.notify(f"Undone: {one_line(names)}", markup=False)

    def action_retry(self) -> None:
        failed = [str(r["id"]) for r in self._results or () if not r["ok"]]
        if failed:
            self._start_over([each for each in self._order if each in failed])

    def _start_over(self, order: list[str]) -> None:
        self._order, self._results, self._rehearsed = order, None, {}
        self._show_queue()
        self._rehearse()
        self.query_one("#queue").focus()

    def _show_queue(self, at: int | None = 0) -> None:
        is_asking = self._results is None
        queue = self.query_one("#queue", OptionList)
        queue.display = is_asking
        self.query_one(".results").display = not is_asking
        for field in self.query(".field, .options, .detail, #merge"):
            field.display = is_asking
        dialog = self.query_one(".dialog")
        if not is_asking:
            return
        count = len(self._order)
        title = f"Merge {count} sessions" if count > 1 else "Merge"
        dialog.border_title = Content(title)
        dialog.border_subtitle = Content(KEYS)
        dialog.remove_class("-grave")
        queue.set_options(
            Option(self._queue_line(number, each), id=each)
            for number, each in enumerate(self._order, 1)
        )
        queue.highlighted = at
        failing = "stop there" if self._options["stop_on_conflict"] else "skip it"
        after = "discard" if self._options["discard"] else "keep"
        self.query_one(".options", Static).update(
            Content(f"s  on a conflict: {failing}    d  afterwards: {after} sessions")
        )

    def _queue_line(self, number: int, session_id: str) -> Content:
        session = self._sessions[session_id]
        glyphs = self._deck.look.glyphs
        stat = f"  {glyphs.up}{session.ahead} +{session.added} {glyphs.minus}{session.removed}"
        name = one_line(session.name)
        pad = " " * (min(self._name_width, MAX_NAME_WIDTH) - cell_len(name))
        result = self._rehearsed.get(session_id)
        head = Content.assemble(
            (f"{number:>2} ", "$foreground 60%"),
            (name, "bold"),
            (f"{pad}{stat:<15}", "$foreground 60%"),
        )
        if result is None:
            return head
        if result["ok"]:
            return Content.assemble(head, (f"  {glyphs.done} clean", "$success"))
        if result.get("verdict") == "nothing to merge":
            return Content.assemble(head, ("    nothing to merge", "$foreground 60%"))
        return Content.assemble(
            head, (f"  {glyphs.failed} {_in_the_way(result)}", "$error")
        )

    @on(OptionList.OptionHighlighted)
    def _show_detail(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        result = self._rehearsed.get(str(event.option_id)) or {"ok": True}
        text = "" if result["ok"] else _in_the_way(result)
        self.query_one(".detail", Static).update(plain(text))

    @work(exclusive=True, group="rehearsal", exit_on_error=False)
    async def _rehearse(self) -> None:
        results = await self._ask(dry_run=True)
        if results is None or self._results is not None:
            return
        self._rehearsed = {str(result["id"]): result for result in results}
        self._show_queue(self.query_one("#queue", OptionList).highlighted)

    @work(exclusive=True, group="merge", exit_on_error=False)
    async def _merge(self) -> None:
        self._is_busy = True
        button = self.query_one("#merge", Button)
        button.disabled = True
        results = await self._ask(dry_run=False)
        self._is_busy = button.disabled = False
        if results is not None:
            self._results = results
            await self._show_results(results)

    async def _ask(self, *, dry_run: bool) -> list[dict[str, Any]] | None:
        """The host's results, or nothing and the reason on the screen."""
        sessions = [self._sessions[each] for each in self._order]
        try:
            results = await self._deck.call_many(
                "session.merge",
                sessions,
                strategy=str(self.query_one("#how", Select).value),
                into=self.query_one("#into", Input).value.strip() or None,
                dry_run=dry_run,
                **self._options,
            )
        except AgentDeckError as error:
            self._say(error.message)
            return None
        self.query_one(".problem").remove_class("-shown")
        return results

    def _say(self, message: str) -> None:
        line = self.query_one(".problem", Static)
        line.update(plain(message))
        line.add_class("-shown")

    async def _show_results(self, results: list[dict[str, Any]]) -> None:
        self._show_queue()
        landed = sum(bool(result["ok"]) for result in results)
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(f"{landed} of {len(results)} landed")
        dialog.border_subtitle = Content(KEYS_AFTER)
        dialog.set_class(landed < len(results), "-grave")
        box = self.query_one(".results", VerticalScroll)
        await box.remove_children()
        glyphs = self._deck.look.glyphs
        await box.mount_all(
            Static(result_line(r, glyphs.done, glyphs.failed)) for r in results
        )
        self.query_one("#close").focus()


def _in_the_way(result: dict[str, Any]) -> str:
    """Why a session would not be merged, in a few words."""
    error = result.get("error") or {}
    verdict = one_line(str(result.get("verdict") or ""))
    earlier = ", ".join(one_line(str(name)) for name in result.get("earlier") or ())
    files = list((error.get("data") or {}).get("files") or ())
    named = ", ".join(one_line(str(file)) for file in files[:3])
    if earlier:
        return f"conflicts with {earlier}: {named}"
    if verdict.startswith("conflicts"):
        return f"{verdict}: {named}"
    if verdict == "nothing to merge":
        return verdict
    return one_line(str(error.get("message") or verdict))


def result_line(result: dict[str, Any], done: str, failed: str) -> Content:
    """How it went with one session, the files of a conflict named."""
    name = one_line(str(result["name"]))
    if result["ok"]:
        into = one_line(str(result.get("into") or ""))
        commit = one_line(str(result.get("commit") or ""))[:8]
        stays = one_line(str(result.get("stays") or ""))
        return Content.assemble(
            (f"{done} ", "$success"),
            (name, "bold"),
            (f"  into {into} {commit}" if into else "", "$foreground 60%"),
            (f"  {stays}" if stays else "", "$warning"),
        )
    error = result.get("error") or {}
    message = one_line(str(error.get("message") or "It failed."))
    files = (error.get("data") or {}).get("files") or ()
    named = ", ".join(one_line(str(file)) for file in list(files)[:6])
    shown = f"\n  {named}" if named and named not in message else ""
    return Content.assemble(
        (f"{failed} ", "$error"), (name, "bold"), f"  {message}", (shown, "$warning")
    )
