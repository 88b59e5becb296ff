"""Where panes stand: rows of panes that fill an area. Pure geometry.

Shares say how much of the height a row has and how much of its row's width a pane
has. They are kept for each arrangement, so that four panes remember their borders
while three are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from textual.geometry import Region

GOOD_SIZE = (80, 24)
"""The size that agents draw for; a pane of it needs no more."""
SMALLEST = (12, 4)
"""A border is not dragged further than this."""
MAX_ARRANGEMENTS = 40

Arrangement = tuple[int, ...]


def arrangement_for(count: int, width: int, height: int) -> Arrangement:
    """How many panes stand in each row, chosen so that agents have most of what they draw for."""
    best = max(
        range(1, count + 1),
        key=lambda rows: (_fitness(count, rows, width, height), -rows),
    )
    small, more = divmod(count, best)
    # Rows with a pane more stand below, so that an odd one out is wide and on top.
    return (small,) * (best - more) + (small + 1,) * more


def _fitness(count: int, rows: int, width: int, height: int) -> float:
    columns = -(-count // rows)
    wide = width / columns / GOOD_SIZE[0]
    tall = height / rows / GOOD_SIZE[1]
    return min(wide, 1.0) * min(tall, 1.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """The parts of one arrangement: of the height, and in each row of the width."""

    rows: tuple[float, ...]
    columns: tuple[tuple[float, ...], ...]

    @classmethod
    def even(cls, arrangement: Arrangement) -> Shares:
        """All alike."""
        rows = (1 / len(arrangement),) * len(arrangement)
        return cls(rows, tuple((1 / n,) * n for n in arrangement))


def _cut(total: int, shares: Sequence[float]) -> list[int]:
    """Whole cells that add up to the total, none without a cell where that can be."""
    whole = sum(shares)
    ends = [round(total * end / whole) for end in accumulate(shares)]
    for at in range(len(ends) - 1):
        least = (ends[at - 1] if at else 0) + 1
        most = total - (len(ends) - 1 - at)
        ends[at] = max(least, min(ends[at], max(least, most)))
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def tiles(width: int, height: int, shares: Shares) -> list[Region]:
    """The panes' regions, row by row; together they fill the area."""
    regions: list[Region] = []
    y = 0
    for tall, columns in zip(_cut(height, shares.rows), shares.columns, strict=True):
        x = 0
        for wide in _cut(width, columns):
            regions.append(Region(x, y, wide, tall))
            x += wide
        y += tall
    return regions


@dataclass(frozen=True, slots=True)
class Borders:
    """The shares of every arrangement that a person has changed."""

    changed: dict[Arrangement, Shares] = field(default_factory=dict)

    def shares(self, arrangement: Arrangement) -> Shares:
        """The shares of an arrangement."""
        return self.changed.get(arrangement) or Shares.even(arrangement)

    def moved(
        self, arrangement: Arrangement, pane: int, by: tuple[int, int], area: Region
    ) -> Borders:
        """With a pane's right border moved by cells, and the lower one of its row.

        A last pane has no right border; its left one moves instead, the other way,
        so that "larger" always makes the pane larger. So it is with the last row.
        """
        shares = self.shares(arrangement)
        row, column = _place(arrangement, pane)
        rows = _moved(shares.rows, row, by[1], area.height, SMALLEST[1])
        columns = list(shares.columns)
        columns[row] = _moved(columns[row], column, by[0], area.width, SMALLEST[0])
        return Borders({**self.changed, arrangement: Shares(rows, tuple(columns))})

    def as_json(self) -> list[dict[str, Any]]:
        """For keeping."""
        kept = list(self.changed.items())[-MAX_ARRANGEMENTS:]
        return [
            {"arrangement": a, "rows": s.rows, "columns": s.columns} for a, s in kept
        ]

    @classmethod
    def from_json(cls, values: object) -> Borders:
        """What was kept; anything that is not well formed is left out."""
        found: dict[Arrangement, Shares] = {}
        for each in values if isinstance(values, list) else ():
            try:
                arrangement = tuple(int(n) for n in each["arrangement"])
                rows = tuple(float(n) for n in each["rows"])
                columns = tuple(tuple(float(n) for n in row) for row in each["columns"])
            except (KeyError, TypeError, ValueError):
                continue
            fits = len(rows) == len(arrangement) == len(columns) and all(
                len(c) == n for c, n in zip(columns, arrangement, strict=False)
            )
            parts = (*rows, *(part for row in columns for part in row))
            if arrangement and fits and all(0 < part <= 1 for part in parts):
                found[arrangement] = Shares(rows, columns)
        return cls(found)


def _place(arrangement: Arrangement, pane: int) -> tuple[int, int]:
    for row, count in enumerate(arrangement):
        if pane < count:
            return row, pane
        pane -= count
    return len(arrangement) - 1, arrangement[-1] - 1


def _moved(
    shares: tuple[float, ...], at: int, by: int, total: int, smallest: int
) -> tuple[float, ...]:
    """Shares with cells given to the part `at` by the next one, or the one before."""
    if len(shares) < 2 or not by or total <= 0:
        return shares
    sizes = _cut(total, shares)
    giver = at + 1 if at + 1 < len(sizes) else at - 1
    most = max(0, sizes[giver] - smallest)
    least = -max(0, sizes[at] - smallest)
    by = max(least, min(by, most))
    sizes[at] += by
    sizes[giver] -= by
    return tuple(size / total for size in sizes)
