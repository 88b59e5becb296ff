"""Searching the logs of all sessions: what a person's words mean."""

from __future__ import annotations

import re

_PART = re.compile(r'"([^"]*)"?|(\S+)')
MIN_LETTERS = 2
"""Fewer letters than this would find nearly every line."""


def words_of(text: str) -> list[str]:
    """The words and quoted phrases of a search; all must be in a line."""
    # A control character would end the search's own text early.
    shown = "".join(char if char.isprintable() else " " for char in text)
    parts = (quoted or plain for quoted, plain in _PART.findall(shown))
    return [part for part in map(str.strip, parts) if any(c.isalnum() for c in part)]


def match_for(text: str) -> str:
    """A search as SQLite's full-text index takes it; empty if it is too short.

    Each word is taken as it is, never as syntax. The last one may be the beginning of
    a longer one, as it is still being typed, unless it is quoted or a space follows.
    """
    words = words_of(text)
    letters = sum(char.isalnum() for word in words for char in word)
    if letters < MIN_LETTERS:
        return ""
    quoted = [f'"{word.replace(chr(34), "")}"' for word in words]
    is_open = not text.endswith((" ", '"')) and text.rstrip() == text
    return " ".join(quoted) + ("*" if is_open else "")


def pattern_of(text: str) -> re.Pattern[str] | None:
    """What marks a search's words in a line that was found; None for none."""
    words = words_of(text)
    if not words:
        return None
    # The index parts words at what is no letter or digit, so anything may stand there.
    choices = (
        r"[\W_]+".join(re.escape(part) for part in re.split(r"[\W_]+", word) if part)
        for word in sorted(words, key=len, reverse=True)
    )
    return re.compile("|".join(filter(None, choices)), re.IGNORECASE)
