"""A screen for reading a long text: a diff, a log, the reasons of a status."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.tui.actions import Scope, actions_of, bindings_for
from agentdeck.tui.deck import Deck
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.lines_view import LinesView, StyleOf


class ReaderScreen(Screen[None]):
    """Title, some lines of summary, the text, the keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.READER)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.READER,)
    """Whose actions the footer shows."""
    DEFAULT_CSS = """
    ReaderScreen { background: $background; }
    ReaderScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; }
    ReaderScreen #summary { height: auto; max-height: 40%; padding: 0 1; }
    """

    def __init__(self, deck: Deck, style_of: StyleOf) -> None:
        super().__init__()
        self.deck = deck
        self._style_of = style_of

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield Static(id="summary", markup=False)
        ascii_only = self.deck.look.glyphs.is_ascii
        yield LinesView(self._style_of, ascii_only=ascii_only, id="lines")
        yield KeyBar(self.deck.look, id="keys")

    def on_mount(self) -> None:
        self.lines.focus()
        rows = sorted(
            (a for a in actions_of(*self.SCOPES) if a.rank), key=lambda a: a.rank
        )
        parts = self.has_parts
        self.query_one(KeyBar).show_hints(
            tuple(
                Hint(self.deck.keymap.shown(row), row.title, row.action)
                for row in rows
                if parts or "part" not in row.action
            )
        )

    @property
    def has_parts(self) -> bool:
        """Whether the text has parts to go through, such as a diff's files."""
        return False

    @property
    def lines(self) -> LinesView:
        """The text."""
        return self.query_one(LinesView)

    def show_title(self, *parts: str | tuple[str, str]) -> None:
        """Say what is read."""
        self.query_one("#title", Static).update(Content.assemble(*parts))

    def show_summary(self, content: Content) -> None:
        """Show lines above the text."""
        self.query_one("#summary", Static).update(content)

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    def part_starts(self) -> list[int]:
        """The lines at which parts start."""
        return []

    def _go_to_part(self, *, forward: bool) -> None:
        here = self.lines.scroll_offset.y
        starts = self.part_starts()
        after = [y for y in starts if y > here] if forward else []
        before = [y for y in starts if y < here] if not forward else []
        target = after[:1] or before[-1:]
        if target:
            self.lines.scroll_to(y=target[0], animate=False)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_next_part(self) -> None:
        self._go_to_part(forward=True)

    def action_part_before(self) -> None:
        self._go_to_part(forward=False)

    def action_scroll_down(self) -> None:
        self.lines.scroll_down(animate=False)

    def action_scroll_up(self) -> None:
        self.lines.scroll_up(animate=False)

    def action_scroll_left(self) -> None:
        self.lines.scroll_relative(x=-8, animate=False)

    def action_scroll_right(self) -> None:
        self.lines.scroll_relative(x=8, animate=False)

    def action_page_down(self) -> None:
        self.lines.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.lines.scroll_page_up(animate=False)

    def action_scroll_home(self) -> None:
        self.lines.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        self.lines.scroll_end(animate=False)
