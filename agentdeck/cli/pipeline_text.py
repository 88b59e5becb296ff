"""Runs of pipelines as text: the list, and the graph with what stands below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agentdeck.cli import report
from agentdeck.cli.table import cells_wide, cut
from agentdeck.core.pipeline_drawing import Node, as_text, draw
from agentdeck.core.pipeline_wire import ShownRun, ShownStep
from agentdeck.core.pipelines import Pipeline

WIDE = 120
"""The room for a graph where there is no terminal."""
_SIGNS = {
    "approval": "^",
    "blocked": "^",
    "asking": "^",
    "working": "*",
    "checking": "*",
    "retrying": "*",
    "done": "+",
    "failed": "x",
    "queued": "o",
}
_UNICODE = str.maketrans({"^": "▲", "*": "●", "+": "✓", "x": "✗", "o": "○", ".": "·"})


def state_of(run: ShownRun) -> str:
    """Where a run is, in a word."""
    if run.outcome:
        return run.outcome
    return "needs you" if run.needs else "running"


def settled_of(run: ShownRun) -> str:
    """How many of a run's steps are behind it."""
    done = ("done", "skipped", "passed-over", "failed", "cancelled")
    return f"{sum(step.state in done for step in run.steps)}/{len(run.steps)}"


def list_lines(runs: Sequence[ShownRun]) -> list[str]:
    """The runs as a table."""
    if not runs:
        return []
    rows = [("RUN", "STATE", "STEPS", "TITLE")]
    rows += [(r.name, state_of(r), settled_of(r), report.plain(r.title)) for r in runs]
    return _aligned(rows)


def known_lines(known: Sequence[dict[str, Any]]) -> list[str]:
    """What can be started by name, as a table."""
    rows = [("PIPELINE", "FROM", "STEPS", "WHAT")]
    rows += [
        (
            report.plain(each["name"]),
            each["where"],
            str(len(each["steps"])),
            report.plain(each["problem"] or each["title"]),
        )
        for each in known
    ]
    return _aligned(rows)


def run_lines(run: ShownRun) -> list[str]:
    """A run: what it is, its graph, and a line for each step."""
    title = report.plain(run.title)
    lines = [f"{run.name}  {state_of(run)}  {settled_of(run)} steps  {title}", ""]
    lines += graph_lines(
        [(step.name, tuple(s for s, _ in step.after)) for step in run.steps],
        {step.name: (_sign(step.state), step.state) for step in run.steps},
    )
    lines += ["", *_aligned([_row(step) for step in run.steps])]
    return lines


def plan_lines(pipeline: Pipeline) -> list[str]:
    """A pipeline that does not run: its graph, and what each step waits for."""
    lines = graph_lines(
        [(s.name, tuple(e.step for e in s.after)) for s in pipeline.steps],
        {
            s.name: (_sign(""), s.agent or ("command" if s.run else ""))
            for s in pipeline.steps
        },
    )
    rows = []
    for step in pipeline.steps:
        after = ", ".join(f"{e.step} {e.when.value}" for e in step.after)
        more = [
            "asks you first" if step.approval else "",
            f"{step.retries} retries" if step.retries else "",
            f"runs {report.plain(step.run)}" if step.run else "",
            *(f"checks {report.plain(each)}" for each in step.checks),
        ]
        rows.append((step.name, after or "at once", ", ".join(m for m in more if m)))
    return [*lines, "", *_aligned(rows)]


def graph_lines(
    nodes: Sequence[tuple[str, tuple[str, ...]]], texts: dict[str, tuple[str, str]]
) -> list[str]:
    """A graph in signs, each box with a name and a word."""
    wanted = [
        Node(name, after, max(len(name) + 2, len(texts[name][1])))
        for name, after in nodes
    ]
    ascii_only = not report.is_unicode()
    drawing = draw(wanted, report.width() or WIDE, ascii_only=ascii_only)
    inside = {}
    for name, box in drawing.boxes.items():
        sign, word = texts[name]
        room = box.width - 4
        inside[name] = (cut(f"{sign} {name}", room), cut(report.plain(word), room))
    return as_text(drawing, inside)


def _sign(state: str) -> str:
    sign = _SIGNS.get(state, ".")
    return sign.translate(_UNICODE) if report.is_unicode() else sign


def _row(step: ShownStep) -> tuple[str, ...]:
    tries = f"try {step.tries + 1}" if step.tries else ""
    words = [step.reason, tries, f"said: {step.note}" if step.note else ""]
    told = report.plain("; ".join(word for word in words if word))
    return step.name, step.state, report.plain(step.session_name) or "-", told


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [
        max(cells_wide(each) for each in column) for column in zip(*rows, strict=True)
    ]
    return [
        "  ".join(
            text + " " * (width - cells_wide(text))
            for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
