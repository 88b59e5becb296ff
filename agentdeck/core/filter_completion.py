"""How the last term of a filter may go on: its key, or a value that sessions have.

A completion only adds to what was typed, so that it can be drawn behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from agentdeck.core.filters import CHECKS, CLAIMS, KEYS, PULLS, STATES, TEXT_OF
from agentdeck.core.session import Session

_LAST_TERM = re.compile(r'(?:^|\s)-?(?:([A-Za-z]+):)?(@?[^\s":]*)$')
_SHORTEST_KEY = 2
"""A single letter is more often the start of a word than of a key."""


def completed_filter(
    query: str, sessions: Iterable[Session], saved: Iterable[str] = ()
) -> str | None:
    """The query with its last term completed, or None if nothing fits.

    Of several values the one that most sessions have is given. Inside quotes, and
    for a value that would need them, there is no completion.

    Args:
        query: What was typed so far.
        sessions: Those whose values are offered.
        saved: The names of saved filters.
    """
    if query.count('"') % 2:
        return None
    match = _LAST_TERM.search(query)
    if match is None:
        return None
    key, typed = (match[1] or "").casefold(), match[2].casefold()
    if not key and len(typed) < _SHORTEST_KEY and typed != "@":
        return None
    names = (f"@{name}" for name in saved)
    offered = names if typed[:1] == "@" and not key else _candidates(key, sessions)
    for candidate in offered:
        folded = candidate.casefold()
        if folded == typed:
            return None
        # Folding may change the length, and then nothing can be cut off.
        if folded.startswith(typed) and len(folded) == len(candidate):
            return query + candidate[len(match[2]) :]
    return None


def _candidates(key: str, sessions: Iterable[Session]) -> Iterable[str]:
    if not key:
        return [f"{known}:" for known in KEYS]
    if key == "s":
        return STATES
    if key == "is":
        return CLAIMS
    if key == "check":
        return CHECKS
    if key == "pr":
        return PULLS
    value_of = TEXT_OF.get(key)
    if value_of is None:
        return ()
    counts = Counter(value_of(session) for session in sessions)
    fitting = (value for value in counts if value and not re.search(r'[\s"]', value))
    return sorted(fitting, key=lambda value: (-counts[value], value))
