"""What the screen of the measured gain shows: headline, charts, rows. No Textual."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.cells import cell_len

from agentdeck.core.gain import By, Totals, summed, totals_from_wire
from agentdeck.core.gain_words import (
    COLUMNS,
    answered_words,
    gain_words,
    key_words,
    parallelism_words,
    span_words,
)
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.widgets.gain_chart import Chart, Series

RANGES = (("1d", "today"), ("7d", "7 days"), ("30d", "30 days"), ("13w", "13 weeks"))
MAX_BARS = 31
"""More days than these are shown as weeks."""
MAX_KEY = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the headline figures."""

    value: str
    name: str
    role: str = "bright"


@dataclass(frozen=True, slots=True)
class Gain:
    """What the host measured, read."""

    since: datetime
    until: datetime
    total: Totals
    rows: Mapping[By, Sequence[tuple[str, Totals]]]

    @classmethod
    def from_wire(cls, answer: Mapping[str, Any]) -> Gain:
        """Read the answer of `gain.measure`."""
        rows = {
            by: [(str(r["key"]), totals_from_wire(r)) for r in answer["by"][by.value]]
            for by in By
        }
        return cls(
            datetime.fromisoformat(answer["since"]),
            datetime.fromisoformat(answer["until"]),
            totals_from_wire(answer["total"]),
            rows,
        )


def headline(totals: Totals) -> tuple[Figure, ...]:
    """The figures at the top, the most telling first."""
    answered = answered_words(totals)
    return (
        Figure(gain_words(totals), "gain", "success"),
        Figure(span_words(totals.supervised_ms), "supervised", "accent"),
        Figure(span_words(totals.autonomous_ms), "autonomous", "primary"),
        Figure(span_words(totals.waiting_ms), "waited for you", "warning"),
        Figure(parallelism_words(totals), "in parallel"),
        Figure(answered, "answered in 1m"),
        Figure(str(totals.sessions), "sessions"),
        Figure(str(totals.merges), "merged"),
        Figure(str(totals.discards), "discarded"),
        Figure(str(totals.rework), "rework turns"),
    )


def charts(gain: Gain) -> tuple[Chart, Chart]:
    """Time of agents and people by day, and how long people were waited for."""
    labels, totals = _bars(gain)

    def series(
        name: str, colour: str, sign: str, of: Callable[[Totals], int]
    ) -> Series:
        return Series(name, colour, sign, tuple(of(each) / 1000 for each in totals))

    time = Chart(
        "Time",
        labels,
        (
            series("supervised", "accent", "=", lambda t: t.supervised_ms),
            series("autonomous", "primary", "#", lambda t: t.autonomous_ms),
        ),
        _seconds,
    )
    waiting = Chart(
        "Waited for you",
        labels,
        (series("waiting", "warning", "#", lambda t: t.waiting_ms),),
        _seconds,
    )
    return time, waiting


def _seconds(value: float) -> str:
    return span_words(round(value * 1000))


def _bars(gain: Gain) -> tuple[tuple[str, ...], list[Totals]]:
    by_day = dict(gain.rows[By.DAY])
    first = gain.since.astimezone().date()
    last = max([first, *(date.fromisoformat(day) for day in by_day)])
    last = max(last, gain.until.astimezone().date())
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if len(days) <= MAX_BARS:
        form = "%a" if len(days) <= 7 else "%-d"
        labels = tuple(day.strftime(form) for day in days)
        return labels, [by_day.get(day.isoformat(), Totals()) for day in days]
    weeks = [days[n : n + 7] for n in range(0, len(days), 7)]
    sums = [
        summed(by_day[day.isoformat()] for day in week if day.isoformat() in by_day)
        for week in weeks
    ]
    return tuple(f"{week[0]:%-d %b}" for week in weeks), sums


def table(
    gain: Gain, by: By, width: int, *, ascii_only: bool = False
) -> tuple[str, list[tuple[str, str]]]:
    """The head, and of each row its key and its cells; as many columns as fit."""
    rows = list(gain.rows[by])
    if by is By.DAY:
        rows.reverse()
    keys = [one_line(key_words(by, key), ascii_only=ascii_only) for key, _ in rows]
    room = max(10, min(MAX_KEY, width - 36))
    names = [by.value, *(cut(key, room) for key in keys)]
    first = max(cell_len(name) for name in names)
    columns = ["" for _ in names]
    used = first
    for title, words in COLUMNS:
        cells = [title, *(words(totals) for _, totals in rows)]
        widest = max(cell_len(cell) for cell in cells)
        used += widest + 2
        if used > width:
            break
        columns = [
            f"{line}  {one_line(cell, ascii_only=ascii_only):>{widest}}"
            for line, cell in zip(columns, cells, strict=True)
        ]
    padded = [name + " " * (first - cell_len(name)) for name in names]
    return padded[0] + columns[0], list(zip(padded[1:], columns[1:], strict=True))
