"""Writes rows of styled text as escape sequences that hold colours only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentdeck.runner.cells import (
    BLINK,
    BOLD,
    FAINT,
    INVERSE,
    INVISIBLE,
    ITALIC,
    OVERLINE,
    STRIKE,
    UNDERLINE,
    UNDERLINE_CURLY,
    UNDERLINE_DASHED,
    UNDERLINE_DOTTED,
    UNDERLINE_DOUBLE,
    Row,
    Style,
)

_CODES = (
    (BOLD, "1"),
    (FAINT, "2"),
    (ITALIC, "3"),
    (BLINK, "5"),
    (INVERSE, "7"),
    (INVISIBLE, "8"),
    (STRIKE, "9"),
    (OVERLINE, "53"),
)
_UNDERLINE_CODES = (
    (UNDERLINE_DOUBLE, "4:2"),
    (UNDERLINE_CURLY, "4:3"),
    (UNDERLINE_DOTTED, "4:4"),
    (UNDERLINE_DASHED, "4:5"),
    (UNDERLINE, "4"),
)


def to_ansi(rows: Sequence[Row], styles: Sequence[Style]) -> str:
    """Return the rows as lines with SGR sequences, each line ending in default."""
    return "\n".join(_line(row, styles) for row in rows)


def _line(row: Row, styles: Sequence[Style]) -> str:
    parts: list[str] = []
    styled = False
    for run in row:
        if run[1]:
            parts.append(_sgr(styles[run[1]]))
            styled = True
        elif styled:
            parts.append("\x1b[0m")
            styled = False
        parts.append(run[0])
    return "".join(parts) + ("\x1b[0m" if styled else "")


def _sgr(style: Style) -> str:
    foreground, background, attributes = style[:3]
    codes = ["0", *(code for bit, code in _CODES if attributes & bit)]
    codes += [code for bit, code in _UNDERLINE_CODES if attributes & bit][:1]
    codes += _colour(foreground, 38) + _colour(background, 48)
    if len(style) > 3:
        codes += _colour(style[3], 58)
    return f"\x1b[{';'.join(codes)}m"


def _colour(colour: Any, code: int) -> list[str]:
    if colour is None:
        return []
    if isinstance(colour, int):
        return [str(code), "5", str(colour)]
    return [str(code), "2", *(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))]
