"""What bytes ask of a terminal: an independent, strict reader of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<string>[PX^_][^\x1b]*)\x1b\\"
    r"|\x1b(?P<escape>[ -/]*[0-~])"
    r"|(?P<control>[\x00-\x1f\x7f-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)",
    re.DOTALL,
)
UNSEEN = re.compile(
    "[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""What turns the direction of writing, or carries text that nobody sees."""


@dataclass
class Spoken:
    """What was said, by kind."""

    text: list[str] = field(default_factory=list)
    csi: list[str] = field(default_factory=list)
    osc: list[str] = field(default_factory=list)
    string: list[str] = field(default_factory=list)
    escape: list[str] = field(default_factory=list)
    control: list[str] = field(default_factory=list)


def spoken(data: bytes) -> Spoken:
    """Take bytes apart; fails on what is not UTF-8 or no whole sequence."""
    text = data.decode("utf-8")
    found = Spoken()
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, repr(text[at : at + 80])
        kind = match.lastgroup
        assert kind is not None
        getattr(found, kind).append(match[kind])
        at = match.end()
    return found
