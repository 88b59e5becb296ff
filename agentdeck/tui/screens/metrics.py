"""The measured gain: headline figures, charts over the days, and rows by group."""

from __future__ import annotations

from textwrap import wrap
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.gain import DEFINITIONS, By, range_start
from agentdeck.tui.actions import Scope, actions_of, bindings_for, keys_of, shown_key
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Deck
from agentdeck.tui.gain_view import RANGES, Figure, Gain, charts, headline, table
from agentdeck.tui.printable import one_line
from agentdeck.tui.widgets.footer import Hint, KeyBar
from agentdeck.tui.widgets.gain_chart import GainChart

AGAIN_EVERY_S = 60.0
WIDE = 100
"""From so many columns on both charts stand side by side."""
_ORDER = tuple(By)
_FIRST_RANGE = 1
_CELL = 15
_NAME = 14
"""Columns of a definition's name."""


class MetricsScreen(Screen[None]):
    """What agents and people did, measured; nothing here is about one session."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.METRICS)
    DEFAULT_CSS = """
    MetricsScreen { background: $background; }
    MetricsScreen #title { height: 1; padding: 0 1; background: $panel; }
    MetricsScreen #figures { height: auto; padding: 1 2 0 2; }
    MetricsScreen #charts { height: 11; padding: 1 2 0 2; }
    MetricsScreen #waiting { margin-left: 3; }
    MetricsScreen #head { height: 1; margin-top: 1; padding: 0 2; color: $foreground 60%; }
    MetricsScreen #rows { height: 1fr; padding: 0 2; scrollbar-size-vertical: 1; }
    MetricsScreen #define { height: 1fr; padding: 1 2; display: none; scrollbar-size-vertical: 1; }
    MetricsScreen #none { height: 1fr; padding: 2 4; display: none; }
    MetricsScreen.-narrow #waiting { display: none; }
    MetricsScreen.-low #charts { height: 8; }
    MetricsScreen.-none #none { display: block; }
    MetricsScreen.-none #figures, MetricsScreen.-none #charts,
    MetricsScreen.-none #head, MetricsScreen.-none #rows { display: none; }
    MetricsScreen.-defining #define { display: block; }
    MetricsScreen.-defining #figures, MetricsScreen.-defining #charts,
    MetricsScreen.-defining #head, MetricsScreen.-defining #rows,
    MetricsScreen.-defining #none { display: none; }
    """

    def __init__(self, deck: Deck, filter_query: str = "") -> None:
        super().__init__()
        self.deck = deck
        self._filter = filter_query
        self._range = _FIRST_RANGE
        self._by = By.DAY
        self._gain: Gain | None = None

    @property
    def attended(self) -> Attended | None:
        return None

    def compose(self) -> ComposeResult:
        look = self.deck.look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        self.set_class(True, "-none")
        yield Static(id="title", markup=False)
        yield Static(id="figures", markup=False)
        with Horizontal(id="charts"):
            yield GainChart(look, id="time")
            yield GainChart(look, id="waiting")
        yield Static(id="head", markup=False)
        with VerticalScroll(id="rows"):
            yield Static(id="table", markup=False)
        with VerticalScroll(id="define"), Vertical():
            yield Static(id="definitions", markup=False)
        yield Static(Content("Measuring…"), id="none", markup=False)
        yield KeyBar(look, id="keys")

    def on_mount(self) -> None:
        self._show_title()
        self._show_keys()
        self._load()
        self.set_interval(AGAIN_EVERY_S, self._load)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < WIDE, "-narrow")
        self.set_class(event.size.height < 30, "-low")
        self._show()
        self.query_one("#definitions", Static).update(self._definitions())

    @work(group="gain", exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        since = range_start(RANGES[self._range][0], self.deck.clock())
        try:
            answer: dict[str, Any] = await self.deck.link.call(
                "gain.measure", since=since.isoformat(), filter=self._filter
            )
        except AgentDeckError as error:
            self._say_none(one_line(error.message))
            return
        self._gain = Gain.from_wire(answer)
        self._show()

    def _show(self) -> None:
        gain = self._gain
        if gain is None:
            return
        if gain.total.is_empty:
            what = f" of {self._filter}" if self._filter else ""
            self._say_none(f"Nothing was measured{what} in this time.")
            return
        self.remove_class("-none")
        self.query_one("#figures", Static).update(self._figures(headline(gain.total)))
        time, waiting = charts(gain)
        self.query_one("#time", GainChart).show(time)
        self.query_one("#waiting", GainChart).show(waiting)
        ascii_only = self.deck.look.glyphs.is_ascii
        # A column is kept for the bar that comes with more rows than fit.
        width = max(20, self.size.width - 5)
        head, rows = table(gain, self._by, width, ascii_only=ascii_only)
        self.query_one("#head", Static).update(Content(head))
        lines: list[Content] = [
            Content.assemble((key, "bold"), cells) for key, cells in rows
        ]
        self.query_one("#table", Static).update(Content("\n").join(lines))

    def _say_none(self, text: str) -> None:
        self.add_class("-none")
        ascii_only = self.deck.look.glyphs.is_ascii
        self.query_one("#none", Static).update(
            Content(one_line(text, ascii_only=ascii_only))
        )

    def _figures(self, figures: tuple[Figure, ...]) -> Content:
        """Two lines for each row of figures: the values, and what they are."""
        look = self.deck.look
        across = max(1, min(5, (self.size.width - 4) // _CELL))
        step = (self.size.width - 4) // across
        lines: list[Content] = []
        for start in range(0, len(figures), across):
            row = figures[start : start + across]
            ascii_only = look.glyphs.is_ascii
            values = [
                (
                    f"{one_line(f.value, ascii_only=ascii_only):<{step}}",
                    f"bold {getattr(look, f.role)}",
                )
                for f in row
            ]
            names = [(f"{f.name:<{step}}", look.muted) for f in row]
            if lines and not self.has_class("-low"):
                lines.append(Content())
            lines += [Content.assemble(*values), Content.assemble(*names)]
        return Content("\n").join(lines)

    def _definitions(self) -> Content:
        parts: list[str | tuple[str, str]] = []
        room = max(20, min(100, self.size.width - 6 - _NAME))
        for name, meaning in DEFINITIONS:
            parts.append((f"{name:<{_NAME}}", "bold $primary"))
            parts.append(f"\n{' ' * _NAME}".join(wrap(meaning, room)) + "\n")
        return Content.assemble(*parts)

    def _show_title(self) -> None:
        look = self.deck.look
        dot = look.glyphs.dot
        said = [RANGES[self._range][1], f"by {self._by.value}"]
        if self._filter:
            said.append(one_line(self._filter, ascii_only=look.glyphs.is_ascii))
        self.query_one("#title", Static).update(
            Content.assemble(
                ("Measured gain  ", "bold $primary"), (f" {dot} ".join(said), "bold")
            )
        )

    def _show_keys(self) -> None:
        rows = sorted((a for a in actions_of(Scope.METRICS) if a.rank), key=_rank)
        self.query_one(KeyBar).show_hints(
            tuple(Hint(shown_key(keys_of(r)[0]), r.title, r.action) for r in rows)
        )

    @on(KeyBar.HintClicked)
    async def _run_hint(self, event: KeyBar.HintClicked) -> None:
        event.stop()
        await self.run_action(event.action)

    def action_close(self) -> None:
        if self.has_class("-defining"):
            self.remove_class("-defining")
        else:
            self.dismiss(None)

    def action_group(self, step: int) -> None:
        self._by = _ORDER[(_ORDER.index(self._by) + step) % len(_ORDER)]
        self._show_title()
        self._show()

    def action_range(self, step: int) -> None:
        self._range = (self._range + step) % len(RANGES)
        self._show_title()
        self._load()

    def action_define(self) -> None:
        self.toggle_class("-defining")

    def action_scroll_rows(self, lines: int) -> None:
        shown = "#define" if self.has_class("-defining") else "#rows"
        self.query_one(shown).scroll_relative(y=lines, animate=False)


def _rank(row: Any) -> int:
    return int(row.rank)
