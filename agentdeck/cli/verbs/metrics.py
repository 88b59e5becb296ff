"""`agentdeck metrics`: what the agents gain you, measured from events."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.cli.table import cells_wide, cut
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError
from agentdeck.core.gain import (
    DEFINITIONS,
    By,
    Totals,
    range_start,
    totals_from_wire,
)
from agentdeck.core.gain_words import (
    COLUMNS,
    answered_words,
    gain_words,
    key_words,
    parallelism_words,
    span_words,
)

SINCE = "7d"
_MAX_KEY = 48


@verb(
    "metrics",
    "metrics --since 30d --by repository",
    "metrics --filter agent:claude --json",
    "metrics --by day --csv > gain.csv",
)
def metrics(
    since: Annotated[
        str,
        typer.Option(
            metavar="RANGE",
            help="7d or 4w (whole days, today being one), 12h, 30m, or a date.",
        ),
    ] = SINCE,
    by: Annotated[
        str,
        typer.Option(metavar="WHAT", help="day, repository, agent or brief."),
    ] = By.DAY.value,
    filter_query: Annotated[
        str,
        typer.Option(
            "--filter",
            metavar="QUERY",
            help="Only sessions that a query selects; removed ones too.",
        ),
    ] = "",
    define: Annotated[
        bool, typer.Option("--define", help="Say what each figure means.")
    ] = False,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print the rows as CSV, times in seconds.")
    ] = False,
) -> None:
    """Say how much agents worked alone, how much you worked with them, and what came of it."""
    if as_json and as_csv:
        raise UsageError("Give --json or --csv, not both.")
    if by not in list(By):
        raise UsageError(f"--by is one of {', '.join(By)}, not {by!r}.")
    if define:
        _define(as_json=as_json)
        return
    start = range_start(since, datetime.now(UTC))
    finish(_metrics(start, By(by), filter_query, as_json=as_json, as_csv=as_csv))


def _define(*, as_json: bool) -> None:
    if as_json:
        report.out_json(dict(DEFINITIONS))
        return
    for name, meaning in DEFINITIONS:
        report.out(f"{report.paint(f'{name:<12}', 'bold')} {meaning}")


async def _metrics(
    since: datetime, by: By, query: str, *, as_json: bool, as_csv: bool
) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await client.call(
            "gain.measure", since=since.isoformat(), filter=query
        )
    rows: list[dict[str, Any]] = answer.pop("by")[by.value]
    if as_json:
        report.out_json({**answer, "by": by.value, "rows": rows})
    elif as_csv:
        report.out_text(_csv(by, rows, answer["total"]))
    else:
        _print(by, since, answer, rows)


def _csv(by: By, rows: list[dict[str, Any]], total: dict[str, Any]) -> str:
    """The rows and their names; without rows the names alone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(total)
    writer.writerow([by.value, *names])
    for row in rows:
        cells = ["" if row[name] is None else row[name] for name in names]
        writer.writerow([_harmless(row["key"]), *cells])
    return text.getvalue()


def _harmless(key: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = report.plain(key)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _print(
    by: By, since: datetime, answer: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    totals = totals_from_wire(answer["total"])
    began = since.astimezone()
    said = f"Since {began:%a %Y-%m-%d %H:%M}"
    report.out(
        f"{said} · {report.plain(answer['filter'])}" if answer["filter"] else said
    )
    report.out()
    pairs = (
        ("supervised", span_words(totals.supervised_ms), "gain", gain_words(totals)),
        ("autonomous", span_words(totals.autonomous_ms), "in parallel", parallelism_words(totals)),
        ("waiting for you", span_words(totals.waiting_ms), "answered in 1 min", f"{answered_words(totals)} of {totals.needs}"),
        ("queued", span_words(totals.queued_ms), "rework turns", str(totals.rework)),
        ("sessions", str(totals.sessions), "merged, discarded", f"{totals.merges}, {totals.discards}"),
    )  # fmt: skip
    for left, value, right, other in pairs:
        report.out(f"{left:<15} {report.paint(f'{value:>8}', 'bold')}   {right:<17} {report.paint(other, 'bold')}")  # fmt: skip
    report.out()
    if not rows:
        report.say("Nothing was measured in this time.")
        return
    read = [totals_from_wire(row) for row in rows]
    keys = [report.plain(key_words(by, row["key"])) for row in rows]
    for line in _table(by.value, keys, read, report.width()):
        report.out(line)


def _table(
    title: str, keys: list[str], rows: list[Totals], width: int | None
) -> Iterator[str]:
    """The lines of the table; columns that say least go where the terminal is narrow."""
    room = _MAX_KEY if width is None else max(10, min(_MAX_KEY, width - 34))
    names = [title.upper(), *(cut(key, room) for key in keys)]
    first = max(cells_wide(name) for name in names)
    lines = [name + " " * (first - cells_wide(name)) for name in names]
    used = first
    for head, words in COLUMNS:
        cells = [head.upper(), *(words(row) for row in rows)]
        widest = max(cells_wide(cell) for cell in cells)
        used += widest + 2
        if width is not None and used > width:
            break
        lines = [
            f"{line}  {' ' * (widest - cells_wide(cell))}{cell}"
            for line, cell in zip(lines, cells, strict=True)
        ]
    yield from lines
