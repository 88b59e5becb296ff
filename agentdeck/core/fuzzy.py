"""Finds names by a few of their letters, the likeliest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

_IN_NAME, _IN_PATH, _SCATTERED = 3000, 2000, 1000
_MOST_PENALTY = 900


def best_matches(query: str, names: Iterable[str], limit: int) -> list[str]:
    """The names that a query most likely means.

    A path whose last part holds the query comes before one that holds it elsewhere,
    and that before one that has its letters only in order. Of equals the shorter one
    is first; an empty query means all. Case does not matter.
    """
    wanted = query.casefold()
    scored = (
        (-score, len(name), name)
        for name in names
        if (score := _score(wanted, name.casefold())) is not None
    )
    return [name for _, _, name in heapq.nsmallest(limit, scored)]


def _score(wanted: str, name: str) -> int | None:
    if not wanted:
        return -min(name.count("/"), _MOST_PENALTY)
    start = name.rstrip("/").rfind("/") + 1
    at = name.find(wanted, start)
    if at >= 0:
        return _IN_NAME - min(at - start, _MOST_PENALTY)
    at = name.find(wanted)
    if at >= 0:
        return _IN_PATH - min(at, _MOST_PENALTY)
    gaps, place = 0, -1
    for letter in wanted:
        found = name.find(letter, place + 1)
        if found < 0:
            return None
        gaps += found - place - 1
        place = found
    return _SCATTERED - min(gaps, _MOST_PENALTY)
