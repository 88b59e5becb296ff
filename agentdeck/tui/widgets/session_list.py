"""The list of sessions. It draws the rows that are seen and changed, and nothing else.

Owns the cursor, the marks and the scroll position. It takes rows from its screen and
tells it where the cursor is and which groups are to be opened or closed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from agentdeck.core.indicator import is_in_progress
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.columns import Part
from agentdeck.tui.look import Look
from agentdeck.tui.rows import Row
from agentdeck.tui.widgets.session_row import RowPainter, RowState, age_of

SPINNER_S = 2.0
"""A pulse rather than a spin: thirty agents that work are no traffic over SSH."""
GLYPH_COLUMN = 2
"""Where a session's status stands on its first line."""
TWO_LINES_FROM = 12
"""Height of the list from which a session gets two lines."""
MARK_COLUMNS = 2
"""A click so far to the left marks."""
ARROW_COLUMNS = 4
"""A click so far to the left of a header opens or closes the group."""

Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list is to show."""

    rows: Sequence[Row] = ()
    every: Sequence[str] = ()
    """The ids of all sessions that the filter lets through, shown or folded away."""
    places: Mapping[str, int] | None = None
    """The place of each queued session in the queue."""
    lines: int = 0
    """How many lines a session has; 0 for two where there is room."""
    without: frozenset[Part] = frozenset()
    """Parts of rows that say no more than the groups."""


class SessionList(ScrollView, can_focus=True):
    """Sessions in groups, with a cursor and marks."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LIST, Scope.GROUP)
    DEFAULT_CSS = """
    SessionList {
        height: 1fr; background: $background;
        scrollbar-size: 0 1; overflow-x: hidden;
    }
    """

    cursor: reactive[str | None] = reactive(None, repaint=False)
    """The key of the row under the cursor: a session's id, or a header's key."""
    marks: reactive[frozenset[str]] = reactive(frozenset(), repaint=False)

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or on none."""

        widget: SessionList
        row: Row | None

    @dataclass
    class MarksChanged(Message):
        """Other sessions are marked."""

        widget: SessionList
        marks: frozenset[str]

    @dataclass
    class OpenRequested(Message):
        """A session was clicked twice."""

        widget: SessionList
        session_id: str

    @dataclass
    class GroupTurned(Message):
        """A group is to be opened or closed, or its older sessions to be shown."""

        widget: SessionList
        row: Row
        is_open: bool

    @dataclass
    class NothingToClear(Message):
        """The marks were to be cleared and none was there."""

        widget: SessionList

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._listed = Listed()
        self._rows: Sequence[Row] = ()
        self._order: list[str] = []
        self._index: dict[str, int] = {}
        self._tops: list[int] = []
        """The first line of each row, and at the end their number."""
        self._row_height = 2
        self._now: datetime | None = None
        self._drawn: dict[str, tuple[Signature, list[Strip]]] = {}
        self._painted: dict[int, Signature] = {}
        """What stands on each line of the screen, to know which lines changed."""
        self._painter: RowPainter | None = None
        self._turn = 0
        self._spinner: Timer | None = None
        self._anchor: str | None = None

    @property
    def order(self) -> list[str]:
        """The ids of the sessions that are shown, from the top."""
        return self._order

    @property
    def every(self) -> Sequence[str]:
        """The ids of all sessions of the list, folded away or not, from the top."""
        return self._listed.every

    @property
    def row_height(self) -> int:
        """How many lines a session has now."""
        return self._row_height

    @property
    def row_at_cursor(self) -> Row | None:
        """The row under the cursor."""
        at = self._index.get(self.cursor or "")
        return None if at is None else self._rows[at]

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self._forget_drawn()
        self.refresh()

    def show_rows(self, listed: Listed, now: datetime) -> None:
        """Show these rows. The cursor stays on its row, or near its place."""
        before = self._index.get(self.cursor or "", 0)
        if listed.without != self._listed.without:
            self._forget_drawn()
        has_moved = [row.key for row in listed.rows] != [row.key for row in self._rows]
        self._listed, self._now, self._rows = listed, now, listed.rows
        if has_moved or listed.lines:
            self._lay_out()
        known = frozenset(listed.every)
        if self.marks - known:
            self.marks = self.marks & known
        if self.cursor not in self._index:
            self.cursor = self._near(before)
        elif has_moved:
            self._keep_cursor_in_view()
        self._mind_spinner()
        self._refresh_changed()

    def _near(self, before: int) -> str | None:
        """The row nearest to a place, a session rather than a header."""
        if not self._order:
            return self._rows[0].key if self._rows else None
        after = (row for row in self._rows[before:] if row.session is not None)
        row = next(after, None)
        return row.key if row is not None else self._order[-1]

    def _forget_drawn(self) -> None:
        self._painter = None
        self._drawn.clear()
        self._painted.clear()

    def _lay_out(self) -> None:
        height = self._listed.lines or (2 if self.size.height >= TWO_LINES_FROM else 1)
        self._row_height = height
        tops, y = [], 0
        for n, row in enumerate(self._rows):
            tops.append(y)
            # With two lines a row, a free line parts each group from the one before.
            y += (
                self._header_height(n)
                if row.is_header
                else 1
                if row.is_more
                else height
            )
        self._tops = [*tops, y]
        self._index = {row.key: n for n, row in enumerate(self._rows)}
        self._order = [row.key for row in self._rows if row.session is not None]
        self._drawn = {k: v for k, v in self._drawn.items() if k in self._index}
        size = Size(self.scrollable_content_region.width, y)
        if size != self.virtual_size:
            self.virtual_size = size

    def _header_height(self, n: int) -> int:
        return 2 if n and self._row_height == 2 else 1

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()
        self._painted.clear()
        self._keep_cursor_in_view()
        self.refresh()

    def _row_on(self, y: int) -> tuple[Row | None, int]:
        """The row on a line of the screen, and which of the row's lines that is."""
        line = y + self.scroll_offset.y
        if not self._rows or line >= self._tops[-1]:
            return None, 0
        at = bisect_right(self._tops, line) - 1
        return self._rows[at], line - self._tops[at]

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if self._painter is None or self._painter.width != width:
            self._drawn.clear()
            self._painter = RowPainter(self._look, width, self._listed.without)
        row, part = self._row_on(y)
        signature = self._signature(row, part)
        self._painted[y] = signature
        if row is None or self._now is None or self._is_gap(row, part):
            strip = Strip.blank(width)
        else:
            strips = self._strips(row, self._signature(row, 0))
            strip = strips[0 if row.session is None else part]
            if self._is_turning(row, part):
                strip = self._with_spinner(strip)
        return strip.apply_style(self.rich_style)

    def _is_gap(self, row: Row, part: int) -> bool:
        """Whether a line is the free one above a header."""
        return row.is_header and part + 1 < self._header_height(self._index[row.key])

    def _signature(self, row: Row | None, part: int) -> Signature:
        """All that the looks of a line depend on."""
        if row is None or self._now is None:
            return ()
        state = self._state(row)
        if part:
            # The place in the queue and the age stand on the first line alone.
            state = replace(state, queue_place=0)
        if row.session is None:
            return (part, row.section.title, len(row.section.sessions), row.hidden,
                    row.section.attention, state)  # fmt: skip
        return (
            part,
            row.session,
            state,
            "" if part else age_of(row.session, self._now),
            self._row_height,
        )

    def _state(self, row: Row) -> RowState:
        is_cursor = row.key == self.cursor
        session = row.session
        if session is None:
            marks = self.marks
            marked = sum(s.id in marks for s in row.section.sessions) if marks else 0
            return RowState(is_cursor, False, self.has_focus, marked=marked)
        return RowState(
            is_cursor,
            session.id in self.marks,
            self.has_focus or not is_cursor,
            (self._listed.places or {}).get(session.id, 0),
        )

    def _strips(self, row: Row, signature: Signature) -> list[Strip]:
        drawn = self._drawn.get(row.key)
        if drawn is not None and drawn[0] == signature:
            return drawn[1]
        assert self._painter is not None
        assert self._now is not None
        state = self._state(row)
        if row.session is not None:
            strips = self._painter.row(row.session, state, self._now, self._row_height)
        elif row.is_header:
            strips = [self._painter.header(row, state)]
        else:
            strips = [self._painter.more(row, state)]
        self._drawn[row.key] = (signature, strips)
        return strips

    def _refresh_changed(self) -> None:
        """Have the lines drawn again that look other than they did."""
        width = self.scrollable_content_region.width
        changed = [
            Region(0, y, width, 1)
            for y in range(self.size.height)
            if self._painted.get(y) != self._signature(*self._row_on(y))
        ]
        if changed:
            self.refresh(*changed)

    def _is_turning(self, row: Row | None, part: int) -> bool:
        """Whether a line has a spinner on it."""
        if self._spinner is None or row is None or row.session is None:
            return False
        return part == 0 and _is_working(row.session)

    def _with_spinner(self, strip: Strip) -> Strip:
        frames = self._look.glyphs.spinner
        before, glyph, after = strip.divide(
            [GLYPH_COLUMN, GLYPH_COLUMN + 1, strip.cell_length]
        )
        turned = [
            Segment(frames[self._turn % len(frames)], segment.style)
            for segment in glyph
        ]
        return Strip.join([before, Strip(turned, 1), after])

    def _mind_spinner(self) -> None:
        """Have a timer only while something works and animation is wanted."""
        wanted = self.app.animation_level != "none" and any(
            row.session is not None and _is_working(row.session) for row in self._rows
        )
        if wanted and self._spinner is None:
            self._spinner = self.set_interval(SPINNER_S, self._turn_spinner)
        elif not wanted and self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _turn_spinner(self) -> None:
        self._turn += 1
        turning = [
            Region(GLYPH_COLUMN, y, 1, 1)
            for y in range(self.size.height)
            if self._is_turning(*self._row_on(y))
        ]
        if turning:
            self.refresh(*turning)

    def watch_cursor(self, cursor: str | None) -> None:
        self._keep_cursor_in_view()
        self._refresh_changed()
        self.post_message(self.CursorMoved(self, self.row_at_cursor))

    def watch_marks(self, marks: frozenset[str]) -> None:
        self._refresh_changed()
        self.post_message(self.MarksChanged(self, marks))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._painted.clear()

    def on_focus(self) -> None:
        self._refresh_changed()

    def on_blur(self) -> None:
        self._refresh_changed()

    def _keep_cursor_in_view(self) -> None:
        at = self._index.get(self.cursor or "")
        if at is None or not self.size.height:
            return
        top, bottom = self._tops[at], self._tops[at + 1]
        # The first session brings its group's header into view.
        top = 0 if at == 1 and self._rows[0].is_header else top
        seen = self.scroll_offset.y
        if seen <= top and bottom <= seen + self.size.height:
            return
        region = Region(0, top, self.scrollable_content_region.width, bottom - top)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def _move(self, by: int) -> None:
        if not self._rows:
            return
        at = self._index.get(self.cursor or "", 0)
        at = max(0, min(at + by, len(self._rows) - 1))
        self.cursor = self._anchor = self._rows[at].key

    def _move_session(self, by: int) -> None:
        """Go to the next session in a direction, over headers."""
        at = self._index.get(self.cursor or "", 0) + by
        while 0 <= at < len(self._rows):
            if self._rows[at].session is not None:
                self.cursor = self._rows[at].key
                return
            at += by

    def action_cursor_down(self) -> None:
        self._move(1)

    def action_cursor_up(self) -> None:
        self._move(-1)

    def action_cursor_top(self) -> None:
        if self._order:
            self.cursor = self._anchor = self._order[0]

    def action_cursor_end(self) -> None:
        self._move(len(self._rows))

    def action_page_down(self) -> None:
        self._move(max(1, self.size.height // self._row_height - 1))

    def action_page_up(self) -> None:
        self._move(-max(1, self.size.height // self._row_height - 1))

    def action_toggle_mark(self) -> None:
        row = self.row_at_cursor
        if row is not None and row.session is None:
            self._toggle(session.id for session in row.section.sessions)
        elif row is not None:
            self.marks = self.marks ^ {row.key}
            self._move_session(1)
            self._anchor = self.cursor

    def action_mark_down(self) -> None:
        self._mark_on(1)

    def action_mark_up(self) -> None:
        self._mark_on(-1)

    def _mark_on(self, by: int) -> None:
        """Mark from where the range began to the session that is gone to."""
        row = self.row_at_cursor
        if row is None:
            return
        if self._anchor not in self._index or not self.marks:
            self._anchor = row.key
        self._move_session(by)
        self._mark_range(self._anchor or row.key, self.cursor or row.key)

    def _mark_range(self, one: str, other: str) -> None:
        start, end = sorted((self._index[one], self._index[other]))
        between = self._rows[start : end + 1]
        self.marks = self.marks | {
            row.key for row in between if row.session is not None
        }

    def action_mark_all(self) -> None:
        self.marks = frozenset(self.every)

    def action_invert_marks(self) -> None:
        self.marks = frozenset(self.every) - self.marks

    def action_clear_marks(self) -> None:
        if self.marks:
            self.marks = frozenset()
        else:
            self.post_message(self.NothingToClear(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of groups hold on headers only; elsewhere they mean what they mean."""
        if action in ("mark_group", "turn_group"):
            row = self.row_at_cursor
            return row is not None and row.session is None
        return True

    def action_mark_group(self) -> None:
        row = self.row_at_cursor
        if row is None or row.session is not None:
            return
        if row.is_more:
            self.post_message(self.GroupTurned(self, row, is_open=True))
        else:
            self._toggle(session.id for session in row.section.sessions)

    def action_turn_group(self, is_open: bool) -> None:
        row = self.row_at_cursor
        if row is not None and row.session is None:
            self.post_message(self.GroupTurned(self, row, is_open))

    def _toggle(self, ids: Iterable[str]) -> None:
        """Mark all of them, or if all are marked, none."""
        meant = frozenset(ids)
        self.marks = self.marks - meant if meant <= self.marks else self.marks | meant

    def on_click(self, event: events.Click) -> None:
        event.stop()
        row, _ = self._row_on(event.y)
        if row is None:
            return
        before = self._anchor if self._anchor in self._index else self.cursor
        self.cursor = row.key
        if row.session is None:
            if row.is_more or event.x < ARROW_COLUMNS or event.chain == 2:
                self.post_message(self.GroupTurned(self, row, bool(row.hidden)))
        elif event.shift and before in self._index:
            self._mark_range(before or row.key, row.key)
            return
        elif event.ctrl or event.x < MARK_COLUMNS:
            self.marks = self.marks ^ {row.key}
        elif event.chain == 2:
            self.post_message(self.OpenRequested(self, row.session.id))
        self._anchor = row.key


def _is_working(session: Session) -> bool:
    return is_in_progress(session) and not session.needs_attention
