"""What a terminal shows, cell by cell, however it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.cells import split_graphemes

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell is drawn: colours as they are seen, none for the pane's own."""

    fg: Rgb | None = None
    bg: Rgb | None = None
    flags: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return " ".join([f"{self.fg} on {self.bg}", *sorted(self.flags)])


PLAIN = Look()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `text` is empty in the second half of a wide character."""

    text: str = " "
    look: Look = PLAIN

    def __str__(self) -> str:
        return repr(self.text) + ("" if self.look == PLAIN else f" ({self.look})")


Row = list[Cell]


@dataclass(slots=True)
class Grid:
    """A screen. A row ends where the one who read it says no more of it."""

    rows: list[Row] = field(default_factory=list)
    cursor: tuple[int, int] = (0, 0)
    cursor_is_shown: bool = True

    def text(self) -> list[str]:
        """The rows without trailing blanks."""
        return ["".join(cell.text for cell in row).rstrip() for row in self.rows]


def cells_of(text: str, look: Look) -> Row:
    """A piece of text as cells."""
    cells: Row = []
    for start, end, width in split_graphemes(text)[0]:
        cells.append(Cell(text[start:end], look))
        cells += [Cell("", look)] * (width - 1)
    return cells


def differences(ours: Grid, theirs: Grid, *, limit: int = 12) -> list[str]:
    """What differs, in words; nothing if the two are alike.

    A cell that `theirs` does not tell of has to be blank in ours; its background
    may be anything.
    """
    found = []
    if ours.cursor != theirs.cursor:
        found.append(f"the cursor is at {ours.cursor}, not at {theirs.cursor}")
    if ours.cursor_is_shown != theirs.cursor_is_shown:
        found.append(f"the cursor is shown: {ours.cursor_is_shown}")
    if len(ours.rows) != len(theirs.rows):
        found.append(f"there are {len(ours.rows)} rows, not {len(theirs.rows)}")
    for y, (mine, other) in enumerate(zip(ours.rows, theirs.rows, strict=False)):
        for x in range(max(len(mine), len(other))):
            cell = mine[x] if x < len(mine) else Cell()
            if x >= len(other):
                if cell.text.strip():
                    found.append(f"cell {x},{y} is {cell}, not blank")
            elif cell != other[x]:
                found.append(f"cell {x},{y} is {cell}, not {other[x]}")
    more = [f"and {len(found) - limit} more"] if len(found) > limit else []
    return found[:limit] + more


def assert_alike(ours: Grid, theirs: Grid) -> None:
    """Fail with what differs, if anything does."""
    found = differences(ours, theirs)
    told = [*found, *ours.text(), "but theirs", *theirs.text()]
    assert not found, "\n".join(told)
