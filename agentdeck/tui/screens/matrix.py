"""The overlap matrix: which sessions of a repository collide, where, and how."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, actions_of, bindings_for, keys_of, shown_key
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.reader import ReaderScreen
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.matrix import Mark, Matrix

MAX_FILES = 4
MAX_RANGES = 4


class MatrixScreen(Screen[str | None]):
    """Shows who collides with whom; gives the id of a session to go to."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.MATRIX)
    DEFAULT_CSS = """
    MatrixScreen { background: $background; }
    MatrixScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    MatrixScreen #pair { height: 7; padding: 0 1; border-top: solid $panel; }
    MatrixScreen #none { height: 1fr; padding: 2 4; display: none; }
    MatrixScreen.-ascii #pair { border-top: ascii $panel; }
    MatrixScreen.-none #none { display: block; }
    MatrixScreen.-none Matrix, MatrixScreen.-none #pair { display: none; }
    """

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self.deck = deck
        self._repo = session.repo
        self._first = str(session.id)
        self._ids: list[str] = []
        self._names: list[str] = []
        self._pairs: dict[tuple[int, int], dict[str, Any]] = {}
        self._flipped: set[tuple[int, int]] = set()
        self._seen: object = None
        """What the sessions' rows said when the pairs were last read."""

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        yield Static(id="title", markup=False)
        yield Static(id="none", markup=False)
        yield Matrix(look, id="matrix")
        yield Static(id="pair", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        rows = sorted(
            (a for a in actions_of(Scope.MATRIX) if a.rank), key=lambda a: a.rank
        )
        self.query_one(KeyBar).show_hints(
            tuple(Hint(shown_key(keys_of(r)[0]), r.title, r.action) for r in rows)
        )
        self.matrix.focus()
        self.deck.changed.subscribe(self, self._take_change)
        self._load(is_first=True)

    @property
    def matrix(self) -> Matrix:
        """The cells."""
        return self.query_one(Matrix)

    def _take_change(self, _: Change) -> None:
        if self._said() != self._seen:
            self._load(is_first=False)

    def _said(self) -> object:
        """What rows tell of overlaps, and of work that may have changed them."""
        return [
            (s.id, s.collides, s.same_files, s.collides_with_base, s.added, s.removed)
            for s in self.deck.store.sessions.values()
            if s.repo == self._repo
        ]

    @work(exclusive=True, group="overlaps", exit_on_error=False)
    async def _load(self, *, is_first: bool) -> None:
        self._seen = self._said()
        try:
            answer = await self.deck.link.call("overlaps.list", repo=self._repo)
        except AgentDeckError as error:
            self._show_none(error.message)
            return
        sessions = answer["sessions"]
        self._ids = [str(each["id"]) for each in sessions]
        self._names = [str(each["name"]) for each in sessions]
        self._arrange(answer["pairs"])
        self._show_title()
        if not sessions:
            self._show_none("No session here has changed anything yet.")
            return
        self.remove_class("-none")
        self.matrix.show(self._names, self._marks())
        if is_first and self._first in self._ids:
            self.matrix.row = self._ids.index(self._first)
            marked = sorted(c for r, c in self._pairs if r == self.matrix.row)
            self.matrix.column = marked[0] if marked else 0
        self._show_pair()

    def _arrange(self, pairs: list[dict[str, Any]]) -> None:
        self._pairs, self._flipped = {}, set()
        place = {each: n for n, each in enumerate(self._ids)}
        for pair in pairs:
            row = place[str(pair["ours"]["id"])]
            theirs = pair["theirs"]
            if theirs is None:
                self._pairs[row, 0] = pair
                continue
            other = place[str(theirs["id"])]
            self._pairs[row, other + 1] = pair
            self._pairs[other, row + 1] = pair
            self._flipped.add((other, row + 1))

    def _marks(self) -> dict[tuple[int, int], Mark]:
        return {
            place: Mark(len(pair["conflicts"]), len(pair["same"]))
            for place, pair in self._pairs.items()
        }

    def _show_none(self, text: str) -> None:
        self.add_class("-none")
        self.query_one("#none", Static).update(Content(one_line(text)))

    def _show_title(self) -> None:
        clashing = [p for p in self._pairs.values() if p["conflicts"]]
        count = len({id(pair) for pair in clashing})
        noun = "pair collides" if count == 1 else "pairs collide"
        repo = one_line(PurePath(self._repo).name)
        self.query_one("#title", Static).update(
            Content.assemble(
                ("overlaps  ", "$primary"),
                repo,
                (f"   {len(self._ids)} sessions", "not bold $foreground 60%"),
                (
                    f"  {count} {noun}" if count else "  none collide",
                    "not bold $error" if count else "not bold $success",
                ),
            )
        )

    @on(Matrix.CellChanged)
    def _follow_cursor(self, event: Matrix.CellChanged) -> None:
        event.stop()
        self._show_pair()

    def _place(self) -> tuple[int, int]:
        return self.matrix.row, self.matrix.column

    def _other_name(self) -> str:
        row, column = self._place()
        if column == 0:
            session = self.deck.store.sessions.get(self._ids[row])
            return f"its base {session.base}" if session is not None else "its base"
        return self._names[column - 1]

    def _show_pair(self) -> None:
        if not self._ids:
            return
        row, column = self._place()
        shown = self.query_one("#pair", Static)
        if column == row + 1:
            shown.update(Content.styled(one_line(self._names[row]), "bold"))
            return
        pair = self._pairs.get((row, column))
        ours, other = one_line(self._names[row]), one_line(self._other_name())
        if pair is None:
            text = "touch no common file"
            shown.update(
                Content.assemble(
                    (f"{ours} and {other}", "bold"), (f"  {text}", "$foreground 60%")
                )
            )
            return
        is_flipped = (row, column) in self._flipped
        parts: list[str | tuple[str, str]] = [(f"{ours} and {other}\n", "bold")]
        for clash in pair["conflicts"][:MAX_FILES]:
            parts += self._clash_line(clash, is_flipped=is_flipped)
        more = len(pair["conflicts"]) - MAX_FILES
        if more > 0:
            parts.append((f"  and {more} more\n", "$foreground 60%"))
        if pair["same"]:
            files = ", ".join(one_line(str(path)) for path in pair["same"][:MAX_FILES])
            near = self.deck.look.glyphs.near
            parts += [
                (f"{near} ", "$warning"),
                files,
                ("  merge cleanly", "$foreground 60%"),
            ]
        shown.update(Content.assemble(*parts))

    def _clash_line(
        self, clash: dict[str, Any], *, is_flipped: bool
    ) -> list[str | tuple[str, str]]:
        glyphs = self.deck.look.glyphs
        first, second = ("theirs", "ours") if is_flipped else ("ours", "theirs")
        ranges = [
            f"{_range(each[first])} {glyphs.collides} {_range(each[second])}"
            for each in clash["lines"][:MAX_RANGES]
        ]
        more = f" {glyphs.more}" if len(clash["lines"]) > MAX_RANGES else ""
        where = (
            "   lines " + ", ".join(ranges) + more if ranges else "   the whole file"
        )
        path = one_line(str(clash["path"]))
        return [
            (f"{glyphs.collides} ", "bold $error"),
            path,
            (where + "\n", "$foreground 60%"),
        ]

    def action_go(self, rows: int, columns: int) -> None:
        self.matrix.move_by(rows, columns)

    def action_next_clash(self) -> None:
        self.matrix.go_to_next()

    def action_open_session(self) -> None:
        if self._ids:
            self.dismiss(self._ids[self.matrix.row])

    def action_close(self) -> None:
        self.dismiss(None)

    def action_resolve(self) -> None:
        self._act("session.resolve", "has the task to settle its conflicts")

    def action_update(self) -> None:
        self._act("session.update", "has all of its base now")

    @work(exclusive=True, group="act", exit_on_error=False)
    async def _act(self, method: str, done: str) -> None:
        if not self._ids:
            return
        session_id = self._ids[self.matrix.row]
        try:
            answer = await self.deck.link.call(method, ids=[session_id])
        except AgentDeckError as error:
            self.notify(one_line(error.message), severity="error", markup=False)
            return
        for result in answer["results"]:
            if result["ok"]:
                self.notify(one_line(f"{result['name']} {done}"), markup=False)
            else:
                message = str((result.get("error") or {}).get("message"))
                self.notify(one_line(message), severity="error", markup=False)

    def action_show_text(self) -> None:
        pair = self._pairs.get(self._place())
        if pair is None or not pair["conflicts"]:
            self.notify("There is no conflict here.", markup=False)
            return
        row, column = self._place()
        theirs = self._ids[column - 1] if column else None
        title = f"{self._names[row]} and {self._other_name()}"
        self.app.push_screen(ConflictScreen(self.deck, title, self._ids[row], theirs))


class ConflictScreen(ReaderScreen):
    """The conflicts of two sessions, as git would leave them in a file."""

    def __init__(self, deck: Deck, title: str, ours: str, theirs: str | None) -> None:
        look = deck.look

        def style_of(line: str) -> Any:
            if line.startswith(("<<<<<<< ", ">>>>>>> ", "=======")):
                return look.style("warning", bold=True)
            if line.startswith("CONFLICT"):
                return look.style("error")
            if line.startswith("diff "):
                return look.style("primary", bold=True)
            return look.style("accent" if line.startswith("@@") else "text")

        super().__init__(deck, style_of)
        self._title = title
        self._ours, self._theirs = ours, theirs
        self._starts: list[int] = []

    @property
    def has_parts(self) -> bool:
        """A conflict has files."""
        return True

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(("conflicts  ", "$primary"), one_line(self._title))
        self._load()

    def part_starts(self) -> list[int]:
        return self._starts

    @work(exclusive=True, group="conflict", exit_on_error=False)
    async def _load(self) -> None:
        try:
            answer = await self.deck.link.call(
                "overlaps.text", ours=self._ours, theirs=self._theirs
            )
        except AgentDeckError as error:
            self.show_summary(Content.styled(one_line(error.message), "$error"))
            return
        lines = str(answer["text"]).split("\n")
        self._starts = [n for n, line in enumerate(lines) if line.startswith("diff ")]
        self.lines.show_lines(lines)


def _range(lines: list[int]) -> str:
    first, last = lines
    return str(first) if first == last else f"{first}-{last}"
