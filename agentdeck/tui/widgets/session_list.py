"""The list of sessions. It draws the rows that are seen, and nothing else.

Owns the cursor, the marks and the scroll position. It takes sections from its
screen and tells it where the cursor is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from agentdeck.tui.groups import Section
from agentdeck.tui.look import Look
from agentdeck.tui.widgets.session_row import RowPainter, RowState

SPINNER_S = 0.16
"""A calm turn; it runs only while a session that is seen works."""
TWO_LINES_FROM = 12
"""Height of the list from which a session gets two lines."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the list: of a section's header, a session, or nothing."""

    section: Section | None = None
    session: Session | None = None
    part: int = 0


class SessionList(ScrollView, can_focus=True):
    """Sessions in groups, with a cursor and marks."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.LIST)
    DEFAULT_CSS = """
    SessionList {
        height: 1fr; background: $background;
        scrollbar-size: 0 1; overflow-x: hidden;
    }
    """

    cursor: reactive[str | None] = reactive(None)
    marks: reactive[frozenset[str]] = reactive(frozenset())

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another session, or on none."""

        widget: SessionList
        session_id: str | None

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
    class NothingToClear(Message):
        """The marks were to be cleared and none was there."""

        widget: SessionList

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._sections: tuple[Section, ...] = ()
        self._order: list[str] = []
        self._lines: list[_Line] = []
        self._line_of: dict[str, int] = {}
        self._row_height = 2
        self._now: datetime | None = None
        self._places: Mapping[str, int] = {}
        self._drawn: dict[str, tuple[object, ...]] = {}
        self._painter: RowPainter | None = None
        self._turn = 0
        self._spinner: Timer | None = None
        self._anchor: str | None = None

    @property
    def order(self) -> list[str]:
        """The ids of the sessions that are shown, from the top."""
        return self._order

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self._painter = None
        self._drawn.clear()
        self.refresh()

    def show_sections(
        self, sections: tuple[Section, ...], places: Mapping[str, int], now: datetime
    ) -> None:
        """Show these sessions. The cursor stays on its session, or near its place."""
        before = self._order.index(self.cursor) if self.cursor in self._order else 0
        self._sections, self._places, self._now = sections, places, now
        self._order = [s.id for section in sections for s in section.sessions]
        known = set(self._order)
        self._drawn = {k: v for k, v in self._drawn.items() if k in known}
        if self.marks - known:
            self.marks = self.marks & known
        self._lay_out()
        if self.cursor not in known:
            last = len(self._order) - 1
            self.cursor = self._order[min(before, last)] if known else None
        else:
            self._keep_cursor_in_view()
        self._mind_spinner()
        self.refresh()

    def _lay_out(self) -> None:
        self._row_height = 2 if self.size.height >= TWO_LINES_FROM else 1
        airy = self._row_height == 2
        lines: list[_Line] = []
        for section in self._sections:
            if lines and airy:
                lines.append(_Line())
            lines.append(_Line(section=section))
            for session in section.sessions:
                parts = range(self._row_height)
                lines += [_Line(session=session, part=part) for part in parts]
        self._lines = lines
        self._line_of = {
            line.session.id: y
            for y, line in enumerate(lines)
            if line.session is not None and line.part == 0
        }
        self.virtual_size = Size(self.scrollable_content_region.width, len(lines))

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()
        self._keep_cursor_in_view()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if self._painter is None or self._painter.width != width:
            self._painter = RowPainter(self._look, width)
            self._drawn.clear()
        index = y + self.scroll_offset.y
        if index >= len(self._lines) or self._now is None:
            return Strip([Segment(" " * width)], width).apply_style(self.rich_style)
        line = self._lines[index]
        if line.section is not None:
            strip = self._painter.header(line.section)
        elif line.session is not None:
            strip = self._row(line.session)[line.part]
        else:
            strip = Strip.blank(width)
        return strip.apply_style(self.rich_style)

    def _row(self, session: Session) -> list[Strip]:
        state = RowState(
            session.id == self.cursor,
            session.id in self.marks,
            self.has_focus,
            self._spinner_glyph(session),
            self._places.get(session.id, 0),
        )
        assert self._now is not None
        assert self._painter is not None
        minute = int(self._now.timestamp()) // 10
        drawn = self._drawn.get(session.id)
        if (
            drawn is not None
            and drawn[0] is session
            and drawn[1:4]
            == (
                state,
                minute,
                self._row_height,
            )
        ):
            strips = drawn[4]
            assert isinstance(strips, list)
            return strips
        strips = self._painter.row(session, state, self._now, self._row_height)
        self._drawn[session.id] = (session, state, minute, self._row_height, strips)
        return strips

    def _spinner_glyph(self, session: Session) -> str:
        if self._spinner is None or not _is_working(session):
            return ""
        frames = self._look.glyphs.spinner
        return frames[self._turn % len(frames)]

    def _mind_spinner(self) -> None:
        """Have a timer only while something works and animation is wanted."""
        wanted = self.app.animation_level != "none" and any(
            _is_working(session)
            for section in self._sections
            for session in section.sessions
        )
        if wanted and self._spinner is None:
            self._spinner = self.set_interval(SPINNER_S, self._turn_spinner)
        elif not wanted and self._spinner is not None:
            self._spinner.stop()
            self._spinner = None

    def _turn_spinner(self) -> None:
        self._turn += 1
        top = self.scroll_offset.y
        width = self.scrollable_content_region.width
        for y in range(self.size.height):
            line = self._lines[top + y] if top + y < len(self._lines) else _Line()
            if (
                line.session is not None
                and line.part == 0
                and _is_working(line.session)
            ):
                self.refresh(Region(0, y, width, 1))

    def watch_cursor(self, cursor: str | None) -> None:
        self._keep_cursor_in_view()
        self.refresh()
        self.post_message(self.CursorMoved(self, cursor))

    def watch_marks(self, marks: frozenset[str]) -> None:
        self.refresh()
        self.post_message(self.MarksChanged(self, marks))

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _keep_cursor_in_view(self) -> None:
        y = self._line_of.get(self.cursor or "")
        if y is None or not self.size.height:
            return
        # The first session brings its group's header into view.
        top = 0 if y == 1 else y
        height = self._row_height + (1 if top == 0 else 0)
        region = Region(0, top, self.scrollable_content_region.width, height)
        self.scroll_to_region(region, animate=False, force=True, immediate=True)

    def _move(self, by: int) -> None:
        if not self._order:
            return
        at = self._order.index(self.cursor) if self.cursor in self._order else 0
        self.cursor = self._order[max(0, min(at + by, len(self._order) - 1))]

    def action_cursor_down(self) -> None:
        self._move(1)

    def action_cursor_up(self) -> None:
        self._move(-1)

    def action_cursor_top(self) -> None:
        self._move(-len(self._order))

    def action_cursor_end(self) -> None:
        self._move(len(self._order))

    def action_page_down(self) -> None:
        self._move(max(1, self.size.height // self._row_height - 1))

    def action_page_up(self) -> None:
        self._move(-max(1, self.size.height // self._row_height - 1))

    def action_toggle_mark(self) -> None:
        if self.cursor is not None:
            self.marks = self.marks ^ {self.cursor}
            self._move(1)

    def action_mark_down(self) -> None:
        self._mark_on(1)

    def action_mark_up(self) -> None:
        self._mark_on(-1)

    def _mark_on(self, by: int) -> None:
        if self.cursor is not None:
            here = self.cursor
            self._move(by)
            self.marks = self.marks | {here, self.cursor}

    def action_mark_all(self) -> None:
        self.marks = frozenset(self._order)

    def action_clear_marks(self) -> None:
        if self.marks:
            self.marks = frozenset()
        else:
            self.post_message(self.NothingToClear(self))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        index = event.y + self.scroll_offset.y
        line = self._lines[index] if index < len(self._lines) else _Line()
        if line.session is None:
            return
        self.cursor = line.session.id
        if event.ctrl or event.x < 2:
            self.marks = self.marks ^ {line.session.id}
        elif event.chain == 2:
            self.post_message(self.OpenRequested(self, line.session.id))


def _is_working(session: Session) -> bool:
    return is_in_progress(session) and not session.needs_attention
