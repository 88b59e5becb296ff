"""Times two things in turn and gives the ratio of their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    against: str
    ratio: float
    budget: float
    is_lower_better: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the budget is kept."""
        if self.is_lower_better:
            return self.ratio <= self.budget
        return self.ratio >= self.budget


def paired(
    ours: Callable[[], object],
    against: Callable[[], object],
    runs: int = RUNS,
    before: Callable[[], object] = lambda: None,
) -> tuple[float, float]:
    """The median seconds of both, each run after the other's.

    What has to be done `before` each run is not timed.
    """
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for job, taken in zip((ours, against), seconds, strict=True):
            before()
            began = time.perf_counter()
            job()
            taken.append(time.perf_counter() - began)
    return statistics.median(seconds[0]), statistics.median(seconds[1])
