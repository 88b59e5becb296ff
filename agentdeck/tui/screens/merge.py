"""The merge queue: its order, how each session would fare, and how it went.

Each change of order, strategy or base is rehearsed at once by the host, which
touches nothing; only `y` merges.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Select, Static
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.merge_queue import STRATEGIES, makes_commit, shifted
from agentdeck.core.session import Session
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.merge_words import (
    CHECKING,
    fate,
    has_conflict,
    in_the_way,
    result_line,
)
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog
from agentdeck.tui.screens.message import MessageScreen

MAX_NAME_WIDTH = 28
KEYS = "y merges · J K order · s d c options · e message · h resolve · esc"
KEYS_AFTER = "u undoes · r retries the rest · h resolve · esc closes"
KEYS_MEANWHILE = "esc cancels; nothing is merged then"
CHECKS: tuple[tuple[bool | None, str], ...] = (
    (None, "as the settings say"),
    (True, "before each lands"),
    (False, "none"),
)


class MergeScreen(Dialog[None]):
    """Merges in the order of the queue."""

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
        Binding("c", "flip_checks", "checks"),
        Binding("e", "edit_message", "message"),
        Binding("h", "resolve", "hand to its agent"),
        Binding("R", "resume", "go on with an interrupted merge"),
        Binding("escape,q", "close", "close"),
    ]

    def __init__(self, deck: Deck, sessions: list[Session]) -> None:
        super().__init__()
        self._deck = deck
        self._sessions = {str(session.id): session for session in sessions}
        self._order = list(self._sessions)
        self._rehearsed: dict[str, dict[str, Any]] = {}
        self._options = {"stop_on_conflict": False, "discard": False}
        self._checks = 0
        self._messages: dict[str, str] = {}
        self._batch = ""
        self._interrupted: dict[str, Any] | None = None
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
        self._deck.changed.subscribe(self, self._follow)
        self._find_interrupted()

    @on(Button.Pressed)
    def _press(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "merge":
            self.action_merge()
        else:
            self.action_close()

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
        if self._is_busy:
            self._cancel()
        else:
            self.dismiss(None)

    @work(group="cancel", exit_on_error=False)
    async def _cancel(self) -> None:
        try:
            await self._deck.link.call("merge.cancel", batch=self._batch)
        except AgentDeckError as error:
            self._say(error.message)

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
        if self._results is None and not self._is_busy:
            self._options[option] = not self._options[option]
            self._show_queue(self.query_one("#queue", OptionList).highlighted)
            self._rehearse()

    def action_flip_checks(self) -> None:
        if self._results is None and not self._is_busy:
            self._checks = (self._checks + 1) % len(CHECKS)
            self._show_options()

    @work(exclusive=True, group="message", exit_on_error=False)
    async def action_edit_message(self) -> None:
        at = self.query_one("#queue", OptionList).highlighted
        if at is None or self._results is not None or self._is_busy:
            return
        each = self._order[at]
        if not makes_commit(str(self.query_one("#how", Select).value)):
            self._say("A rebase or fast-forward keeps the messages that there are.")
            return
        known = str((self._rehearsed.get(each) or {}).get("message") or "")
        title = f"Message for {one_line(self._sessions[each].name)}"
        screen = MessageScreen(title, self._messages.get(each, known))
        text = await self.app.push_screen_wait(screen)
        if text is not None:
            self._messages[each] = text
            self._show_queue(at)

    @work(exclusive=True, group="resolve", exit_on_error=False)
    async def action_resolve(self) -> None:
        if self._is_busy:
            return
        wanted = [str(r["id"]) for r in self._results or () if has_conflict(r)]
        at = self.query_one("#queue", OptionList).highlighted
        if self._results is None and at is not None:
            wanted = [self._order[at]]
        if not wanted:
            return
        try:
            answer = await self._deck.link.call("session.resolve", ids=wanted)
        except AgentDeckError as error:
            self._say(error.message)
            return
        failed = [r for r in answer["results"] if not r["ok"]]
        fine = ", ".join(one_line(str(r["name"])) for r in answer["results"] if r["ok"])
        if fine:
            self.notify(f"To be settled by its agent: {fine}", markup=False)
        for result in failed:
            self._say(str((result.get("error") or {}).get("message")))

    @work(exclusive=True, group="interrupted", exit_on_error=False)
    async def _find_interrupted(self) -> None:
        try:
            answer = await self._deck.link.call("merge.pending")
        except AgentDeckError:
            return
        self._interrupted = (answer["merges"] or [None])[-1]
        self._show_options()

    def action_resume(self) -> None:
        found, self._interrupted = self._interrupted, None
        if found is None or self._is_busy or self._results is not None:
            return
        known = self._deck.store.sessions
        self._sessions |= {i: known[i] for i in found["ids"] if i in known}
        self._order = [i for i in found["ids"] if i in self._sessions]
        self._rehearsed = {}
        self._merge(str(found["batch"]))

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
        dialog.border_subtitle = Content(KEYS_MEANWHILE if self._is_busy else KEYS)
        dialog.remove_class("-grave")
        queue.set_options(
            Option(self._queue_line(number, each), id=each)
            for number, each in enumerate(self._order, 1)
        )
        queue.highlighted = at
        self._show_options()

    def _show_options(self) -> None:
        failing = "stop there" if self._options["stop_on_conflict"] else "skip it"
        after = "discard" if self._options["discard"] else "keep"
        shown = f"s  on a failure: {failing}    d  afterwards: {after} sessions"
        parts: list[str | tuple[str, str]] = [shown]
        parts.append(f"\nc  checks: {CHECKS[self._checks][1]}")
        if self._interrupted is not None:
            names = ", ".join(one_line(str(n)) for n in self._interrupted["left"][:4])
            text = f"\nR  go on with the interrupted merge of {names}"
            parts.append((text, "$warning"))
        self.query_one(".options", Static).update(Content.assemble(*parts))

    def _follow(self, _: Change) -> None:
        """Show how far a merge is."""
        if not self._is_busy:
            return
        states = self._deck.store.merging.get(self._batch, {})
        done = sum(state != CHECKING for state in states.values())
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(
            f"Merging · {done} of {len(self._order)} looked at"
        )
        queue = self.query_one("#queue", OptionList)
        for number, each in enumerate(self._order, 1):
            line = self._queue_line(number, each)
            queue.replace_option_prompt_at_index(number - 1, line)

    def _queue_line(self, number: int, session_id: str) -> Content:
        session = self._sessions[session_id]
        glyphs = self._deck.look.glyphs
        stat = f"  {glyphs.up}{session.ahead} +{session.added} {glyphs.minus}{session.removed}"
        name = cut(one_line(session.name), MAX_NAME_WIDTH)
        pad = " " * (min(self._name_width, MAX_NAME_WIDTH) - cell_len(name))
        state = ""
        if self._is_busy:
            state = self._deck.store.merging.get(self._batch, {}).get(session_id, "")
        own = "  own message" if session_id in self._messages else ""
        return Content.assemble(
            (f"{number:>2} ", "$foreground 60%"),
            (name, "bold"),
            (f"{pad}{stat:<15}  ", "$foreground 60%"),
            fate(self._rehearsed.get(session_id), state, glyphs),
            (own, "$foreground 60%"),
        )

    @on(OptionList.OptionHighlighted)
    def _show_detail(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        result = self._rehearsed.get(str(event.option_id)) or {"ok": True}
        text = "" if result["ok"] else in_the_way(result)
        self.query_one(".detail", Static).update(plain(text))

    @work(exclusive=True, group="rehearsal", exit_on_error=False)
    async def _rehearse(self) -> None:
        results = await self._ask(dry_run=True)
        if results is None or self._results is not None:
            return
        self._rehearsed = {str(result["id"]): result for result in results}
        self._show_queue(self.query_one("#queue", OptionList).highlighted)

    @work(exclusive=True, group="merge", exit_on_error=False)
    async def _merge(self, resumed: str = "") -> None:
        self._batch = resumed or secrets.token_hex(8)
        self._is_busy = True
        dialog = self.query_one(".dialog")
        dialog.border_subtitle = Content(KEYS_MEANWHILE)
        button = self.query_one("#merge", Button)
        button.disabled = True
        self._show_queue(self.query_one("#queue", OptionList).highlighted)
        results = await self._ask(dry_run=False, resumed=resumed)
        self._is_busy = button.disabled = False
        if results is not None:
            self._results = results
            await self._show_results(results)
        else:
            self._show_queue(self.query_one("#queue", OptionList).highlighted)

    async def _ask(
        self, *, dry_run: bool, resumed: str = ""
    ) -> list[dict[str, Any]] | None:
        """The host's results, or nothing and the reason on the screen."""
        try:
            if resumed:
                call = self._deck.link.call("merge.resume", batch=resumed)
            else:
                call = self._deck.link.call("session.merge", **self._request(dry_run))
            results: list[dict[str, Any]] = (await call)["results"]
        except AgentDeckError as error:
            self._say(error.message)
            return None
        self.query_one(".problem").remove_class("-shown")
        return results

    def _request(self, dry_run: bool) -> dict[str, Any]:
        request: dict[str, Any] = {
            "ids": list(self._order),
            "strategy": str(self.query_one("#how", Select).value),
            "into": self.query_one("#into", Input).value.strip() or None,
            "dry_run": dry_run,
            "messages": {i: t for i, t in self._messages.items() if i in self._order},
            **self._options,
        }
        if not dry_run:
            request |= {"check": CHECKS[self._checks][0], "batch": self._batch}
        return request

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
            Static(result_line(r, glyphs.done, glyphs.failed), markup=False)
            for r in results
        )
        self.query_one("#close").focus()
