"""Bars over time, one upon the other, drawn in eighths of a cell.

Drawn here and not by a plotting library. textual-plotext has had no release since 2024,
wants plotext before 6 and reaches into its private parts; textual-plot brings numpy and a
canvas, 73 MB installed, for a few bars. Neither draws in the
theme's colours and in plain ASCII, as all else here does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_AXIS = 6
"""Columns left of the bars, for the figures."""
MAX_BAR = 7
MIN_GAP = 1


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of bar: its name, its colour's role, and its sign in ASCII."""

    name: str
    colour: str
    sign: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: the first series at the bottom, the others upon it."""

    title: str
    labels: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    words: Callable[[float], str] = str
    """A value in at most five cells."""


def heights(values: Sequence[float], top: float, rows: int) -> list[int]:
    """Up to where each value of a stack reaches, in eighths of a row, rounded once."""
    reached, sums = 0.0, []
    for value in values:
        reached += max(0.0, value)
        sums.append(round(reached / top * rows * 8) if top > 0 else 0)
    return sums


class GainChart(Widget):
    """A title with a legend, the bars, an axis with labels."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "GainChart { height: 1fr; width: 1fr; background: $background; }"

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._chart = Chart("")

    def show(self, chart: Chart) -> None:
        """Draw another chart."""
        self._chart = chart
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        rows = max(1, height - 3)
        if y == 0:
            segments = self._legend(width)
        elif y <= rows:
            segments = self._row(y - 1, rows, width)
        elif y == rows + 1:
            segments = self._base(width)
        else:
            segments = self._labels(width)
        strip = Strip(segments).adjust_cell_length(width)
        return strip.apply_style(self.rich_style)

    def _legend(self, width: int) -> list[Segment]:
        look, chart = self._look, self._chart
        segments = [Segment(f"{chart.title}   ", look.style("bright", bold=True))]
        for series in chart.series if len(chart.series) > 1 else ():
            sign = series.sign if look.glyphs.is_ascii else "■"
            segments.append(Segment(f"{sign} ", look.style(series.colour)))
            segments.append(Segment(f"{series.name}   ", look.style("muted")))
        return segments

    def _shape(self, width: int) -> tuple[int, int]:
        """How wide a bar is, and how far it is to the next."""
        count = max(1, len(self._chart.labels))
        step = max(1, (width - _AXIS - 1) // count)
        bar = max(1, min(MAX_BAR, step - MIN_GAP))
        return bar, min(step, bar + 3)

    @property
    def _top(self) -> float:
        stacks = zip(*(series.values for series in self._chart.series), strict=True)
        return max((sum(stack) for stack in stacks), default=0.0)

    def _row(self, y: int, rows: int, width: int) -> list[Segment]:
        look, chart, top = self._look, self._chart, self._top
        figure = chart.words(top) if y == 0 and top > 0 else ""
        edge = "|" if look.glyphs.is_ascii else "│"
        segments = [
            Segment(f"{cut(figure, _AXIS - 1):>{_AXIS - 1}}", look.style("muted")),
            Segment(edge, look.style("faint")),
        ]
        bar, step = self._shape(width)
        floor = (rows - 1 - y) * 8
        for stack in zip(*(series.values for series in chart.series), strict=True):
            character, style = self._cell(heights(stack, top, rows), floor)
            segments.append(Segment(" " * (step - bar)))
            segments.append(Segment(character * bar, style))
        return segments

    def _cell(self, reached: list[int], floor: int) -> tuple[str, Style]:
        """One cell of a bar: what stands in it, and perhaps what begins above that."""
        look, series = self._look, self._chart.series
        inside = [number for number, top in enumerate(reached) if top > floor]
        if not inside:
            return " ", Style()
        lower = inside[0]
        full = min(8, reached[lower] - floor)
        if look.glyphs.is_ascii:
            # A cell has one sign, that of what fills at least half of it.
            shown = lower if full >= 4 else next(iter(inside[1:]), lower)
            is_shown = reached[-1] - floor >= 4 or floor == 0
            return (series[shown].sign, look.style(series[shown].colour)) if is_shown else (" ", Style())  # fmt: skip
        above = [n for n in inside[1:] if reached[n] > reached[lower]]
        if full == 8 or not above:
            return _EIGHTHS[full], look.style(series[lower].colour)
        if reached[above[0]] - floor < 8:
            # Three colours do not go into one cell; the upper end is rounded.
            full_above = reached[above[0]] - floor
            if full_above < 6:
                return _EIGHTHS[full_above], look.style(series[above[0]].colour)
        return _EIGHTHS[full], Style(
            color=getattr(look, series[lower].colour),
            bgcolor=getattr(look, series[above[0]].colour),
        )

    def _base(self, width: int) -> list[Segment]:
        look = self._look
        corner, rule = ("+", "-") if look.glyphs.is_ascii else ("└", "─")
        return [
            Segment(f"{'0':>{_AXIS - 1}}", look.style("muted")),
            Segment(corner + rule * (width - _AXIS), look.style("faint")),
        ]

    def _labels(self, width: int) -> list[Segment]:
        look, (bar, step) = self._look, self._shape(width)
        cells = [" "] * (width + step)
        labels = self._chart.labels
        # Every so many bars one label, so that they stand as evenly as the bars.
        every = -(-(max(map(len, labels), default=0) + 1) // step)
        for number, label in enumerate(labels):
            # The last bar, that of now, has one whatever the number.
            if (len(labels) - 1 - number) % every:
                continue
            middle = _AXIS + number * step + (step - bar) + bar // 2
            start = min(max(_AXIS, middle - len(label) // 2), width - len(label))
            cells[start : start + len(label)] = label
        return [Segment("".join(cells[:width]), look.style("muted"))]
