"""`agentdeck check`: run sessions' checks, and say how they went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.following import follow_output
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    check_selection,
    finish,
    select,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

WAIT_S = 30


@verb("check fix-login", "check --filter 's:idle -check:passed' --json")
def check(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    log: Annotated[
        bool, typer.Option("--log", help="Print what the last checks printed.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End the checks that run now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the checks of sessions: the repository's, where trusted, and their own.

    One session's output is printed as it comes. The status is 1 if any failed.
    Ctrl+C ends the waiting; the checks go on.
    """
    check_selection(names, filter_query, everything=everything)
    if log + cancel + as_json > 1 and log:
        raise UsageError("Give --log alone.")
    finish(_check(names, filter_query, everything, log, cancel, as_json))


async def _check(
    names: list[str] | None,
    query: str | None,
    everything: bool,
    log: bool,
    cancel: bool,
    as_json: bool,
) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        ids = [session.id for session in sessions]
        if log:
            for each in ids:
                await follow_output(client, each, "check", follow=False)
            return ExitStatus.DONE
        begun = await client.call("session.check", ids=ids, cancel=cancel)
        refused = [r for r in begun["results"] if not r["ok"]]
        running = [r["id"] for r in begun["results"] if r["ok"]]
        if not cancel and len(ids) == 1 and running and not as_json:
            await follow_output(client, running[0], "check", follow=True)
        try:
            results = await _until_over(client, running)
        except asyncio.CancelledError:
            report.say(
                "No longer waiting. The checks go on; `check --cancel` ends them."
            )
            raise
    return _report([*results, *refused], cancel=cancel, as_json=as_json)


async def _until_over(client: HostClient, ids: list[str]) -> list[dict[str, Any]]:
    while True:
        answer = await client.call("session.checked", ids=ids, wait_s=WAIT_S)
        results: list[dict[str, Any]] = answer["results"]
        if not any(result.get("check") == "running" for result in results):
            return results


def _report(results: list[dict[str, Any]], *, cancel: bool, as_json: bool) -> int:
    done = "{check}  {note}"
    status = report.report_results(results, done, as_json=as_json)
    failed = any(r["ok"] and r["check"] not in ("passed", "none") for r in results)
    return ExitStatus.FAILED if failed and not cancel and not status else status
