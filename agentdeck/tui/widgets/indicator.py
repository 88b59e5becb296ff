"""The bar at the top: how many sessions work, are unread, need a person."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.core.indicator import Indicator
from agentdeck.tui.groups import Quick
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.store import Pool


class IndicatorBar(Widget):
    """One line: name, the three counts, and the pool at the right."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "IndicatorBar { height: 1; background: $panel; }"

    @dataclass
    class CountClicked(Message):
        """A count was clicked."""

        widget: IndicatorBar
        quick: Quick

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._counts = Indicator()
        self._pool = Pool()
        self._quick: Quick | None = None
        self._home = ""
        self._runs = 0
        self._places: list[tuple[int, int, Quick]] = []

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.refresh()

    def show_counts(
        self, counts: Indicator, pool: Pool, quick: Quick | None, home: str
    ) -> None:
        """Show these counts; `quick` is the one that filters the list."""
        news = (counts, pool, quick, home)
        if news != (self._counts, self._pool, self._quick, self._home):
            self._counts, self._pool, self._quick, self._home = news
            self.refresh()

    def show_runs(self, count: int) -> None:
        """Show how many runs of pipelines need a person."""
        if count != self._runs:
            self._runs = count
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, look = self.size.width, self._look
        left = [Segment(" AgentDeck ", look.style("primary", "bar", bold=True))]
        if width < 60:
            left = [Segment(" ", look.style("text", "bar"))]
        left += self._count_segments(words=width >= 72, start=cell_len_of(left))
        left += self._run_segments(words=width >= 72)
        right = self._right(width - cell_len_of(left) - 2)
        gap = width - cell_len_of(left) - cell_len(right) - 1
        background = look.style("muted", "bar")
        left.append(Segment(" " * max(gap, 0) + right + " ", background))
        return Strip(left).adjust_cell_length(width, background)

    def _count_segments(self, *, words: bool, start: int) -> list[Segment]:
        counts, glyphs = self._counts, self._look.glyphs
        attention = "needs you" if counts.attention == 1 else "need you"
        rows = (
            (
                Quick.PROGRESS,
                glyphs.working,
                "primary",
                counts.in_progress,
                "in progress",
            ),
            (Quick.UNREAD, glyphs.unread, "accent", counts.unread, "unread"),
            (Quick.ATTENTION, glyphs.needs, "warning", counts.attention, attention),
        )
        segments: list[Segment] = []
        self._places = []
        x = start
        for quick, glyph, colour, count, word in rows:
            chosen = quick is self._quick
            text = f" {glyph} {count} {word} " if words else f" {glyph} {count} "
            bold = bool(count) and quick is Quick.ATTENTION
            style = self._look.style(colour if count else "faint", "bar", bold=bold)
            if chosen:
                style = self._look.style("background", colour, bold=True)
            segments += [
                Segment(text, style),
                Segment(" ", self._look.style("text", "bar")),
            ]
            width = cell_len(text)
            self._places.append((x, x + width, quick))
            x += width + 1
        return segments

    def _run_segments(self, *, words: bool) -> list[Segment]:
        """The runs that wait for a person to decide; nothing if there is none."""
        if not self._runs:
            return []
        noun = "run" if self._runs == 1 else "runs"
        text = f" & {self._runs} {noun} " if words else f" & {self._runs} "
        return [Segment(text, self._look.style("warning", "bar", bold=True))]

    def _right(self, room: int) -> str:
        pool, dot = self._pool, self._look.glyphs.dot
        parts = [f"{pool.running}/{pool.limit} running"] if pool.limit else []
        parts += [f"{pool.queued} queued"] if pool.queued else []
        parts += ["paused"] if pool.paused else []
        short = f" {dot} ".join(parts)
        home = one_line(self._home, ascii_only=self._look.glyphs.is_ascii)
        full = f" {dot} ".join([*parts, home]) if home else short
        for text in (full, short, f"{pool.running}/{pool.limit}" if pool.limit else ""):
            if cell_len(text) <= room:
                return text
        return cut("", room)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for start, end, quick in self._places:
            if start <= event.x < end:
                self.post_message(self.CountClicked(self, quick))


def cell_len_of(segments: list[Segment]) -> int:
    """The cells that segments take."""
    return sum(segment.cell_length for segment in segments)
