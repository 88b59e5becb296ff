"""A kept frame as text, for the screens of sessions that are over."""

from __future__ import annotations

from typing import Any

_SGR_OF_ATTRIBUTE = {1: 1, 2: 2, 4: 3, 8: 4, 16: 5, 32: 7, 64: 8, 128: 9, 256: 53}


def text_of_frame(frame: dict[str, Any], *, ansi: bool) -> dict[str, Any]:
    """The lines of a full frame, and with `ansi` the same with SGR sequences."""
    rows = frame.get("rows_changed") or {}
    runs = [rows.get(str(y), []) for y in range(int(frame.get("rows", 0)))]
    lines = ["".join(run[0] for run in row).rstrip() for row in runs]
    coloured = None
    if ansi:
        styles = [_sgr(style) for style in frame.get("styles") or []]
        coloured = "\n".join(_coloured(row, styles) for row in runs)
    return {
        "lines": lines,
        "ansi": coloured,
        "cursor": frame.get("cursor"),
        "cols": frame.get("cols"),
        "rows": frame.get("rows"),
        "title": frame.get("title", ""),
    }


def _coloured(row: list[list[Any]], styles: list[str]) -> str:
    parts = [
        f"{styles[style]}{text}\x1b[0m" if style else text for text, style, *_ in row
    ]
    return "".join(parts).rstrip()


def _sgr(style: list[Any]) -> str:
    fg, bg, attributes = style[:3]
    codes = [str(code) for bit, code in _SGR_OF_ATTRIBUTE.items() if attributes & bit]
    codes += [*_color(38, fg), *_color(48, bg)]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _color(kind: int, value: int | str | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, int):
        return [f"{kind};5;{value}"]
    red, green, blue = (int(value[at : at + 2], 16) for at in (1, 3, 5))
    return [f"{kind};2;{red};{green};{blue}"]
