"""The colours of a diff: from the theme, so that each theme has its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.color import Color

from agentdeck.core.diff_text import LineKind
from agentdeck.tui.look import Look

TOKEN_ROLES: dict[str, tuple[str, bool]] = {
    "keyword": ("primary", False),
    "string": ("success", False),
    "comment": ("muted", False),
    "number": ("warning", False),
    "name": ("accent", False),
    "defined": ("bright", True),
    "decorator": ("warning", False),
}
"""The look's colour of each kind of token, and whether it is bold."""


@lru_cache(1024)
def styled(
    colour: str | None, background: str, *, bold: bool = False, italic: bool = False
) -> Style:
    """A style, made once: to make one costs more than to draw with it."""
    return Style(
        color=colour, bgcolor=background, bold=bold or None, italic=italic or None
    )


@dataclass(frozen=True, slots=True)
class DiffPalette:
    """Backgrounds by what became of a line, and styles made of them."""

    look: Look
    tints: dict[LineKind, str]
    word_tints: dict[LineKind, str]
    selected: str
    cursor: str
    band: str
    empty: str

    def style(self, background: str, token: str = "", *, colour: str = "text") -> Style:
        """The style of a piece of code on a background."""
        role, bold = TOKEN_ROLES.get(token, (colour, False))
        return styled(getattr(self.look, role), background, bold=bold)

    def sign(self, kind: LineKind, background: str) -> Style:
        """The style of a line's sign and number."""
        colour = {LineKind.ADDED: "success", LineKind.REMOVED: "error"}.get(
            kind, "faint"
        )
        return styled(getattr(self.look, colour), background)


def palette_of(look: Look, *, is_truecolor: bool = True) -> DiffPalette:
    """The palette for a look; with 256 colours a fainter tint would be black."""
    background = Color.parse(look.background)
    added, removed = Color.parse(look.success), Color.parse(look.error)
    low, high = (0.13, 0.34) if look.dark else (0.12, 0.30)
    if look.dark and not is_truecolor:
        low = 0.18
    text = Color.parse(look.text)
    return DiffPalette(
        look,
        {
            LineKind.CONTEXT: look.background,
            LineKind.ADDED: background.blend(added, low).hex6,
            LineKind.REMOVED: background.blend(removed, low).hex6,
        },
        {
            LineKind.CONTEXT: look.background,
            LineKind.ADDED: background.blend(added, high).hex6,
            LineKind.REMOVED: background.blend(removed, high).hex6,
        },
        selected=background.blend(Color.parse(look.primary), 0.30).hex6,
        cursor=look.cursor,
        band=look.bar,
        empty=background.blend(text, 0.035).hex6,
    )
