"""What in a line of text leads somewhere: URLs, and places in files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST_LINE = 16 * 1024
"""Of a longer line no more than this is looked at."""
_URL = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`{}|\\^\x00-\x1f\x7f-\x9f]+", re.I)
_PLACE = re.compile(
    r"(?<![\w./~@:+-])"
    r"(?P<path>[\w@.+~/-]*[./][\w@.+~/-]*\w)"
    r":(?P<line>[1-9]\d{0,6})(?::(?P<column>\d{1,5}))?(?!\w|\.\d)"
)
_TRACEBACK = re.compile(r'File "(?P<path>[^"\n]{1,1000})", line (?P<line>\d{1,7})')
_PAIRS = {")": "(", "]": "["}


class Link(NamedTuple):
    """A part of a text, and where it leads."""

    start: int
    end: int
    target: str
    """A URL, or a path."""
    line: int = 0
    """The line of the file, from 1; 0 for a URL."""
    column: int = 0


def links_in(text: str) -> Iterator[Link]:
    """The links of a line, from left to right."""
    text = text[:LONGEST_LINE]
    found = [*_urls(text), *_places(text)]
    end = 0
    for link in sorted(found, key=lambda link: (link.start, -link.end)):
        # What looks like a file within a URL is a part of that.
        if link.start >= end:
            yield link
            end = link.end


def link_at(text: str, offset: int) -> Link | None:
    """The link at an offset of a line."""
    found = (link for link in links_in(text) if link.start <= offset < link.end)
    return next(found, None)


def _urls(text: str) -> Iterator[Link]:
    for match in _URL.finditer(text):
        url = match[0]
        while url and (url[-1] in ".,:;!?" or _is_left_over(url)):
            url = url[:-1]
        if len(url) > len("https://"):
            yield Link(match.start(), match.start() + len(url), url)


def _is_left_over(url: str) -> bool:
    """Whether a closing bracket at the end belongs to the sentence around."""
    opening = _PAIRS.get(url[-1])
    return opening is not None and url.count(url[-1]) > url.count(opening)


def _places(text: str) -> Iterator[Link]:
    for match in _PLACE.finditer(text):
        column = int(match["column"] or 0)
        yield Link(*match.span(), match["path"], int(match["line"]), column)
    for match in _TRACEBACK.finditer(text):
        yield Link(*match.span(), match["path"], int(match["line"]))
