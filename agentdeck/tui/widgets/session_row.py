"""A session as one or two lines of cells. Pure: values in, strips out.

As the width shrinks the columns give way in this order: repository and agent, the
status word, lines and commits, the age. Glyph, title and question stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agentdeck.core.session import Activity, Phase, Session
from agentdeck.tui.groups import Group, Section
from agentdeck.tui.look import Glyphs, Look
from agentdeck.tui.printable import age, cut, one_line

GUTTER = 4
"""Bar, mark, glyph, space."""
STATUS_FROM = 34
WORD_FROM = 56
STAT_FROM = 30
AGE_FROM = 24
PLACE_FROM = 64
ONE_LINE_DETAIL_FROM = 60


@dataclass(frozen=True, slots=True)
class RowState:
    """What the list knows of a row beside its session."""

    is_cursor: bool = False
    is_marked: bool = False
    has_focus: bool = True
    spinner: str = ""
    queue_place: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """How a status is shown: shape, colour role and word."""

    glyph: str
    colour: str
    word: str


def status_of(session: Session, glyphs: Glyphs, queue_place: int = 0) -> Status:
    """Shape, colour and word of a session's status."""
    if session.needs_attention and session.needs is not None:
        return Status(glyphs.needs, "warning", session.needs.kind.value)
    match session.phase:
        case Phase.QUEUED:
            word = f"queued #{queue_place}" if queue_place else "queued"
            return Status(glyphs.queued, "muted", word)
        case Phase.PREPARING:
            return Status(glyphs.preparing, "primary", "preparing")
        case Phase.STOPPING:
            return Status(glyphs.stopping, "warning", "stopping")
        case Phase.RUNNING:
            return _running(session, glyphs)
        case Phase.LOST:
            return Status(glyphs.lost, "error", "lost")
        case Phase.FAILED:
            return Status(glyphs.failed, "error", "failed")
        case Phase.ENDED:
            return _ended(session, glyphs)


def _running(session: Session, glyphs: Glyphs) -> Status:
    if session.activity is Activity.IDLE:
        return Status(glyphs.ready, "accent", "ready")
    if session.stuck_since is not None:
        return Status(glyphs.working, "warning", "stuck?")
    return Status(glyphs.working, "primary", "working")


def _ended(session: Session, glyphs: Glyphs) -> Status:
    if session.is_merged:
        return Status(glyphs.done, "muted", "merged")
    if session.exit_code:
        return Status(glyphs.failed, "error", f"exit {session.exit_code}")
    return Status(glyphs.done, "success", "done")


def detail_of(session: Session) -> str:
    """What the session asks, does, or ended with."""
    if session.needs is not None and session.needs_attention:
        return session.needs.text
    if session.phase in (Phase.FAILED, Phase.LOST) and session.reason:
        return session.reason
    if session.is_merged:
        return f"into {session.merged_into}"
    if session.is_over or session.activity is Activity.IDLE:
        return session.last_commit or session.last_line or session.reason
    if session.phase is Phase.QUEUED:
        return session.reason or session.prompt
    return session.last_line or session.last_commit or session.prompt


Cells = list[tuple[str, str]]
"""Text with the role of its colour."""


def stat_of(session: Session, glyphs: Glyphs) -> Cells:
    """`↑2 ↓1 +12 −3`, each only where it is not nothing."""
    cells: Cells = []
    for count, sign, colour in (
        (session.ahead, glyphs.up, "muted"),
        (session.behind, glyphs.down, "faint"),
        (session.added, "+", "success"),
        (session.removed, glyphs.minus, "error"),
    ):
        if count:
            cells += [(" ", "muted")] if cells else []
            cells.append((f"{sign}{_short(count)}", colour))
    if session.dirty:
        cells += [(" *" if cells else "*", "warning")]
    return cells


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count // 1000}k"


def width_of(cells: Cells) -> int:
    """The cells that these take."""
    return sum(cell_len(text) for text, _ in cells)


