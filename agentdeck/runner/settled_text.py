"""A terminal's output as a text to read: lines that scrolled away, or that stayed.

A program that draws its screen anew all the time leaves bytes that nobody can read.
Here they go through the engine, and a line is said once it has left the screen for
good or has stood still. Lines are followed as they move, so that what is only drawn
again, or scrolled, is not said twice; a counter that ticks in place is said as it
began and as it ended. Knows no recording and no clock: `sample` says when time passed.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from agentdeck.runner.engine import Engine
from agentdeck.runner.text_reader import TextReader

SLICE_BYTES = 16 * 1024
SCROLLBACK_BYTES = 64 * 1024 * 1024
"""More than a slice can scroll away, so that nothing is lost unread."""
SCROLLBACK_ROWS = 3000
"""Above this what was read is dropped."""
REMEMBERED = 3000
"""Lines among which one is looked for that was drawn again."""
REMEMBERED_OF_ALTERNATE = 200
REDRAWN_SAMPLES = 2
"""For so many samples after a new size a program may draw all anew."""
MAX_COLUMNS = 4000
_LARGEST_COMPARED = 300_000
"""Above this many pairs of lines two screens are not compared."""
_STABLE_GROWTH = 3
"""A line that grew in place is said again after this many samples."""

_DRAWING = re.compile("[\u2500-\u259f\u2800-\u28ff]")
_EDGES = re.compile(r"^\s*[│┃║▌▐▎▏|](?=\s)|(?<=\s)[│┃║▌▐▎▏|]\s*$")
_DIGITS = re.compile(r"\d+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a terminal may hold in a cell, and what would part or command others."""


@dataclass(slots=True)
class _Line:
    text: str
    said: str | None = None
    """How it was said; None while it was not."""
    seen: int = 0
    """In how many samples it stood like this."""


class SettledText:
    """One terminal, and what of it has been said."""

    def __init__(self, cols: int, rows: int) -> None:
        self._engine = Engine(cols, rows)
        self._engine.keep(SCROLLBACK_BYTES)
        self._reader = TextReader(self._engine)
        self._lines: list[_Line] = []
        self._alternate: list[_Line] | None = None
        """The lines of the alternate screen while it is shown."""
        self._recent: deque[str] = deque(maxlen=REMEMBERED)
        self._redrawn = 0
        """For how many samples more lines said before may have been drawn again."""
        self._out: list[str] = []
        self._was_blank = True

    def feed(self, data: bytes) -> list[str]:
        """Take what the agent wrote; gives what left the screen by it."""
        for start in range(0, len(data), SLICE_BYTES):
            self._engine.feed(data[start : start + SLICE_BYTES])
            # What the agent asked its terminal was answered long ago.
            self._engine.notes.replies.clear()
            if not self._reader.alternate and self._reader.above > SCROLLBACK_ROWS:
                self._follow(sampled=False)
                self._drop_scrollback()
        return self._taken()

    def resize(self, cols: int, rows: int) -> None:
        """Take another size."""
        self._engine.resize(cols, rows)
        self._redrawn = REDRAWN_SAMPLES

    def sample(self, *, is_still: bool, with_cursor: bool = False) -> list[str]:
        """Look at the screen some time after the last time; gives what is said by it.

        Args:
            is_still: Nothing was written for a while, so that all there is stays.
            with_cursor: Say also the line with the cursor, where somebody may type.
        """
        self._follow(sampled=True)
        lines = self._lines if self._alternate is None else self._alternate
        held = None if with_cursor else self._line_of_cursor()
        for place, line in enumerate(lines):
            if place != held and _is_due(line, is_still=is_still):
                self._say(line, after_blank=place > 0 and not lines[place - 1].text)
        self._redrawn = max(0, self._redrawn - 1)
        return self._taken()

    def finish(self) -> list[str]:
        """Say all that is left on the screen."""
        self._follow(sampled=False)
        lines = self._lines if self._alternate is None else self._alternate
        for place, line in enumerate(lines):
            if line.said != line.text:
                self._say(line, after_blank=place > 0 and not lines[place - 1].text)
        return self._taken()

    def _follow(self, *, sampled: bool) -> None:
        """Bring the lines up to date; those that left the screen are said."""
        reader = self._reader
        if reader.alternate:
            rows = reader.lines(0, self._engine.rows, joined=False)
            before = self._alternate or []
            self._alternate = self._aligned(before, rows, sampled=sampled)
            known = list(self._recent)[-REMEMBERED_OF_ALTERNATE:]
            self._take_as_said(self._alternate, set(known))
            return
        for line in self._alternate or ():
            # Of what was said once, how it ended.
            if line.said is not None and line.said != line.text:
                self._say(line, after_blank=False)
        self._alternate = None
        above = reader.above
        top = reader.line_start(above)
        since = reader.remembered()
        is_lost = since is None and bool(self._lines)
        gone = reader.lines(min(since or 0, top), top, joined=True)
        now = reader.lines(top, above + self._engine.rows, joined=True)
        lines = self._aligned(self._lines, [*gone, *now], sampled=sampled)
        if self._redrawn or is_lost:
            self._take_as_said(lines, set(self._recent))
        for place, line in enumerate(lines[: len(gone)]):
            if line.said != line.text:
                self._say(line, after_blank=place > 0 and not lines[place - 1].text)
        self._lines = lines[len(gone) :]
        reader.remember(top)

    def _drop_scrollback(self) -> None:
        if self._reader.is_at_ground and (
            self._reader.line_start(self._reader.above) == self._reader.above
        ):
            self._engine.feed(b"\x1b[3J")
            self._reader.remember(self._reader.above)

    def _aligned(
        self, before: Sequence[_Line], now: Sequence[str], *, sampled: bool
    ) -> list[_Line]:
        """The lines that there are now; those that were there before keep their state."""
        step = 1 if sampled else 0
        start = 0
        shorter = min(len(before), len(now))
        while start < shorter and before[start].text == now[start]:
            start += 1
        end = 0
        while end < shorter - start and before[-1 - end].text == now[-1 - end]:
            end += 1
        lines = [_kept(line, step) for line in before[:start]]
        old, new = before[start : len(before) - end], now[start : len(now) - end]
        lines += _changed(old, new, step)
        return lines + [_kept(line, step) for line in before[len(before) - end :]]

    @staticmethod
    def _take_as_said(lines: Sequence[_Line], known: set[str]) -> None:
        for line in lines:
            if line.said is None and line.text and readable(line.text) in known:
                line.said = line.text

    def _line_of_cursor(self) -> int | None:
        row = self._reader.typing_row
        if row is None:
            return None
        if self._alternate is not None:
            return row
        above = self._reader.above
        top = self._reader.line_start(above)
        return len(self._reader.lines(top, above + row + 1, joined=True)) - 1

    def _say(self, line: _Line, *, after_blank: bool) -> None:
        line.said = line.text
        shown = readable(line.text)
        if not shown:
            return
        if after_blank and not self._was_blank:
            self._out.append("")
        self._was_blank = False
        self._out.append(shown)
        self._recent.append(shown)

    def _taken(self) -> list[str]:
        out, self._out = self._out, []
        return out


