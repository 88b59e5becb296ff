"""Times two things in turn and gives the ratio of their medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

RUNS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    against: str
    ratio: float
    """What the budget is compared with: a ratio, milliseconds, or a share."""
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


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_ms(seconds: float) -> str:
    """Seconds as the table shows them."""
    return f"{seconds * 1000:.0f} ms"


def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """The processor time that processes have taken."""
    total = 0.0
    for process in processes:
        try:
            total += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return total


def pss_bytes(pid: int) -> int:
    """A process's memory, with its share of what it has in common with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
