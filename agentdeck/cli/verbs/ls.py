"""`agentdeck ls`: the sessions, a line for each."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, FilterQuery, finish, list_sessions, now
from agentdeck.cli.table import session_table
from agentdeck.config.paths import paths_from_environment


@verb("ls", "ls --filter 's:needs-input'", "ls --json")
def ls(
    filter_query: FilterQuery = None,
    as_json: AsJson = False,
    everything: Annotated[
        bool, typer.Option("--all", help="All sessions, also those archived.")
    ] = False,
) -> None:
    """List the sessions: how they are, what they changed, what they do or ask."""
    query = "" if everything else filter_query or ""
    finish(_ls(query, archived=everything, as_json=as_json))


async def _ls(query: str, *, archived: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        sessions, wire = await list_sessions(client, query, archived=archived)
    if as_json:
        report.out_json(wire)
    elif sessions:
        for line in session_table(sessions, now(), report.width()):
            report.out(line)
    elif query:
        report.say(f"No session matches {query!r}.")
    else:
        report.say(
            "No sessions yet. Start one in a git repository: "
            'agentdeck run "what to do", or see some: agentdeck demo'
        )
