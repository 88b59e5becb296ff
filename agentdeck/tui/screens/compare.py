"""Variants side by side: a table of counts, and the diffs of any two, file by file."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.core.diff_text import parse_diff
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.core.variants import split_by_file
from agentdeck.tui.actions import Scope, actions_of, bindings_for
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.compare_table import Row, row_from, table_of
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.lines_view import LinesView

_STYLES = {"+": "success", "-": "error", "@": "accent"}
NOTHING = "Nothing is changed here against the base."
SAME = "It has not changed this file."


class CompareScreen(Screen[str | None]):
    """The variants of a group; gives the name of one that was picked."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.COMPARE)
    DEFAULT_CSS = """
    CompareScreen { background: $background; }
    CompareScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    CompareScreen #table { height: auto; max-height: 40%; padding: 0 1; }
    CompareScreen #file { height: 1; padding: 0 1; background: $panel; }
    CompareScreen .side { width: 1fr; height: 1fr; }
    CompareScreen #right-side { border-left: solid $foreground 20%; }
    CompareScreen.-ascii #right-side { border-left: ascii $foreground 20%; }
    CompareScreen .head { height: 1; padding: 0 1; color: $foreground 60%; }
    """

    def __init__(self, deck: Deck, group: str, at: str = "") -> None:
        super().__init__()
        self._deck = deck
        self._group = group
        self._rows: list[Row] = []
        self._cursor = at
        """The id of the variant that is picked, and shown at the right."""
        self._left = ""
        self._diffs: dict[str, dict[str, str]] = {}
        self._file = ""

    def compose(self) -> ComposeResult:
        ascii_only = self._deck.look.glyphs.is_ascii
        self.set_class(ascii_only, "-ascii")
        yield Static(id="title", markup=False)
        yield Static(id="table", markup=False)
        yield Static(id="file", markup=False)
        with Horizontal():
            for side in ("left", "right"):
                with Vertical(classes="side", id=f"{side}-side"):
                    yield Static(classes="head", id=f"{side}-head", markup=False)
                    yield LinesView(
                        lambda line: self._deck.look.style(
                            _STYLES.get(line[:1], "text")
                        ),
                        ascii_only=ascii_only,
                        id=f"{side}-lines",
                    )
        yield KeyBar(self._deck.look, id="keys")

    def on_mount(self) -> None:
        keymap = self._deck.keymap
        rows = sorted(
            (row for row in actions_of(Scope.COMPARE) if row.rank),
            key=lambda row: row.rank,
        )
        self.query_one(KeyBar).show_hints(
            tuple(Hint(keymap.shown(row), row.title, row.action) for row in rows)
        )
        self.query_one("#title", Static).update(
            Content.assemble(("compare  ", "$primary"), one_line(self._group))
        )
        for view in self.query(LinesView):
            view.can_focus = False
        self._deck.changed.subscribe(self, self._take_change)
        self._load()

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def _take_change(self, change: Change) -> None:
        """News of a variant: its state is shown now, its counts once they are asked."""
        known = self._deck.store.sessions
        rows = [
            row.with_session(known[row.id]) for row in self._rows if row.id in known
        ]
        if rows != self._rows:
            is_gone = len(rows) != len(self._rows)
            changed = any(
                new.session.last_commit != old.session.last_commit
                for new, old in zip(rows, self._rows, strict=False)
            )
            self._rows = rows
            self._show()
            if changed or is_gone or change.is_reconnected:
                self._load()

    @work(exclusive=True, group="compare", exit_on_error=False)
    async def _load(self) -> None:
        try:
            answer = await self._deck.link.call("variants.compare", group=self._group)
            rows = [row_from(each) for each in answer["variants"]]
            diffs = {}
            for row in rows:
                shown = await self._diff_of(row.session)
                diffs[row.id] = split_by_file(shown)
        except AgentDeckError as error:
            self._say(error.message)
            return
        self._rows, self._diffs = rows, diffs
        ids = [row.id for row in rows]
        if self._cursor not in ids:
            self._cursor = ids[-1]
        if self._left not in ids or self._left == self._cursor:
            self._left = next((i for i in ids if i != self._cursor), self._cursor)
        files = self._files()
        if self._file not in files:
            self._file = next(iter(files), "")
        self._show()

    async def _diff_of(self, session: Session) -> str:
        try:
            answer = await self._deck.link.call("session.diff", id=session.id)
        except AgentDeckError:
            return ""
        return str(answer.get("text") or "")

    def _files(self) -> list[str]:
        """The files that one of the two has changed, in order."""
        both = {**self._diffs.get(self._left, {}), **self._diffs.get(self._cursor, {})}
        return sorted(both)

    def _row(self, session_id: str) -> Row | None:
        return next((row for row in self._rows if row.id == session_id), None)

    def _say(self, text: str, *, is_error: bool = True) -> None:
        level: Any = "error" if is_error else "information"
        self.notify(one_line(text), severity=level, markup=False)

    # What is shown

    def _show(self) -> None:
        if not self._rows:
            return
        look = self._deck.look
        self.query_one("#table", Static).update(
            table_of(self._rows, self._cursor, self._left, look, self.size.width - 2)
        )
        files = self._files()
        at = files.index(self._file) + 1 if self._file in files else 0
        told = (
            f"{one_line(self._file)}  file {at} of {len(files)}" if files else NOTHING
        )
        self.query_one("#file", Static).update(Content(told))
        self._show_side("left", self._left)
        self._show_side("right", self._cursor)

    def _show_side(self, side: str, session_id: str) -> None:
        row = self._row(session_id)
        if row is None:
            return
        name = one_line(row.session.name)
        what = one_line(row.session.variant or row.session.agent)
        self.query_one(f"#{side}-head", Static).update(Content(f"{name}  {what}"))
        text = self._diffs.get(session_id, {}).get(self._file)
        lines = _body(text) if text is not None else ["", SAME]
        self.query_one(f"#{side}-lines", LinesView).show_lines(lines)

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    # What the keys do

    def action_close(self) -> None:
        self.dismiss(None)

    def action_go(self, by: int) -> None:
        ids = [row.id for row in self._rows]
        if not ids:
            return
        at = ids.index(self._cursor) if self._cursor in ids else 0
        self._cursor = ids[(at + by) % len(ids)]
        self._keep_file()

    def action_put_left(self) -> None:
        if self._cursor:
            self._left = self._cursor
            self._keep_file()

    def action_swap(self) -> None:
        self._left, self._cursor = self._cursor, self._left
        self._show()

    def _keep_file(self) -> None:
        files = self._files()
        if self._file not in files:
            self._file = next(iter(files), "")
        self._show()

    def action_file(self, by: int) -> None:
        files = self._files()
        if files:
            at = files.index(self._file) if self._file in files else 0
            self._file = files[(at + by) % len(files)]
            self._show()

    def action_scroll_both(self, rows: int, columns: int = 0) -> None:
        for view in self.query(LinesView):
            view.scroll_relative(x=columns, y=rows, animate=False)

    def action_page(self, by: int) -> None:
        height = self.query_one("#left-lines").size.height
        self.action_scroll_both(by * max(1, height - 1))

    def _pair(self) -> tuple[Row, Row] | None:
        """The left and the right, if something can be taken from one to the other."""
        source, target = self._row(self._left), self._row(self._cursor)
        if source is None or target is None or not self._file:
            return None
        if source.id == target.id:
            self._say("Two different variants are needed; space puts one at the left.")
            return None
        return source, target

    @work(group="dialog", exit_on_error=False)
    async def action_take_hunk(self) -> None:
        from agentdeck.tui.screens.hunk_choice import HunkChoiceScreen

        pair = self._pair()
        if pair is None:
            return
        source, target = pair
        path = self._file
        patches = parse_diff(self._diffs.get(source.id, {}).get(path, ""))
        hunks = patches[0].hunks if patches else ()
        if not hunks:
            self._say(f"{source.session.name} has no lines changed in {path}.")
            return
        title = f"Take which lines into {target.session.name}?"
        chosen = await self.app.push_screen_wait(
            HunkChoiceScreen(self._deck, title, hunks)
        )
        if chosen is not None:
            number = hunks.index(chosen) + 1
            await self._take(source, target, path, hunk=number, header=chosen.header)

    @work(group="dialog", exit_on_error=False)
    async def action_take_file(self) -> None:
        from agentdeck.tui.screens.confirm import ConfirmScreen

        pair = self._pair()
        if pair is None:
            return
        source, target = pair
        lines = [
            f"{self._file}",
            f"as it is in {source.session.name} goes into {target.session.name},",
            "where it is staged and not committed.",
        ]
        screen = ConfirmScreen("Take this file?", lines, "Take")
        if await self.app.push_screen_wait(screen):
            await self._take(source, target, self._file)

    async def _take(self, source: Row, target: Row, path: str, **part: Any) -> None:
        try:
            await self._deck.link.call(
                "variants.take", path=path, source=source.id, target=target.id, **part
            )
        except AgentDeckError as error:
            self._say(error.message)
            return
        what = f"Hunk {part['hunk']} of {path}" if part else path
        self._say(f"{what} is staged in {target.session.name}.", is_error=False)
        self._load()

    @work(group="dialog", exit_on_error=False)
    async def action_pick(self) -> None:
        from agentdeck.tui.screens.confirm import ConfirmScreen

        winner = self._row(self._cursor)
        if winner is None:
            return
        others = [row.session for row in self._rows if row.id != winner.id]
        session = winner.session
        lines = [f"{session.name} is merged into {session.base}.", ""]
        if others:
            lines += ["These are stopped and discarded:"]
            lines += [f"  {_with_state(each)}" for each in others]
            key = self._deck.keymap.key("session.undo")
            lines += ["", f"{key} brings them back, and again undoes the merge."]
        screen = ConfirmScreen(
            f"Pick {session.name}?", lines, "Pick", is_grave=bool(others)
        )
        if not await self.app.push_screen_wait(screen):
            return
        try:
            answer = await self._deck.link.call(
                "variants.pick", id=session.id, expected=[each.id for each in others]
            )
        except AgentDeckError as error:
            self._say(error.message)
            return
        self._tell_picked(session, answer)

    def _tell_picked(self, session: Session, answer: dict[str, Any]) -> None:
        merged = answer["merged"]
        if not merged["ok"]:
            self._say(str((merged.get("error") or {}).get("message")))
            return
        for result in answer["results"]:
            if not result["ok"]:
                self._say(str((result.get("error") or {}).get("message")))
        gone = sum(bool(result["ok"]) for result in answer["results"])
        self._say(
            f"{session.name} is merged, {gone} others are discarded.", is_error=False
        )
        self.dismiss(session.id)


def _body(text: str) -> list[str]:
    """A file's diff without the lines that only name it."""
    lines = text.split("\n")
    first = next((n for n, ln in enumerate(lines) if ln.startswith("@@")), len(lines))
    names = ("diff --git ", "index ", "--- ", "+++ ")
    return [ln for ln in lines[:first] if not ln.startswith(names)] + lines[first:]


def _with_state(session: Session) -> str:
    is_working = session.is_live and not session.is_over
    dirty = ", uncommitted changes" if session.dirty else ""
    return f"{session.name}{', still runs' if is_working else ''}{dirty}"