def readable(row: str) -> str:
    """A row without frames around its text; empty if it is nothing but drawing."""
    row = _CONTROLS.sub("", row)
    if not _DRAWING.search(row):
        return row.rstrip()[:MAX_COLUMNS]
    bare = _DRAWING.sub("", row)
    if not any(char.isalnum() for char in bare):
        return ""
    return _EDGES.sub(lambda edge: " " * len(edge[0]), row).rstrip()[:MAX_COLUMNS]


def _is_due(line: _Line, *, is_still: bool) -> bool:
    if line.said is None:
        return is_still or line.seen >= 1
    if line.said == line.text or _is_counter(line.said, line.text):
        return False
    return is_still or line.seen >= _STABLE_GROWTH


def _is_counter(one: str, other: str) -> bool:
    return _DIGITS.sub("0", one) == _DIGITS.sub("0", other)


def _kept(line: _Line, step: int) -> _Line:
    line.seen += step
    return line


def _changed(old: Sequence[_Line], new: Sequence[str], step: int) -> list[_Line]:
    """The lines of a part in which something is another."""
    if not old or not new or len(old) * len(new) > _LARGEST_COMPARED:
        return [_Line(text) for text in new]
    matcher = SequenceMatcher(None, [line.text for line in old], new, autojunk=False)
    lines: list[_Line] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            lines += [_kept(line, step) for line in old[i1:i2]]
        elif what == "replace":
            pairs = min(i2 - i1, j2 - j1)
            lines += [
                _in_place(line, text)
                for line, text in zip(
                    old[i1 : i1 + pairs], new[j1 : j1 + pairs], strict=True
                )
            ]
            lines += [_Line(text) for text in new[j1 + pairs : j2]]
        elif what == "insert":
            lines += [_Line(text) for text in new[j1:j2]]
    return lines


def _in_place(line: _Line, text: str) -> _Line:
    """A line where another one stood: the same one if it only counted or grew."""
    is_same = line.said is not None and (
        _is_counter(line.said, text) or (line.said and text.startswith(line.said))
    )
    return _Line(text, line.said if is_same else None)
