"""The colours of a diff: from the theme, so that each theme has its own."""

from __future__ import annotations

from dataclasses import dataclass

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
        return Style(
            color=getattr(self.look, role), bgcolor=background, bold=bold or None
        )

    def sign(self, kind: LineKind, background: str) -> Style:
        """The style of a line's sign and number."""
        colour = {LineKind.ADDED: "success", LineKind.REMOVED: "error"}.get(
            kind, "faint"
        )
        return Style(color=getattr(self.look, colour), bgcolor=background)


def palette_of(look: Look) -> DiffPalette:
    """The palette for a look."""
    background = Color.parse(look.background)
    added, removed = Color.parse(look.success), Color.parse(look.error)
    low, high = (0.13, 0.34) if look.dark else (0.12, 0.30)
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
