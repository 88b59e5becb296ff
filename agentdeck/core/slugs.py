"""Short names for sessions, made from what a person typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

MAX_SLUG_LENGTH = 40
_DROPPED = frozenset(
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "it"]
) | {"of", "on", "or", "please", "that", "the", "this", "to", "with"}
_UNFIT = re.compile(r"[^a-z0-9]+")


def slug_from(text: str) -> str:
    """A slug of at most 40 of a-z, 0-9 and '-', from the first line of a text.

    Small words are dropped, letters lose their accents; text without any Latin
    letter or digit gives "session".
    """
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    plain = unicodedata.normalize("NFKD", first_line[:400])
    plain = plain.encode("ascii", "ignore").decode().lower().replace("'", "")
    words = [word for word in _UNFIT.split(plain) if word]
    telling = [word for word in words if word not in _DROPPED] or words
    slug = ""
    for word in telling:
        longer = f"{slug}-{word}" if slug else word[:MAX_SLUG_LENGTH]
        if len(longer) > MAX_SLUG_LENGTH:
            break
        slug = longer
    return slug or "session"


def unique_slug(wanted: str, is_taken: Callable[[str], bool]) -> str:
    """The wanted slug, or the first of `wanted-2`, `wanted-3`, … that is free."""
    if not is_taken(wanted):
        return wanted
    number = 2
    while is_taken(f"{wanted}-{number}"):
        number += 1
    return f"{wanted}-{number}"


def title_from(text: str) -> str:
    """A title for people: the first line of a prompt, cut at 80 characters."""
    first_line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first_line if len(first_line) <= 80 else f"{first_line[:79].rstrip()}…"


def is_slug(text: str) -> bool:
    """Whether a person may use this text as a session's name."""
    return bool(re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,58}[a-z0-9])?", text)) and (
        ".." not in text and not text.endswith(".lock")
    )
