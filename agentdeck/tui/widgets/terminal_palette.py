"""The colours of agents' terminals: 16 of the theme, 240 fixed, and true colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.style import Style

BOLD, FAINT, ITALIC, UNDERLINE, BLINK, INVERSE, INVISIBLE, STRIKE = (
    1 << bit for bit in range(8)
)
OVERLINE = 256
DOUBLE = 512
OTHER_UNDERLINES = 1024 | 2048 | 4096

_DARK_16 = (
    "#1d222d", "#f0717a", "#84d18c", "#e8c15f", "#7aa7f7", "#c691e9", "#56cfc1", "#c3c8d4",
     "#586074", "#ff8f96", "#a3e6a9", "#f7d684", "#9dc0ff", "#dcb0f7", "#7fe5d9", "#f1f3f8",
)  # fmt: skip
_LIGHT_16 = (
    "#23272f", "#c02f3b", "#23763b", "#8a6100", "#2459c7", "#8a3fb0", "#0a7d74", "#8d929b",
     "#5d6573", "#d94450", "#2f9150", "#a87900", "#3b71e3", "#a558cc", "#0f968b", "#c9ccc6",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """The 256 colours and the pane's own two, as rich colours."""

    colours: tuple[Color, ...]
    foreground: Color
    background: Color


@lru_cache(8)
def palette_for(*, dark: bool, foreground: str, background: str) -> Palette:
    """The palette that goes with a theme."""
    sixteen = _DARK_16 if dark else _LIGHT_16
    named = [Color.parse(colour) for colour in sixteen]
    levels = (0, 95, 135, 175, 215, 255)
    cube = [Color.from_rgb(r, g, b) for r in levels for g in levels for b in levels]
    greys = [Color.from_rgb(v, v, v) for v in range(8, 248, 10)]
    return Palette(
        (*named, *cube, *greys), Color.parse(foreground), Color.parse(background)
    )


def style_from(entry: Sequence[object], palette: Palette) -> Style:
    """A style of a frame's table, `[fg, bg, attrs, underline colour?]`."""
    foreground = _colour(entry[0], palette)
    background = _colour(entry[1], palette)
    attrs = entry[2] if isinstance(entry[2], int) else 0
    if attrs & INVERSE:
        shown = background if background is not None else palette.background
        background = foreground if foreground is not None else palette.foreground
        foreground = shown
    if attrs & INVISIBLE:
        foreground = background if background is not None else palette.background
    if attrs & FAINT:
        foreground = _between(
            foreground or palette.foreground, background or palette.background
        )
    return Style(
        color=foreground,
        bgcolor=background,
        bold=bool(attrs & BOLD) or None,
        italic=bool(attrs & ITALIC) or None,
        underline=bool(attrs & (UNDERLINE | OTHER_UNDERLINES)) or None,
        underline2=bool(attrs & DOUBLE) or None,
        blink=bool(attrs & BLINK) or None,
        strike=bool(attrs & STRIKE) or None,
        overline=bool(attrs & OVERLINE) or None,
    )


def _colour(value: object, palette: Palette) -> Color | None:
    if isinstance(value, int) and 0 <= value < 256:
        return palette.colours[value]
    if isinstance(value, str) and len(value) == 7:
        try:
            return Color.from_rgb(*bytes.fromhex(value[1:]))
        except ValueError:
            return None
    return None


def _between(colour: Color, other: Color) -> Color:
    """Halfway to the background: rich's own "dim" is not drawn alike everywhere."""
    a, b = colour.get_truecolor(), other.get_truecolor()
    return Color.from_rgb(
        (a.red * 3 + b.red * 2) / 5,
        (a.green * 3 + b.green * 2) / 5,
        (a.blue * 3 + b.blue * 2) / 5,
    )
