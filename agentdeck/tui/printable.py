"""Text from agents, repositories and people, made fit to draw.

Whatever reaches the screen passes through here: no control character, no change of
writing direction and no unmeasured width gets into a strip.
"""

from __future__ import annotations

import re
from datetime import datetime

from rich.cells import cell_len, set_cell_size

MAX_CLEANED = 2000
"""No row is wider than this; longer text is cut before it is looked at."""

_SPACES = re.compile(r"[ \t\r\n\v\f]+")
REPLACEMENT = "\ufffd"
_JOINER = "\u200d"
# To compile sets of so many characters takes longer than to draw the first list.
_CONTROL = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_VARIATIONS = f"[\ufe00-\ufe0f{_JOINER}]"


def one_line(text: str, *, ascii_only: bool = False) -> str:
    """A text as one line: runs of white space joined, control characters replaced."""
    line = _SPACES.sub(" ", text[:MAX_CLEANED]).strip()
    return _fit_to_draw(line, ascii_only)


def cell_text(text: str, *, ascii_only: bool = False) -> str:
    """A line that keeps its spaces, with tabs widened to stops of four."""
    if "\t" in text:
        text = text.expandtabs(4)
    return _fit_to_draw(text, ascii_only)


def fit_to_cells(text: str, cells: int | None, *, ascii_only: bool = False) -> str:
    """A run of a terminal's row, in exactly the cells that it has there.

    Args:
        text: Characters of one cell each, of two cells each, or one character of
            several parts.
        cells: How many cells the run has; none for one a character.
        ascii_only: Draw nothing but ASCII.
    """
    if cells is None:
        drawn = _fit_to_draw(text, ascii_only)
        if cell_len(drawn) == len(text):
            return drawn
        return "".join(c if cell_len(c) == 1 else REPLACEMENT for c in drawn)
    if cells == 2 * len(text):
        drawn = _fit_to_draw(text, ascii_only)
        if cell_len(drawn) == cells:
            return drawn
        return "".join(set_cell_size(c, 2) for c in drawn)
    return _one_character(text, cells, ascii_only=ascii_only)


def _one_character(text: str, cells: int, *, ascii_only: bool) -> str:
    """A character of several parts in the fullest form that takes its cells.

    A joiner at its end is left out: it would join it with what stands beside it.
    """
    parts = [_without_control(part, "") for part in text.split(_JOINER)]
    whole = _JOINER.join(parts).rstrip(_JOINER)
    if ascii_only:
        return set_cell_size(_fit_to_draw(whole[:1], ascii_only), cells)
    plain = re.sub(_VARIATIONS, "", whole)
    for form in (whole, plain, whole[:1]):
        if cell_len(form) == cells:
            return form
    return set_cell_size(whole if cell_len(whole) < cells else REPLACEMENT, cells)


def _fit_to_draw(line: str, ascii_only: bool) -> str:
    mark = "?" if ascii_only else REPLACEMENT
    line = _without_control(line, mark)
    if ascii_only and not line.isascii():
        line = line.translate(_ASCII_LIKE).encode("ascii", "replace").decode()
    return line


def _without_control(text: str, mark: str) -> str:
    # What is replaced counts as not printable, so most text is looked at once.
    return text if text.isprintable() else re.sub(_CONTROL, mark, text)


_ASCII_LIKE = str.maketrans(
    {"…": ".", "·": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"}
    | dict.fromkeys("─━═╌┄", "-")
    | dict.fromkeys("│┃║", "|")
    | dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝", "+")
)


def cut(text: str, width: int, *, more: str = "…") -> str:
    """A text of at most `width` cells; what was cut is told by `more`."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    room = width - len(more)
    return more[:width] if room <= 0 else set_cell_size(text, room).rstrip() + more


def age(since: datetime, now: datetime) -> str:
    """How long ago, in at most four cells: `now`, `12s`, `3m`, `5h`, `2d`."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 10:
        return "now"
    for unit, size, limit in (("s", 1, 60), ("m", 60, 60), ("h", 3600, 48)):
        if seconds < size * limit:
            return f"{seconds // size}{unit}"
    return f"{min(seconds // 86400, 999)}d"
