"""What was said in an agent's conversation, by its own record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SaidKind(StrEnum):
    """Who said something, or what it is."""

    PROMPT = "prompt"
    ANSWER = "answer"
    THOUGHT = "thought"
    TOOL = "tool"
    """A call of a tool, in a line."""
    RESULT = "result"
    """What a tool gave back."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said."""

    kind: SaidKind
    text: str
    at: float | None = None
    """When, in seconds since 1970, where the record tells."""
