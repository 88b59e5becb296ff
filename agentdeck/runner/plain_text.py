"""Terminal output as plain text, for reading a log.

A line-wise view, not an emulation: escape sequences are removed, a carriage
return starts overwriting its line, a backspace steps back. Time is linear in
the input. Uses the standard library alone.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC
    r"|\x1b[PX^_][^\x1b\x9c]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # two- and three-byte sequences, a lone ESC
)
_ERASE_LINE = re.compile(r"\x1b\[[012]?K")
# A private mark that stands for "erase the rest of the line" once the escape
# sequences are gone; it cannot come from the input, which has it removed first.
_ERASE = "\x00"
_CONTROLS = re.compile(r"[\x01-\x07\x0b-\x0c\x0e-\x1f\x7f-\x9f]")


def to_plain_text(text: str) -> str:
    """Return the text that a person would have read, without escape sequences."""
    text = text.replace("\x00", "").replace("\r\n", "\n")
    text = _ERASE_LINE.sub(_ERASE, text)
    text = _ESCAPES.sub("", text)
    text = _CONTROLS.sub("", text)
    return "\n".join(
        _collapse(line) if "\r" in line or "\b" in line or _ERASE in line else line
        for line in text.split("\n")
    )


def _collapse(line: str) -> str:
    """Return what is left to see of a line that was overwritten."""
    shown: list[str] = []
    column = 0
    for piece in re.split(r"([\r\b\x00])", line):
        if piece == "\r":
            column = 0
        elif piece == "\b":
            column = max(0, column - 1)
        elif piece == _ERASE:
            del shown[column:]
        elif piece:
            shown[column : column + len(piece)] = piece
            column += len(piece)
    return "".join(shown).rstrip()
