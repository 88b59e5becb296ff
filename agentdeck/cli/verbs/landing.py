"""`agentdeck merge` and `discard`: what becomes of the work."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    Yes,
    finish,
)


@verb("merge fix-login", "merge --filter 's:idle ahead:>0' --squash --yes")
def merge(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    squash: Annotated[
        bool, typer.Option("--squash", help="One commit in place of a merge commit.")
    ] = False,
    into: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Another branch than the session's base."),
    ] = None,
    message: Annotated[
        str | None, typer.Option("-m", "--message", help="The commit's message.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Merge sessions, one on top of the other. Conflicts are refused (status 4)."""
    strategy = "squash" if squash else "merge"
    request = Request(
        "session.merge",
        "merged into {into} as {commit}",
        {"strategy": strategy, "into": into, "message": message},
        "Merge {names} into " + (into or "the base").replace("{", "{{") + "?",
    )
    finish(
        act_on_many(
            request,
            names,
            filter_query,
            everything=everything,
            yes=yes,
            as_json=as_json,
        )
    )


@verb("discard fix-login", "discard --filter is:merged --yes")
def discard(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove sessions with worktree and branch. The last state is kept under a ref."""
    request = Request(
        "session.discard",
        "discarded, kept as {kept}",
        question="Discard {names}, worktree and branch?",
    )
    finish(
        act_on_many(
            request,
            names,
            filter_query,
            everything=everything,
            yes=yes,
            as_json=as_json,
        )
    )