class RowPainter:
    """Draws rows of one look at one width."""

    def __init__(self, look: Look, width: int) -> None:
        self.look = look
        self.width = width

    def header(self, section: Section) -> Strip:
        """A group's header with its count."""
        colour = "warning" if section.group is Group.NEEDS else "muted"
        cells: Cells = [(section.group.value.upper(), colour)]
        count = str(len(section.sessions))
        line = [Segment(" ", self._style("text", ""))]
        room = self.width - 2
        title = cut(cells[0][0], room - len(count) - 1, more=self.look.glyphs.more)
        line.append(Segment(title, self.look.style(colour, bold=True)))
        line.append(Segment(f" {count} ", self.look.style("faint")))
        rule = self.width - 3 - cell_len(title) - len(count)
        if rule > 2:
            glyph = self.look.glyphs.rule
            line.append(Segment(glyph * (rule - 1) + " ", self.look.style("bar")))
        return Strip(line).adjust_cell_length(self.width)

    def row(
        self, session: Session, state: RowState, now: datetime, height: int
    ) -> list[Strip]:
        """A session as `height` lines, one or two."""
        background = self._background(state)
        status = status_of(session, self.look.glyphs, state.queue_place)
        lines = [self._first(session, state, now, status, height == 1)]
        if height > 1:
            lines.append(self._second(session, status))
        return [
            self._line(
                state, background, status if n == 0 else None, session, left, right
            )
            for n, (left, right) in enumerate(lines)
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

    def _first(
        self,
        session: Session,
        state: RowState,
        now: datetime,
        status: Status,
        alone: bool,
    ) -> tuple[Cells, Cells]:
        right: Cells = []
        if alone and self.width >= STAT_FROM + GUTTER * 3:
            right += stat_of(session, self.look.glyphs)
        if self.width >= STATUS_FROM and self._needs_word(status):
            right += [("  " if right else "", "muted"), (status.word, status.colour)]
        if self.width >= AGE_FROM:
            since = session.needs_since or session.ended_at or session.updated_at
            right.append((age(since, now).rjust(5), "faint"))
        room = self.width - GUTTER - width_of(right) - 2
        colour = "bright" if session.unread or state.is_cursor else "text"
        title = self._text(session.title or session.name)
        detail = self._text(detail_of(session)) if alone else ""
        if not detail or self.width < ONE_LINE_DETAIL_FROM:
            if alone and session.needs_attention:
                title = f"{title} {self.look.glyphs.dot} {detail}"
            return [(self._cut(title, room), colour)], right
        title_room = max(16, room * 2 // 5)
        title = self._cut(title, title_room)
        pad = " " * (title_room - cell_len(title) + 2)
        detail = self._cut(detail, room - title_room - 2)
        detail_colour = "warning" if session.needs_attention else "muted"
        return [(title, colour), (pad, "muted"), (detail, detail_colour)], right

    def _needs_word(self, status: Status) -> bool:
        """Whether the status says more than the group that the row stands in."""
        return self.width >= WORD_FROM or status.word not in ("working", "ready")

    def _second(self, session: Session, status: Status) -> tuple[Cells, Cells]:
        right: Cells = []
        if self.width >= PLACE_FROM:
            repo = self._text(PurePath(session.repo).name)
            place = f"{repo} {self.look.glyphs.dot} {self._text(session.agent)}"
            right.append((self._cut(place, self.width // 4), "faint"))
        if self.width >= STAT_FROM:
            stat = stat_of(session, self.look.glyphs)
            right += [("  ", "muted"), *stat] if right and stat else stat
        room = self.width - GUTTER - width_of(right) - (2 if right else 1)
        colour = "warning" if session.needs_attention else "muted"
        colour = "error" if session.phase is Phase.FAILED else colour
        return [(self._cut(self._text(detail_of(session)), room), colour)], right

    def _line(
        self,
        state: RowState,
        background: str,
        status: Status | None,
        session: Session,
        left: Cells,
        right: Cells,
    ) -> Strip:
        glyphs = self.look.glyphs
        bar = glyphs.bar if state.is_cursor else " "
        bar_colour = "primary" if state.has_focus else "faint"
        segments = [Segment(bar, self._style(bar_colour, background, bold=False))]
        if status is None:
            segments.append(Segment("   ", self._style("text", background)))
        else:
            mark = glyphs.marked if state.is_marked else ""
            mark = mark or (glyphs.unread if session.unread else " ")
            segments.append(
                Segment(mark, self._style("primary", background, bold=True))
            )
            glyph = state.spinner or status.glyph
            segments.append(Segment(glyph, self._style(status.colour, background)))
            segments.append(Segment(" ", self._style("text", background)))
        bold = session.unread and status is not None
        for n, (text, colour) in enumerate(left):
            segments.append(
                Segment(text, self._style(colour, background, bold=bold and n == 0))
            )
        gap = self.width - GUTTER - width_of(left) - width_of(right) - 1
        segments.append(Segment(" " * max(gap, 0), self._style("text", background)))
        segments += [Segment(text, self._style(c, background)) for text, c in right]
        segments.append(Segment(" ", self._style("text", background)))
        segments = [segment for segment in segments if segment.text]
        padding = self._style("text", background)
        return Strip(segments).adjust_cell_length(self.width, padding)
