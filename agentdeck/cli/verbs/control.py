"""`agentdeck stop`, `resume` and `rename`."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    OneName,
    finish,
    session_called,
)
from agentdeck.config.paths import paths_from_environment


@verb("stop fix-login", "stop --filter 'age:>1d'", "stop --all --force")
def stop(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    force: Annotated[
        bool, typer.Option("--force", help="Skip the polite part: kill at once.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Accepted; a stop never asks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Stop agents. Worktrees and branches stay."""
    request = Request(
        "session.stop", "stopped", {"force": force}, fits=lambda each: not each.is_over
    )
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb("resume fix-login", "resume --filter s:lost")
def resume(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Start the agents of stopped sessions again, where they left off if they can."""
    request = Request("session.resume", "resumed", fits=lambda each: each.is_over)
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb('rename fix-login "Fix the login test"')
def rename(
    name: OneName,
    title: Annotated[str, typer.Argument(help="The new title.")],
    as_json: AsJson = False,
) -> None:
    """Give a session another title. Its name, branch and folder stay."""
    finish(_rename(name, title, as_json=as_json))


async def _rename(name: str, title: str, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call("session.rename", id=session.id, title=title)
    if as_json:
        report.out_json(answer["session"])
    else:
        renamed = answer["session"]
        report.out(report.plain(f"{renamed['name']}  {renamed['title']}"))
