"""All rows of a terminal as one text: searched, and gone through word by word. Pure.

A line that the terminal has wrapped is one line here, so that a search finds what
stands across the margin. Offsets count characters of the text.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from itertools import islice

MAX_MATCHES = 100_000
"""More are not counted: nobody goes through them."""

_LONGEST_WORD = 4096
_WORD = re.compile(r"\w+|[^\w\s]+")


class HistoryText:
    """The text, and where in it each row begins."""

    def __init__(self, text: str, rows: list[str]) -> None:
        """Take the text.

        Args:
            text: All lines, each whole.
            rows: The rows of the terminal, of which one or more make a line.
        """
        self.text = text
        self._starts = _starts(text, rows)
        self._lower: str | None = None

    @property
    def row_count(self) -> int:
        """How many rows have text; blank ones at the end do not."""
        return len(self._starts)

    def start_of(self, y: int) -> int:
        """Where a row begins; past the last row it is the end of the text."""
        return self._starts[y] if y < len(self._starts) else len(self.text)

    def end_of(self, y: int) -> int:
        """Where the text of a row ends."""
        end = self.start_of(y + 1)
        if end > self.start_of(y) and self.text[end - 1 : end] == "\n":
            end -= 1
        return end

    def row_of(self, offset: int) -> int:
        """The row in which an offset is."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def continues(self, y: int) -> bool:
        """Whether a row goes on with the line of the row before."""
        start = self.start_of(y)
        return 0 < y < len(self._starts) and self.text[start - 1] != "\n"

    def line_rows(self, y: int) -> tuple[int, int]:
        """The first and the last row of the line that a row belongs to."""
        first = last = y
        while self.continues(first):
            first -= 1
        while self.continues(last + 1):
            last += 1
        return first, last

    def word_after(self, offset: int) -> int | None:
        """Where the next word begins; None after the last."""
        current = _WORD.match(self.text, offset)
        begin = current.end() if current else offset
        found = _WORD.search(self.text, begin)
        return found.start() if found else None

    def word_end(self, offset: int) -> int | None:
        """The last character of this word, or of the next if it is there already."""
        found = _WORD.search(self.text, offset + 1)
        return found.end() - 1 if found else None

    def word_before(self, offset: int) -> int | None:
        """Where the word begins that an offset is in, or else the one before it."""
        end = offset
        while end > 0:
            begin = self.text.rfind("\n", 0, end - 1) + 1
            begin = max(begin, end - _LONGEST_WORD)
            words = [m.start() for m in _WORD.finditer(self.text, begin, end)]
            if words:
                return words[-1]
            end = begin
        return None

    def word_at(self, offset: int, *, joined: str = "") -> tuple[int, int]:
        """The word around an offset, first and last character.

        Args:
            offset: Where.
            joined: Signs that count as part of a word here, as in a path.
        """
        text = self.text
        sign = text[offset : offset + 1]

        def is_alike(other: str) -> bool:
            if sign.isalnum() or (sign and sign in joined):
                return other.isalnum() or other in joined
            return other == sign

        first = last = offset
        if sign and sign != "\n":
            lowest, highest = max(0, first - _LONGEST_WORD), last + _LONGEST_WORD
            while first > lowest and is_alike(text[first - 1]):
                first -= 1
            while last + 1 < min(len(text), highest) and is_alike(text[last + 1]):
                last += 1
        return first, last

    def find(self, query: str) -> array[int]:
        """Where a text stands, each match after the end of the one before.

        Upper and lower case count only if there is an upper-case letter in it.
        """
        if not query:
            return array("I")
        if query == query.lower():
            if self._lower is None:
                self._lower = self.text.lower()
            if len(self._lower) == len(self.text):
                return _found(self._lower, query)
            # Lower case of a few letters is two characters, and moves all after it.
            pattern = re.compile(re.escape(query), re.IGNORECASE)
            matches = islice(pattern.finditer(self.text), MAX_MATCHES)
            return array("I", [match.start() for match in matches])
        return _found(self.text, query)


def nearest(matches: array[int], offset: int, *, backward: bool) -> int | None:
    """The number of the first match from an offset on, round and round.

    Backwards it is the first before the offset.
    """
    if not matches:
        return None
    if backward:
        return (bisect_left(matches, offset) - 1) % len(matches)
    return bisect_left(matches, offset) % len(matches)


def _found(text: str, query: str) -> array[int]:
    found: array[int] = array("I")
    at = text.find(query)
    while at >= 0 and len(found) < MAX_MATCHES:
        found.append(at)
        at = text.find(query, at + len(query))
    return found


def _starts(text: str, rows: list[str]) -> array[int]:
    """Where each row begins in the text, which lacks the breaks within lines."""
    starts: array[int] = array("I")
    at = 0
    for row in rows:
        # Blanks at the end of a row that was wrapped stand in the line alone.
        while not text.startswith(row, at) and text[at : at + 1] == " ":
            at += 1
        starts.append(at)
        at += len(row)
        if text[at : at + 1] == "\n":
            at += 1
    return starts
