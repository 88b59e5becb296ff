"""The list's rows as lines of cells: headers, sessions, what is folded away.

Pure: values in, strips out. `columns` says which parts a width has room for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agentdeck.core.session import Phase, Session
from agentdeck.tui.columns import GAP, GUTTER, MARGIN, Line, Part, columns
from agentdeck.tui.groups import Group, group_of
from agentdeck.tui.look import Look
from agentdeck.tui.printable import age, cut, one_line
from agentdeck.tui.row_words import (
    Cells,
    Status,
    commits_of,
    detail_of,
    lines_of,
    marks_of,
    status_of,
    width_of,
)
from agentdeck.tui.rows import Row

_RIGHT = frozenset({Part.COMMITS, Part.LINES, Part.AGE})
"""Parts whose cells stand at the right of their column."""
OWN_BRANCHES = "agentdeck/"
"""What nearly all branches begin with says nothing in a row."""
_EXPECTED = frozenset({"working", "ready", "done"})
"""Words that say no more than the group and the shape."""


@dataclass(frozen=True, slots=True)
class RowState:
    """What the list knows of a row beside its session."""

    is_cursor: bool = False
    is_marked: bool = False
    has_focus: bool = True
    queue_place: int = 0
    marked: int = 0
    """How many of a header's sessions are marked."""


def age_of(session: Session, now: datetime) -> str:
    """How long it has asked, been over, or been as it is."""
    return age(session.needs_since or session.ended_at or session.updated_at, now)


