"""`agentdeck recap`: what happened since a person last looked."""

from __future__ import annotations

from typing import Any

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    finish,
    select,
)
from agentdeck.cli.table import cut
from agentdeck.config.paths import paths_from_environment


@verb("recap", "recap fix-login", "recap --filter s:idle --json")
def recap(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Say what happened in sessions since you looked; without names, in the unread."""
    if not names and filter_query is None and not everything:
        filter_query = "is:unread"
    finish(_recap(names, filter_query, everything=everything, as_json=as_json))


async def _recap(
    names: list[str] | None, query: str | None, *, everything: bool, as_json: bool
) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        ids = [session.id for session in sessions]
        recaps: list[dict[str, Any]] = []
        if ids:
            recaps = (await client.call("session.recap", ids=ids))["recaps"]
    if as_json:
        report.out_json(recaps)
        return
    width = report.width()
    for each in recaps:
        report.out(report.paint(report.plain(str(each["name"])), "bold"))
        for line in each["lines"] or ["nothing new"]:
            shown = f"  {report.plain(str(line))}"
            report.out(shown if width is None else cut(shown, width))
    if not recaps:
        report.say("Nothing is unread.")
