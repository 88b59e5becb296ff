"""`agentdeck hooks`: the commands of the settings that run on events."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish, now
from agentdeck.cli.table import Column, age, fitted
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, UsageError
from agentdeck.core.hook_events import EVENT_NAMES


@verb("hooks", "hooks --test tell-me", "hooks --events")
def hooks(
    test: Annotated[
        str | None,
        typer.Option(
            "--test", metavar="NAME", help="Run this one now, with a sample event."
        ),
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="List the events that hooks can have.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the hooks of the settings, and how each fared last.

    A hook is a table [hooks.NAME] in config.toml, with on = ["session.idle", "merge.*"]
    and run = ["command", "argument"]. It gets the event as JSON on its standard input.
    """
    if test is not None and events:
        raise UsageError("Give --test or --events, not both.")
    if events:
        _events(as_json=as_json)
    elif test is not None:
        finish(_test(test, as_json=as_json))
    else:
        finish(_list(as_json=as_json))


def _events(*, as_json: bool) -> None:
    if as_json:
        report.out_json(list(EVENT_NAMES))
        return
    for name in EVENT_NAMES:
        report.out(name)


async def _test(name: str, *, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        result = await client.call("hooks.test", name=name)
    if as_json:
        report.out_json(result)
    else:
        if result["output"]:
            report.out_text(report.plain(result["output"], lines=True).rstrip() + "\n")
        took = f"{result['seconds']:.1f} s"
        report.say(f"{name}: {report.plain(result['note'])} after {took}")
    return ExitStatus.DONE if result["ok"] else ExitStatus.FAILED


async def _list(*, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        rows: list[dict[str, Any]] = (await client.call("hooks.list"))["hooks"]
    if as_json:
        report.out_json(rows)
        return
    if not rows:
        report.say("There is no hook. `agentdeck hooks --help` says how to set one.")
        return
    table = [
        Column("NAME", [report.plain(row["name"]) for row in rows]),
        Column("ON", [", ".join(row["on"]) for row in rows]),
        Column("RUNS", [str(row["runs"]) for row in rows], is_number=True),
        Column("FAILED", [str(row["failures"]) for row in rows], is_number=True),
        Column("LAST", [_last(row) for row in rows]),
        Column("COMMAND", [report.plain(shlex.join(row["run"])) for row in rows]),
    ]
    for line in fitted(table, report.width()):
        report.out(line)


def _last(row: dict[str, Any]) -> str:
    if row["running"]:
        more = f", {row['waiting']} wait" if row["waiting"] else ""
        return f"runs now{more}"
    if row["at"] is None:
        return "never ran"
    how = "ok" if row["ok"] else report.plain(row["note"])
    return f"{how}, {age(datetime.fromisoformat(row['at']), now())} ago"
