"""`agentdeck resolve` and `update`: conflicts with the base, and what came into it."""

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
    finish,
    session_called,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError

Rebase = Annotated[
    bool,
    typer.Option("--rebase", help="Rebase the branch, in place of merging the base."),
]


@verb("resolve fix-login", "resolve fix-login --here")
def resolve(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    rebase: Rebase = False,
    here: Annotated[
        bool,
        typer.Option("--here", help="Begin the merge in its worktree, for yourself."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have a session's own agent settle the conflicts with its base.

    It gets the task at the end of its turn; a session that is over is resumed.
    """
    if here:
        if rebase or filter_query or everything or len(names or ()) != 1:
            raise UsageError("--here takes one session by its name, and no --rebase.")
        finish(_here((names or [""])[0], as_json=as_json))
        return
    request = Request(
        "session.resolve",
        "has the task to settle its conflicts with {base}",
        {"way": "rebase" if rebase else "merge"},
    )
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb("update fix-login", "update --filter 's:idle behind:>0' --rebase")
def update(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    rebase: Rebase = False,
    as_json: AsJson = False,
) -> None:
    """Bring sessions that rest up to their base; one that conflicts is left alone."""
    request = Request(
        "session.update",
        "has all of {base} now",
        {"way": "rebase" if rebase else "merge"},
    )
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


async def _here(name: str, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        done = await client.call("session.begin_merge", id=session.id)
    if as_json:
        report.out_json(done)
        return
    report.out(report.plain(done["worktree"]))
    files = ", ".join(done["files"]) or "nothing"
    report.say(
        f"A merge of {done['base']} is begun there; to settle: {files}. Then"
        " `git add` and `git commit`, or `git merge --abort`."
    )
