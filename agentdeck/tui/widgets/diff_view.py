"""The changed files under each other, of which only the rows that are seen are drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from textual import events, work
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.core.diff_rows import Row, RowKind
from agentdeck.core.diff_text import DiffLine
from agentdeck.tui.look import Look
from agentdeck.tui.review_model import FileSection, ReviewModel
from agentdeck.tui.widgets.diff_strips import Shape, StripMaker

SPLIT_FROM = 140
"""Columns from which two sides stand beside each other, if nobody chose."""
STRIPS_KEPT = 3000
STEP_X = 8


class DiffView(ScrollView, can_focus=True, inherit_bindings=False):
    """A cursor on one row of a review, and perhaps a selection up to it."""

    DEFAULT_CSS = """
    DiffView { width: 1fr; height: 1fr; background: $background; scrollbar-size: 1 1; overflow-x: hidden; }
    """

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or the rows beneath it have changed."""

        widget: DiffView
        y: int

    @dataclass
    class Needed(Message):
        """A file is seen whose lines are not read yet."""

        widget: DiffView
        number: int

    @dataclass
    class Opened(Message):
        """A row was chosen by a double click."""

        widget: DiffView

    def __init__(
        self, look: Look, clock: Callable[[], datetime], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._look = look
        self._maker = StripMaker(look)
        self._clock = clock
        self.model = ReviewModel(())
        self.cursor = 0
        self.mark: int | None = None
        """Where a selection began."""
        self.x = 0
        self.choice: bool | None = None
        """Whether a person wants the sides beside each other; None as it fits."""
        self._strips: dict[int, Strip] = {}
        self._wanted: list[tuple[FileSection, int]] = []
        self.is_colouring = False

    def on_mount(self) -> None:
        colours = self.app.console.color_system
        if colours != "truecolor" and not self.app.is_headless:
            self._maker = StripMaker(self._look, is_truecolor=False)

    def show_model(self, model: ReviewModel) -> None:
        """Show another review from its top."""
        self.model = model
        self.cursor, self.mark, self.x = 0, None, 0
        self.fit()
        self.scroll_to(y=0, animate=False, force=True)

    @property
    def is_split(self) -> bool:
        """Whether the sides stand beside each other now."""
        if self.choice is not None:
            return self.choice
        return self.size.width >= SPLIT_FROM

    def fit(self) -> None:
        """Take in that rows, width or shape have changed."""
        self._shape()
        self.virtual_size = Size(0, self.model.row_count)
        self.cursor = max(0, min(self.cursor, self.model.row_count - 1))
        self.redraw()

    def redraw(self) -> None:
        """Draw all that is seen again."""
        self._strips.clear()
        self.refresh()

    def keep_place(self, change: Callable[[], None]) -> None:
        """Change the model's rows, and keep the cursor and what is seen in place."""
        offset = self.cursor - self.scroll_offset.y
        spot = self.model.spot(self.cursor)
        mark = None if self.mark is None else self.model.spot(self.mark)
        change()
        found = self.model.find(spot)
        self.cursor = self.cursor if found is None else found
        self.mark = self.model.find(mark)
        self.fit()
        self.scroll_to(y=max(0, self.cursor - offset), animate=False, force=True)
        self._tell()

    def go_to(self, y: int, *, to_top: bool = False) -> None:
        """Put the cursor on a row, and have it seen."""
        last = max(0, self.model.row_count - 1)
        before, self.cursor = self.cursor, max(0, min(y, last))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if to_top or self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)
        for row in {before, self.cursor} if self.mark is None else ():
            self._strips.pop(row, None)
            self.refresh_line(row - top)
        if self.mark is not None:
            self.redraw()
        self._tell()

    def _tell(self) -> None:
        self.post_message(self.CursorMoved(self, self.cursor))

    def move(self, by: int) -> None:
        """Move the cursor; from out of sight it first comes back."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        start = min(max(self.cursor, top), top + height - 1)
        self.go_to(start + by)

    def page(self, by: int) -> None:
        """Move a page on or back, the cursor keeping its line of the screen."""
        height = max(1, self.size.height - 2)
        offset = self.cursor - self.scroll_offset.y
        self.scroll_to(y=self.scroll_offset.y + by * height, animate=False, force=True)
        self.cursor = max(0, min(self.cursor + by * height, self.model.row_count - 1))
        if not 0 <= offset < self.size.height:
            self.cursor = self.scroll_offset.y
        self.redraw()
        self._tell()

    def scroll_sideways(self, by: int) -> None:
        """Scroll the lines' text; the numbers stay."""
        self.x = max(0, self.x + by * STEP_X)
        self.redraw()

    def next_said(self, by: int, *, are_findings: bool) -> int | None:
        """The next comment from the cursor on, or the one before; or a finding."""
        y = self.cursor + by
        while 0 <= y < self.model.row_count:
            row = self.model.at(y)[1]
            if row.kind is RowKind.COMMENT and row.hunk == 0:
                said = self.model.comment(row.comment)
                if said is not None and (said.finding is not None) is are_findings:
                    return y
            y += by
        return None

    def next_change(self, by: int) -> int | None:
        """Where the next run of changed lines begins, or the one before."""
        y, last = self.cursor, self.model.row_count - 1
        if last < 0:
            return None

        def is_change(at: int) -> bool:
            return 0 <= at <= last and self.model.at(at)[1].is_change

        if by > 0:
            while is_change(y):
                y += 1
        else:
            y -= 1
        while 0 <= y <= last and not is_change(y):
            y += by
        if not 0 <= y <= last:
            return None
        while by < 0 and is_change(y - 1):
            y -= 1
        return y

    def show_around(self, y: int) -> None:
        """Go to a row, and have some of what comes after it in sight."""
        height = max(1, self.size.height)
        top = self.scroll_offset.y
        if not top <= y < top + height * 2 // 3:
            self.scroll_to(y=max(0, y - height // 4), animate=False, force=True)
        self.go_to(y)

    def selected_lines(self) -> tuple[FileSection, str, list[DiffLine]] | None:
        """The lines that a comment would be on: their file, their side, themselves.

        The new side, unless only removed lines are selected.
        """
        if not self.model.row_count:
            return None
        first, last = sorted(
            (self.cursor, self.cursor if self.mark is None else self.mark)
        )
        section, _ = self.model.at(self.cursor)
        rows: list[Row] = []
        for y in range(first, last + 1):
            owner, row = self.model.at(y)
            if owner is section and row.kind is RowKind.LINE:
                rows.append(row)
        new = [row.right for row in rows if row.right is not None]
        if new:
            return section, "new", new
        return section, "old", [row.left for row in rows if row.left is not None]

    def on_resize(self, event: events.Resize) -> None:
        self.keep_place(self._shape)

    def _shape(self) -> None:
        self.model.show(is_split=self.is_split, width=max(1, self.size.width))

    def on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if 0 <= y < self.model.row_count:
            self.go_to(y)
            if event.chain == 2:
                self.post_message(self.Opened(self))

    def render_line(self, y: int) -> Strip:
        top = self.scroll_offset.y
        at = y + top
        width = self.size.width
        if at >= self.model.row_count:
            return Strip.blank(width, self.rich_style)
        is_cursor = at == self.cursor
        is_selected = self.mark is not None and (
            min(self.mark, self.cursor) <= at <= max(self.mark, self.cursor)
        )
        is_plain = not (is_cursor or is_selected)
        strip = self._strips.get(at) if is_plain else None
        if strip is None:
            strip = self._drawn(at, is_cursor=is_cursor, is_selected=is_selected)
            if len(self._strips) > STRIPS_KEPT:
                self._strips.clear()
            if is_plain:
                self._strips[at] = strip
        return strip

    def _drawn(self, at: int, *, is_cursor: bool, is_selected: bool) -> Strip:
        section, row = self.model.at(at)
        said = self.model.comment(row.comment) if row.comment else None
        if row.kind is RowKind.LINE:
            self._want_colours(section, row)
        elif section.needs_patch:
            self.post_message(self.Needed(self, section.file.number))
        shape = Shape(self.size.width, self.x, self._clock())
        return self._maker.strip(
            section,
            row,
            shape,
            said=said,
            is_cursor=is_cursor,
            is_selected=is_selected,
        )

    def _want_colours(self, section: FileSection, row: Row) -> None:
        colours = section.colours
        if colours is None:
            return
        for side, line in (("old", row.left), ("new", row.right)):
            number = None if line is None else getattr(line, side)
            if number is None or (side == "old" and row.left is row.right):
                continue
            piece = colours.missing(side, number)
            if piece is not None and (section, piece) not in self._wanted:
                self._wanted.append((section, piece))
        if self._wanted and not self.is_colouring:
            self.is_colouring = True
            self._colour()

    @work(group="colour", exit_on_error=False)
    async def _colour(self) -> None:
        """Read the colours of what is or was seen, the newest first."""
        try:
            while self._wanted:
                section, piece = self._wanted.pop()
                if section.colours is not None:
                    await asyncio.to_thread(section.colours.read, piece)
                    self.redraw()
        finally:
            self.is_colouring = False
