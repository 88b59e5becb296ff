"""Reads what `tmux capture-pane -e` prints."""

from __future__ import annotations

import re

from agentdeck.tui.widgets.terminal_palette import Palette
from tests.conformance.grid import PLAIN, Look, Rgb, Row, cells_of

_CONTROLS = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\][^\x1b]*\x1b\\|([\x0e\x0f])")
_FLAGS = {1: "bold", 2: "faint", 3: "italic", 5: "blink", 7: "reverse", 8: "hidden"}
_FLAGS |= {9: "strike", 53: "overline"}
_ENDS = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline", "double")}
_ENDS |= {25: ("blink",), 27: ("reverse",), 28: ("hidden",), 29: ("strike",)}
_ENDS |= {55: ("overline",)}
# The DEC graphics that stand for letters after a shift out.
_GRAPHICS = str.maketrans(
    "`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"
)

Colour = int | Rgb | None


class CaptureReader:
    """Turns captured lines into rows; the looks go on from line to line."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._flags: set[str] = set()
        self._fg: Colour = None
        self._bg: Colour = None
        self._is_graphics = False

    def row(self, line: str) -> Row:
        """The cells of a line, as far as it tells of them."""
        row: Row = []
        at = 0
        for match in _CONTROLS.finditer(line):
            row += self._cells(line[at : match.start()])
            at = match.end()
            if match[2]:
                self._is_graphics = match[2] == "\x0e"
            elif match[1] is not None:
                self._apply((match[1] or "0").split(";"))
        return row + self._cells(line[at:])

    def _cells(self, text: str) -> Row:
        if self._is_graphics:
            text = text.translate(_GRAPHICS)
        return cells_of(text, self._look()) if text else []

    def _look(self) -> Look:
        """The look as it is seen: reversed, hidden and faint are colours."""
        fg, bg = self._seen(self._fg), self._seen(self._bg)
        own_fg, own_bg = (
            self._seen_triplet(colour)
            for colour in (self._palette.foreground, self._palette.background)
        )
        if "reverse" in self._flags:
            fg, bg = bg or own_bg, fg or own_fg
        if "hidden" in self._flags:
            fg = bg or own_bg
        if "faint" in self._flags:
            pairs = zip(fg or own_fg, bg or own_bg, strict=True)
            red, green, blue = (int((a * 3 + b * 2) / 5) for a, b in pairs)
            fg = (red, green, blue)
        flags = frozenset(self._flags - {"reverse", "hidden", "faint"})
        return Look(fg, bg, flags) if flags or fg or bg else PLAIN

    def _seen(self, colour: Colour) -> Rgb | None:
        if isinstance(colour, int):
            return self._seen_triplet(self._palette.colours[colour])
        return colour

    @staticmethod
    def _seen_triplet(colour: object) -> Rgb:
        triplet = colour.get_truecolor()  # type: ignore[attr-defined]
        return (triplet.red, triplet.green, triplet.blue)

    def _apply(self, words: list[str]) -> None:
        while words:
            head, _, rest = words.pop(0).partition(":")
            code = int(head or 0)
            if code in (38, 48, 58):
                count = 2 if words[:1] == ["5"] else 4
                parts = [part for part in rest.split(":") if part] or words[:count]
                if not rest:
                    del words[:count]
                self._set_colour(code, parts)
            elif code == 4:
                self._flags -= {"underline", "double"}
                if rest != "0":
                    self._flags |= {"underline"} | (
                        {"double"} if rest == "2" else set()
                    )
            else:
                self._apply_code(code)

    def _set_colour(self, code: int, parts: list[str]) -> None:
        numbers = [int(part) for part in parts]
        colour: Colour = numbers[1]
        if numbers[0] == 2:
            colour = (numbers[1], numbers[2], numbers[3])
        if code == 38:
            self._fg = colour
        elif code == 48:
            self._bg = colour

    def _apply_code(self, code: int) -> None:
        if code == 0:
            self._flags.clear()
            self._fg = self._bg = None
        elif code in _FLAGS:
            self._flags.add(_FLAGS[code])
        elif code in _ENDS:
            self._flags.difference_update(_ENDS[code])
        elif code == 39:
            self._fg = None
        elif code == 49:
            self._bg = None
        elif code // 10 in (3, 9):
            self._fg = code % 10 + (8 if code >= 90 else 0)
        elif code // 10 in (4, 10):
            self._bg = code % 10 + (8 if code >= 100 else 0)
