"""A log to read: a gutter with signs, a cursor, marks to go to, and a search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.tui.log_rows import Hit, Item, LogRows, pattern_for
from agentdeck.tui.look import Look

GUTTER = 3
MAX_KEPT_STRIPS = 2000


class LogView(ScrollView, can_focus=True):
    """Rows of a log. At its end it follows what is added; else it says that there is more."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LogView { height: 1fr; background: $background; scrollbar-size: 1 1; overflow-x: hidden; }
    """

    @dataclass
    class Moved(Message):
        """The cursor, or what is known of the log, is another."""

        widget: LogView

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, LogView.Moved)

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self.log_rows = LogRows()
        self.cursor = 0
        """The row that is pointed at."""
        self.is_following = True
        """Whether what is added is gone to."""
        self.has_news = False
        """Whether something was added below what is shown."""
        self.selected_from: int | None = None
        """The item from which on is selected; None if nothing is."""
        self.query_text = ""
        self._pattern: re.Pattern[str] | None = None
        """What is marked wherever it stands."""
        self._hits: list[Hit] = []
        self._strips: dict[int, Strip] = {}

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self._draw_anew()

    def clear(self) -> None:
        """Forget all."""
        self.log_rows.clear()
        self.cursor, self.has_news = 0, False
        self.selected_from = None
        self._search()
        self._show_size()

    def add(self, items: Sequence[Item]) -> None:
        """Take more of the log."""
        if not items:
            return
        kept = self._item_at_cursor()
        self.log_rows.add(items)
        if self.is_following:
            self.cursor = max(0, len(self.log_rows.rows) - 1)
        else:
            self.has_news = True
            self._put_cursor_back(kept)
        self._search()
        self._show_size()
        if self.is_following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def _item_at_cursor(self) -> tuple[Item, int] | None:
        rows = self.log_rows
        if not rows.rows:
            return None
        row = rows.rows[min(self.cursor, len(rows.rows) - 1)]
        return rows.items[row.item], max(0, row.start)

    def _put_cursor_back(self, kept: tuple[Item, int] | None) -> None:
        """Rows may have come in above; the cursor stays where it was in the text."""
        if kept is None:
            return
        rows, (item, start) = self.log_rows, kept
        here = min(self.cursor, len(rows.rows) - 1)
        if rows.items[rows.rows[here].item] is item:
            return
        number = next((n for n, each in enumerate(rows.items) if each is item), None)
        if number is not None:
            place = rows.row_of(Hit(number, start))
            moved, self.cursor = place - self.cursor, place
            self.scroll_to(y=self.scroll_offset.y + moved, animate=False, force=True)

    @property
    def cursor_time(self) -> float | None:
        """When what the cursor is on was, as far as that is known."""
        rows = self.log_rows
        if not rows.rows:
            return None
        for number in range(rows.rows[self.cursor].item, -1, -1):
            at = rows.items[number].at
            if at is not None:
                return at
        return None

    @property
    def hit_place(self) -> tuple[int, int]:
        """The number of the hit at the cursor or before it, and how many there are."""
        before = sum(
            1 for hit in self._hits if self.log_rows.row_of(hit) <= self.cursor
        )
        return before, len(self._hits)

    def go_to(self, row: int) -> None:
        """Put the cursor on a row and show it."""
        last = max(0, len(self.log_rows.rows) - 1)
        before, self.cursor = self.cursor, min(max(0, row), last)
        self.is_following = self.cursor == last
        if self.is_following:
            self.has_news = False
        if self.selected_from is None:
            for changed in (before, self.cursor):
                self._strips.pop(changed, None)
        else:
            self._strips.clear()
        self.scroll_to_region(
            Region(0, self.cursor, 1, 1), animate=False, force=True, immediate=True
        )
        self.refresh()
        self.post_message(self.Moved(self))

    def go_to_time(self, at: float, line: str = "") -> None:
        """Go to what was there at a time of the clock: a line, or the first thing."""
        count = len(self.log_rows.rows)
        row = self.log_rows.row_of_line(at, line)
        if len(self.log_rows.rows) != count:
            self._show_size()
        self.go_to(row)

    def go_by(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.go_to(self.cursor + rows)

    def go_to_mark(self, *, forward: bool) -> bool:
        """Go to the next mark, or to the one before; says if there was one."""
        marks = self.log_rows.marks()
        later = [row for row in marks if row > self.cursor]
        sooner = [row for row in marks if row < self.cursor]
        found = later[:1] if forward else sooner[-1:]
        if found:
            self.go_to(found[0])
        return bool(found)

    def search(self, text: str, *, jump: bool = True) -> None:
        """Mark all places of a text, and go to the first from the cursor on."""
        self.query_text = text
        self._pattern = pattern_for(text)
        self._search()
        self._draw_anew()
        if jump and self._hits:
            self._go_to_hit(forward=True, or_here=True)
        self.post_message(self.Moved(self))

    def mark_words(self, pattern: re.Pattern[str] | None) -> None:
        """Mark what a pattern finds, without making it places to go to."""
        self._pattern = pattern
        self._draw_anew()

    @property
    def item_at_cursor(self) -> int | None:
        """The number of the item that the cursor is on."""
        rows = self.log_rows.rows
        return rows[self.cursor].item if rows else None

    def toggle_selection(self) -> bool:
        """Select from the cursor on, or nothing any more; says whether it selects."""
        self.selected_from = self.item_at_cursor if self.selected_from is None else None
        self._draw_anew()
        return self.selected_from is not None

    @property
    def selected_text(self) -> str:
        """The lines that are selected, or the one that the cursor is on, unwrapped."""
        return "\n".join(self.log_rows.items[n].text for n in self._selected())

    def _selected(self) -> range:
        here = self.item_at_cursor
        if here is None:
            return range(0)
        begin = here if self.selected_from is None else self.selected_from
        return range(min(here, begin), max(here, begin) + 1)

    def go_to_item(self, number: int) -> None:
        """Put the cursor on an item."""
        self.go_to(self.log_rows.row_of(Hit(number, 0)))

    def go_to_hit(self, *, forward: bool) -> bool:
        """Go to the next hit, or the one before, around the end; says if there is one."""
        if self._hits:
            self._go_to_hit(forward=forward, or_here=False)
        return bool(self._hits)

    def _go_to_hit(self, *, forward: bool, or_here: bool) -> None:
        rows = [self.log_rows.row_of(hit) for hit in self._hits]
        here = self.cursor
        if forward:
            after = (n for n, row in enumerate(rows) if row > here - or_here)
            number = next(after, 0)
        else:
            number = max((n for n, row in enumerate(rows) if row < here), default=-1)
        count = len(self.log_rows.rows)
        self.log_rows.unfold(self._hits[number])
        if len(self.log_rows.rows) != count:
            self._show_size()
        self.go_to(self.log_rows.row_of(self._hits[number]))

    def toggle_fold(self) -> bool:
        """Show what the cursor is on whole, or only its begin; says if it can be folded."""
        rows = self.log_rows
        if not rows.rows:
            return False
        number = rows.rows[self.cursor].item
        if not rows.can_fold(number):
            return False
        rows.toggle_fold(number)
        self._show_size()
        self.go_to(rows.row_of(Hit(number, 0)))
        return True

    def _search(self) -> None:
        self._hits = self.log_rows.hits(self.query_text)

    def _show_size(self) -> None:
        self.virtual_size = Size(max(1, self.size.width - 1), len(self.log_rows.rows))
        self._draw_anew()
        self.post_message(self.Moved(self))

    def _draw_anew(self) -> None:
        self._strips.clear()
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        kept = self._item_at_cursor()
        self.log_rows.fit(event.size.width - GUTTER - 1)
        self.cursor = min(self.cursor, max(0, len(self.log_rows.rows) - 1))
        self._put_cursor_back(kept)
        self._show_size()
        if self.is_following:
            self.cursor = max(0, len(self.log_rows.rows) - 1)
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def on_focus(self) -> None:
        self._draw_anew()

    def on_blur(self) -> None:
        self._draw_anew()

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < len(self.log_rows.rows):
            self.go_to(row)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        at_end = new_value >= self.max_scroll_y
        if at_end and self.has_news:
            self.has_news = False
            self.post_message(self.Moved(self))

    def render_line(self, y: int) -> Strip:
        index, width = self.scroll_offset.y + y, self.size.width
        if index >= len(self.log_rows.rows):
            return Strip.blank(width, self.rich_style)
        strip = self._strips.get(index)
        if strip is None or strip.cell_length != width:
            if len(self._strips) > MAX_KEPT_STRIPS:
                self._strips.clear()
            strip = self._strips[index] = self._drawn(index, width)
        return strip.apply_style(self.rich_style)

    def _drawn(self, index: int, width: int) -> Strip:
        row = self.log_rows.rows[index]
        item = self.log_rows.items[row.item]
        look = self._look
        is_cursor = index == self.cursor
        ground = ""
        if is_cursor:
            is_lit = self.has_focus or not self.can_focus
            ground = "cursor" if is_lit else "cursor_blurred"
        elif self.selected_from is not None and row.item in self._selected():
            ground = "selection"
        sign, colour = _signs(look).get(item.kind, (" ", "text"))
        style = look.style(_colour(item.kind, colour), ground, bold=_is_bold(item.kind))
        text = row.text
        if row.start < 0:
            style = look.style("faint", ground)
            text = f"{look.glyphs.more} {text}"
        gutter = look.glyphs.bar if is_cursor else " "
        segments = [
            Segment(gutter, look.style("primary", ground)),
            Segment(f"{sign if row.is_first else ' '} ", look.style(colour, ground)),
            *self._marked(text, style),
        ]
        filler = look.style("text", ground) if ground else self.rich_style
        return Strip(segments).extend_cell_length(width, filler).crop(0, width)

    def _marked(self, text: str, style: Style) -> list[Segment]:
        """The text with what is searched for marked."""
        if self._pattern is None:
            return [Segment(text, style)]
        look = self._look
        found = Style(color=look.background, bgcolor=look.warning, bold=True)
        segments, at = [], 0
        for match in self._pattern.finditer(text):
            if not match[0]:
                continue
            segments.append(Segment(text[at : match.start()], style))
            segments.append(Segment(match[0], found))
            at = match.end()
        segments.append(Segment(text[at:], style))
        return segments


def _signs(look: Look) -> dict[str, tuple[str, str]]:
    """The sign in the gutter and its colour, by kind."""
    glyphs = look.glyphs
    return {
        "prompt": (glyphs.prompt, "primary"),
        "answer": (glyphs.working, "bright"),
        "tool": (glyphs.tool, "accent"),
        "result": (" ", "muted"),
        "thought": (glyphs.dot, "muted"),
        "question": (glyphs.needs, "warning"),
        "answered": (glyphs.marked, "success"),
        "commit": (glyphs.ready, "success"),
        "check": (glyphs.done, "accent"),
        "merged": (glyphs.merged, "primary"),
        "turn": (glyphs.done, "muted"),
        "begin": (glyphs.rule, "muted"),
        "end": (glyphs.rule, "muted"),
        "status": (glyphs.dot, "muted"),
        "created": (glyphs.queued, "muted"),
        "started": (glyphs.prompt, "muted"),
        "ended": (glyphs.stopping, "muted"),
        "session": (glyphs.bar, "primary"),
        "head": (" ", "bright"),
        "file": (" ", "text"),
        "setting": (" ", "text"),
        "hit": (" ", "text"),
    }


def _colour(kind: str, sign_colour: str) -> str:
    if kind in ("answer", "text"):
        return "text"
    return sign_colour


def _is_bold(kind: str) -> bool:
    return kind in ("prompt", "commit", "question", "session", "head")
