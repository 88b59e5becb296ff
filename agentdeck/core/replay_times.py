"""Times of a replay, whose longer pauses are shortened, and times of the clock."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence

Anchor = tuple[float, float]
"""A time of the replay, and the wall-clock time (seconds since 1970) that it was."""
SHOWN_PAUSE_S = 10.0


def replay_time(anchors: Sequence[Anchor], wall: float) -> float:
    """The time of the replay at which the clock stood there; 0 before its begin."""
    place = bisect_right(anchors, wall, key=lambda anchor: anchor[1]) - 1
    if place < 0:
        return 0.0
    at, since = anchors[place]
    passed = at + wall - since
    return min(passed, anchors[place + 1][0]) if place + 1 < len(anchors) else passed


def pauses(anchors: Sequence[Anchor]) -> list[float]:
    """The times of the replay at which more than a moment was left out."""
    return [
        after[0]
        for before, after in itertools.pairwise(anchors)
        if (after[1] - before[1]) - (after[0] - before[0]) > SHOWN_PAUSE_S
    ]


def shown_time(seconds: float) -> str:
    """A length of time as `4:05` or `1:02:03`."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
