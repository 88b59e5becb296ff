"""How things look: colours of the theme, and glyphs by shape.

A `Look` is made once per theme and handed to whatever draws strips. Every status
has a shape of its own, so that colour is never the only sign.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.color import Color


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The shapes. One cell each, save `more`."""

    needs: str = "▲"
    working: str = "●"
    ready: str = "◆"
    queued: str = "○"
    preparing: str = "◌"
    done: str = "✓"
    failed: str = "✗"
    lost: str = "!"
    stopping: str = "■"
    unread: str = "•"
    marked: str = "✔"
    bar: str = "▌"
    more: str = "…"
    minus: str = "−"
    up: str = "↑"
    down: str = "↓"
    dot: str = "·"
    merged: str = "⇥"
    branch: str = "⎇"
    rule: str = "─"
    times: str = "×"
    opened: str = "▾"
    closed: str = "▸"
    waiting: str = "»"
    unsure: str = "?"
    collides: str = "≠"
    near: str = "≈"
    finding: str = "⚑"
    rules: str = "§"
    prompt: str = "❯"
    tool: str = "▸"
    spinner: str = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    is_ascii: bool = False


UNICODE = Glyphs()
ASCII = Glyphs(
    needs="^",
    working="*",
    ready="=",
    queued="o",
    preparing=":",
    done="+",
    failed="x",
    lost="!",
    stopping="#",
    unread=".",
    marked="v",
    bar="|",
    more="~",
    minus="-",
    up="^",
    down="v",
    dot="-",
    merged=">",
    branch="@",
    rule="-",
    times="x",
    opened="-",
    closed="+",
    waiting=">",
    collides="%",
    near="~",
    finding="&",
    rules="%",
    prompt=">",
    tool="*",
    spinner="|/-\\",
    is_ascii=True,
)


def locale_is_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is said to take UTF-8."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if environ.get(name):
            return "utf" in environ[name].lower()
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return "utf" in encoding.lower()


@dataclass(frozen=True, slots=True)
class Look:
    """Colours by role, as `#rrggbb`, and the glyphs."""

    text: str
    bright: str
    muted: str
    faint: str
    primary: str
    accent: str
    warning: str
    error: str
    success: str
    background: str
    cursor: str
    cursor_blurred: str
    marked: str
    selection: str
    found: str
    bar: str
    dark: bool
    glyphs: Glyphs

    def style(self, colour: str, background: str = "", *, bold: bool = False) -> Style:
        """A style from two roles."""
        return _style(
            getattr(self, colour), getattr(self, background) if background else "", bold
        )


@lru_cache(512)
def _style(colour: str, background: str, bold: bool) -> Style:
    return Style(color=colour, bgcolor=background or None, bold=bold or None)


def look_from(variables: Mapping[str, str], *, dark: bool, ascii_only: bool) -> Look:
    """The look of a theme, from its CSS variables."""

    def colour(name: str, otherwise: str) -> Color:
        return Color.parse(variables.get(name) or otherwise)

    foreground = colour("foreground", "#d5d9e3" if dark else "#23272f")
    background = colour("background", "#10131a" if dark else "#fafaf7")
    primary = colour("primary", "#7aa7f7")
    warning = colour("warning", "#f2b65a")
    cursor = background.blend(primary, 0.20 if dark else 0.16)
    return Look(
        text=foreground.hex6,
        bright=foreground.blend(
            Color(255, 255, 255) if dark else Color(0, 0, 0), 0.5
        ).hex6,
        muted=background.blend(foreground, 0.58 if dark else 0.66).hex6,
        faint=background.blend(foreground, 0.36 if dark else 0.46).hex6,
        primary=primary.hex6,
        accent=colour("accent", "#56cfc1").hex6,
        warning=warning.hex6,
        error=colour("error", "#f0717a").hex6,
        success=colour("success", "#84d18c").hex6,
        background=background.hex6,
        cursor=cursor.hex6,
        cursor_blurred=background.blend(foreground, 0.09).hex6,
        marked=background.blend(primary, 0.10).hex6,
        selection=background.blend(primary, 0.42).hex6,
        found=background.blend(warning, 0.36).hex6,
        bar=colour("panel", "#1d222d").hex6,
        dark=dark,
        glyphs=ASCII if ascii_only else UNICODE,
    )


def wants_ascii(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for plain glyphs."""
    return not locale_is_utf8(environ)