class RowPainter:
    """Draws rows of one look at one width.

    Args:
        look: Colours and glyphs.
        width: The cells of a row.
        without: Parts that are left out, as the groups say the same.
    """

    def __init__(self, look: Look, width: int, without: Iterable[Part] = ()) -> None:
        self.look = look
        self.width = width
        self.without = frozenset(without)
        self._columns = {
            height: columns(width, height, self.without) for height in (1, 2)
        }

    def header(self, row: Row, state: RowState) -> Strip:
        """A group's header: whether it is open, its name, how many it has."""
        section, glyphs = row.section, self.look.glyphs
        background = self._background(state)
        colour = "warning" if section.group is Group.NEEDS else "muted"
        colour = "bright" if state.is_cursor else colour
        count: Cells = [(f"{len(section.sessions)} ", "faint")]
        if section.attention and (row.hidden or section.group is None):
            count.append((f"{glyphs.needs}{section.attention} ", "warning"))
        if state.marked:
            count.append((f"{glyphs.marked}{state.marked} ", "primary"))
        room = max(self.width - GUTTER - MARGIN - width_of(count), 0)
        title = self._cut(self._text(section.title).upper(), room - 1) + " "
        arrow = glyphs.closed if row.hidden else glyphs.opened
        segments = [
            self._bar(state, background),
            Segment(f" {arrow} ", self._style("faint", background)),
            Segment(title, self._style(colour, background, bold=True)),
            *(Segment(text, self._style(c, background)) for text, c in count),
        ]
        rule = room - cell_len(title)
        if rule > 1:
            line = glyphs.rule * rule
            role = "bar" if not background else "faint"
            segments.append(Segment(line, self._style(role, background)))
        return self._filled(segments, background)

    def more(self, row: Row, state: RowState) -> Strip:
        """How many older sessions are folded away."""
        background = self._background(state)
        text = self._cut(
            f"{self.look.glyphs.more} {row.hidden} more", self.width - GUTTER - MARGIN
        )
        colour = "text" if state.is_cursor else "muted"
        segments = [
            self._bar(state, background),
            Segment("   ", self._style("text", background)),
            Segment(text, self._style(colour, background)),
        ]
        return self._filled(segments, background)

    def row(
        self, session: Session, state: RowState, now: datetime, height: int
    ) -> list[Strip]:
        """A session as `height` lines, one or two."""
        status = status_of(session, self.look.glyphs, state.queue_place)
        return [
            self._line(session, state, now, status, line, n)
            for n, line in enumerate(self._columns[height])
        ]

    def _background(self, state: RowState) -> str:
        if state.is_cursor:
            return "cursor" if state.has_focus else "cursor_blurred"
        return "marked" if state.is_marked else ""

    def _style(self, colour: str, background: str, *, bold: bool = False) -> Style:
        return self.look.style(colour, background, bold=bold)

    def _text(self, text: str) -> str:
        return one_line(text, ascii_only=self.look.glyphs.is_ascii)

    def _cut(self, text: str, width: int) -> str:
        return cut(text, width, more=self.look.glyphs.more)

    def _bar(self, state: RowState, background: str) -> Segment:
        bar = self.look.glyphs.bar if state.is_cursor else " "
        return Segment(
            bar, self._style("primary" if state.has_focus else "faint", background)
        )

    def _gutter(
        self, session: Session, state: RowState, status: Status, n: int, background: str
    ) -> list[Segment]:
        bar = self._bar(state, background)
        if n:
            return [bar, Segment("   ", self._style("text", background))]
        glyphs = self.look.glyphs
        mark = glyphs.marked if state.is_marked else ""
        mark = mark or (glyphs.unread if session.unread else " ")
        return [
            bar,
            Segment(mark, self._style("primary", background, bold=True)),
            Segment(status.glyph, self._style(status.colour, background)),
            Segment(" ", self._style("text", background)),
        ]

    def _line(
        self,
        session: Session,
        state: RowState,
        now: datetime,
        status: Status,
        line: Line,
        n: int,
    ) -> Strip:
        background = self._background(state)
        right = self._parts(session, now, status, line)
        room = max(self.width - GUTTER - MARGIN - width_of(right), 0)
        if n == 0:
            left = self._title(session, state, line, room)
        else:
            left = self._detail(session, room)
        gap = room - width_of(left)
        bold = session.unread and n == 0
        segments = self._gutter(session, state, status, n, background)
        segments += [
            Segment(text, self._style(colour, background, bold=bold and at == 0))
            for at, (text, colour) in enumerate(left)
        ]
        segments.append(Segment(" " * max(gap, 0), self._style("text", background)))
        segments += [Segment(text, self._style(c, background)) for text, c in right]
        return self._filled(segments, background)

    def _title(self, session: Session, state: RowState, line: Line, room: int) -> Cells:
        """The title with its marks, and on a single line what the session does."""
        colour = _title_colour(session, state)
        marks = marks_of(session, self.look.glyphs)
        beside = width_of(marks) + 1 if marks else 0
        width = line.title if line.detail else room
        if beside + 8 > width:
            marks, beside = [], 0
        title = self._text(session.title or session.name)
        is_single = self._columns[1][0] is line
        if is_single and not line.detail and session.needs_attention:
            # There is no room of its own for what is asked, which matters most.
            asked = self._text(detail_of(session))
            title = f"{title} {self.look.glyphs.dot} {asked}"
        cells: Cells = [(self._cut(title, width - beside), colour)]
        if marks:
            cells += [(" ", "muted"), *marks]
        if line.detail:
            pad = line.title + GAP - width_of(cells)
            cells.append((" " * max(pad, 0), "muted"))
            cells += self._detail(session, room - width_of(cells))
        return cells

    def _detail(self, session: Session, room: int) -> Cells:
        colour = "warning" if session.needs_attention else "muted"
        colour = "error" if session.phase is Phase.FAILED else colour
        return [(self._cut(self._text(detail_of(session)), room), colour)]

    def _parts(
        self, session: Session, now: datetime, status: Status, line: Line
    ) -> Cells:
        """The columns at the right, each with its gap before it."""
        cells: Cells = []
        for part, width in line.parts:
            content = self._part(session, now, status, part, line.is_packed)
            content = self._cut_cells(content, width)
            free = width - width_of(content)
            if line.is_packed and part is not Part.AGE:
                free = 0
                if not content:
                    continue
            pad: Cells = [(" " * free, "muted")] if free else []
            cells.append((" " * GAP, "muted"))
            cells += pad + content if part in _RIGHT else content + pad
        # What stands free before the first of them is given to title and detail.
        while cells and not cells[0][0].strip():
            cells.pop(0)
        return [(" " * GAP, "muted"), *cells] if cells else []

    def _part(
        self,
        session: Session,
        now: datetime,
        status: Status,
        part: Part,
        is_packed: bool,
    ) -> Cells:
        glyphs = self.look.glyphs
        match part:
            case Part.REPO:
                return [(self._text(PurePath(session.repo).name), "faint")]
            case Part.BRANCH:
                branch = session.branch.removeprefix(OWN_BRANCHES)
                return [(self._text(branch), "faint")]
            case Part.AGENT:
                return [(self._text(session.agent), "muted")]
            case Part.COMMITS:
                return commits_of(session, glyphs)
            case Part.LINES:
                return lines_of(session, glyphs)
            case Part.WORD:
                return self._word(session, status, is_packed)
            case Part.AGE:
                return [(age_of(session, now), "faint")]

    def _word(self, session: Session, status: Status, is_packed: bool) -> Cells:
        """The status in a word; where the agent has no column, one of the two."""
        is_told = session.needs_attention or status.word in _EXPECTED
        if is_packed and is_told and Part.AGENT not in self.without:
            return [(self._text(session.agent), "faint")]
        return [(status.word, status.colour)]

    def _cut_cells(self, cells: Cells, width: int) -> Cells:
        """The cells that fit; the first that does not is cut, the rest are left out."""
        kept: Cells = []
        for text, colour in cells:
            room = width - width_of(kept)
            if room <= 0:
                break
            kept.append((self._cut(text, room), colour))
        return kept

    def _filled(self, segments: list[Segment], background: str) -> Strip:
        shown = [segment for segment in segments if segment.text]
        padding = self._style("text", background)
        return Strip(shown).adjust_cell_length(self.width, padding)


def _title_colour(session: Session, state: RowState) -> str:
    if session.unread or state.is_cursor:
        return "bright"
    is_calm = group_of(session) is Group.ENDED and session.phase is Phase.ENDED
    return "muted" if is_calm and not session.exit_code else "text"
