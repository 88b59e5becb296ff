"""What is measured of the gain, and what each figure means.

Times are whole milliseconds, so that parts sum up exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from agentdeck.core.errors import UsageError


class By(StrEnum):
    """What totals are grouped by."""

    DAY = "day"
    REPOSITORY = "repository"
    AGENT = "agent"
    BRIEF = "brief"


@dataclass(slots=True)
class Totals:
    """The figures of some sessions over some time."""

    supervised_ms: int = 0
    working_ms: int = 0
    autonomous_ms: int = 0
    waiting_ms: int = 0
    queued_ms: int = 0
    wall_ms: int = 0
    """How long any of them worked; not a sum over sessions."""
    sessions: int = 0
    merges: int = 0
    discards: int = 0
    rework: int = 0
    needs: int = 0
    in_time: int = 0

    def add(self, other: Totals) -> None:
        """Add another's figures."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not any(getattr(self, name) for name in FIGURES)

    @property
    def gain(self) -> float | None:
        """Autonomous time for each unit of supervised time; None without any."""
        if not self.supervised_ms:
            return None
        return self.autonomous_ms / self.supervised_ms

    @property
    def parallelism(self) -> float | None:
        """How many sessions worked at once, on average while any did."""
        return self.working_ms / self.wall_ms if self.wall_ms else None

    @property
    def answered_share(self) -> float | None:
        """The share of questions that were answered within a minute."""
        return self.in_time / self.needs if self.needs else None


FIGURES = tuple(field.name for field in fields(Totals))
_TIMES = tuple(name for name in FIGURES if name.endswith("_ms"))


@dataclass(frozen=True, slots=True)
class Row:
    """The totals of one day, repository, agent or brief."""

    key: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class SessionRow:
    """The totals of one session."""

    id: str
    name: str
    totals: Totals


def totals_to_wire(totals: Totals) -> dict[str, Any]:
    """Totals as JSON shows them: times in seconds, shares as they follow."""
    times = {f"{n.removesuffix('_ms')}_s": getattr(totals, n) / 1000 for n in _TIMES}
    counts = {n: getattr(totals, n) for n in FIGURES if n not in _TIMES}
    return {
        **times,
        **counts,
        "autonomous_per_supervised": _rounded(totals.gain),
        "parallelism": _rounded(totals.parallelism),
        "answered_within_minute": _rounded(totals.answered_share),
    }


def totals_from_wire(values: dict[str, Any]) -> Totals:
    """Totals from what `totals_to_wire` made."""
    times = {n: round(values[f"{n.removesuffix('_ms')}_s"] * 1000) for n in _TIMES}
    return Totals(**times, **{n: int(values[n]) for n in FIGURES if n not in _TIMES})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def summed(parts: Iterable[Totals]) -> Totals:
    """The sum of some totals."""
    total = Totals()
    for part in parts:
        total.add(part)
    return total


_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNIT = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MAX_SPAN = timedelta(days=3660)


def range_start(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Where a range such as `7d`, `12h` or `2026-11-03` begins.

    Days and weeks are whole days, today being one; minutes and hours are exact.

    Args:
        text: What a person wrote.
        now: The time.
        zone: Where days begin at midnight; None is the machine's own.

    Raises:
        UsageError: If it is no range, or one that begins later than now.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        return _date(text, now, zone)
    span = timedelta(**{_UNIT[match[2]]: int(match[1])})
    if span > MAX_SPAN:
        raise UsageError(f"{text} is longer than ten years.")
    if match[2] in "mh":
        return now - span
    today = now.astimezone(zone).replace(tzinfo=None)
    return midnight(today - span + timedelta(days=1), zone)


def _date(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d")  # noqa: DTZ007  # made local below
    except ValueError:
        raise UsageError(
            f"{text!r} is no range of time: write 7d, 12h, 30m, 4w or a date such as "
            f"{now.astimezone(zone):%Y-%m-%d}."
        ) from None
    if day.date() > now.astimezone(zone).date():
        raise UsageError(f"{text} is still to come.")
    return midnight(day, zone)


def midnight(day: datetime, zone: tzinfo | None) -> datetime:
    """The begin of a day, given without a zone, where people see its clock."""
    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return start.astimezone() if zone is None else start.replace(tzinfo=zone)


DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "supervised",
        "A person had the session before them in the app and did something: typed, "
        "read, reviewed, answered. It ends 60 s after the last key or click, when the "
        "terminal loses the focus, and when another session is turned to.",
    ),
    ("working", "The agent works."),
    ("autonomous", "The agent works while nobody supervises that session."),
    (
        "waiting",
        "The agent waits for a person, from its question until the answer. What a "
        "rule answers does not count.",
    ),
    ("queued", "The session waits for a place in the pool."),
    ("gain", "Autonomous time for each minute of supervised time."),
    (
        "parallelism",
        "Working time of all sessions, divided by the time in which any worked.",
    ),
    (
        "in a minute",
        "The share of questions answered within 60 s. Those that nobody answered "
        "count as well, once they are a minute old.",
    ),
    (
        "rework",
        "Turns that a person asked for after the agent had once come to rest.",
    ),
    (
        "discards",
        "Sessions removed without having been merged, but for those brought back.",
    ),
    (
        "not counted",
        "Time in which no host ran or the machine slept: of a stretch without any "
        "event, 90 s at most.",
    ),
)
"""What the figures mean, for screens and documents."""
