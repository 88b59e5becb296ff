"""Which parts of a session's row are shown at a width, and how wide. Pure.

As a row gets narrower its parts give way one after the other, always in the same
order, the one that says least first. What is left of the width goes to the title on
the first line and to what the session asks or does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

GUTTER = 4
"""Bar, mark, glyph, space."""
MARGIN = 1
"""Free at the right."""
GAP = 2


class Part(StrEnum):
    """The parts of a row beside title and detail, in the order they stand in."""

    REPO = "repo"
    BRANCH = "branch"
    AGENT = "agent"
    COMMITS = "commits"
    LINES = "lines"
    WORD = "word"
    AGE = "age"


WIDTHS = {
    Part.REPO: 12,
    Part.BRANCH: 20,
    Part.AGENT: 8,
    Part.COMMITS: 8,
    Part.LINES: 11,
    Part.WORD: 10,
    Part.AGE: 4,
}
MOST = {Part.BRANCH: 36, Part.REPO: 20, Part.AGENT: 12}
"""How wide a part becomes where there is plenty of room."""
FIRST_FROM = {Part.AGE: 24, Part.WORD: 34, Part.AGENT: 56}
SECOND_FROM = {Part.LINES: 30, Part.COMMITS: 40, Part.BRANCH: 84, Part.REPO: 104}
SINGLE_FROM = {
    Part.AGE: 24,
    Part.WORD: 36,
    Part.LINES: 74,
    Part.AGENT: 86,
    Part.COMMITS: 100,
    Part.BRANCH: 126,
    Part.REPO: 144,
}
"""The width of a row from which a part is shown: on the first and second of two
lines, and on a single one."""
DETAIL_FROM = 60
"""The width from which a single line has what the session does beside its title."""
PACKED_BELOW = 56
"""Below it the parts take the room that they need, not a column each."""
ROOMY_TITLE, ROOMY_DETAIL = 40, 60
"""Names get wider than they must only where title and detail have this much."""
FAIR_TITLE = 24
"""A title of a single line has half of what is left up to this, then two fifths."""
WIDEST_TITLE = 56


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a row: title or detail or both, then the parts with their widths."""

    title: int = 0
    detail: int = 0
    parts: tuple[tuple[Part, int], ...] = ()
    is_packed: bool = False
    """Whether the parts take only the room that they need, and title or detail the
    rest."""

    @property
    def width(self) -> int:
        """All cells that it takes beside the gutter, gaps and margin included."""
        widths = [self.title, self.detail, *(width for _, width in self.parts)]
        shown = [width for width in widths if width]
        return sum(shown) + GAP * max(len(shown) - 1, 0) + MARGIN


def columns(width: int, height: int, without: Iterable[Part] = ()) -> tuple[Line, ...]:
    """How the lines of a row are divided.

    Args:
        width: The cells of the whole row.
        height: One line or two.
        without: Parts that say nothing here, as the groups are made by them.
    """
    room = max(width - GUTTER - MARGIN, 0)
    left_out = frozenset(without)
    is_packed = width < PACKED_BELOW
    if height < 2:
        parts = _shown(SINGLE_FROM, width, left_out)
        left = _left(parts, room, ROOMY_DETAIL + ROOMY_TITLE)
        if width < DETAIL_FROM:
            return (Line(left, 0, _in_order(parts), is_packed),)
        title = max((left - GAP) * 2 // 5, min((left - GAP) // 2, FAIR_TITLE))
        title = min(title, WIDEST_TITLE)
        return (Line(title, left - GAP - title, _in_order(parts), is_packed),)
    above = _shown(FIRST_FROM, width, left_out)
    below = _shown(SECOND_FROM, width, left_out)
    title, detail = _left(above, room, ROOMY_TITLE), _left(below, room, ROOMY_DETAIL)
    return (
        Line(title, 0, _in_order(above), is_packed),
        Line(0, detail, _in_order(below), is_packed),
    )


def _shown(
    shown_from: dict[Part, int], width: int, left_out: frozenset[Part]
) -> dict[Part, int]:
    return {
        part: WIDTHS[part]
        for part, least in shown_from.items()
        if width >= least and part not in left_out
    }


def _left(parts: dict[Part, int], room: int, roomy: int) -> int:
    """The room that the parts leave, after names took what is more than roomy."""
    left = room - sum(width + GAP for width in parts.values())
    for part, most in MOST.items():
        if part in parts and left > roomy:
            more = min(most - parts[part], left - roomy)
            parts[part] += more
            left -= more
    return max(left, 0)


def _in_order(parts: dict[Part, int]) -> tuple[tuple[Part, int], ...]:
    return tuple((part, parts[part]) for part in Part if part in parts)
