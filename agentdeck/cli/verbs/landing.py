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
from agentdeck.core.errors import UsageError
from agentdeck.core.merge_queue import STRATEGIES


@verb(
    "merge fix-login",
    "merge --filter 's:idle ahead:>0' --strategy squash --yes",
    "merge --all --dry-run",
)
def merge(  # noqa: PLR0913  # Typer makes an option of each
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    strategy: Annotated[
        str,
        typer.Option(metavar="HOW", help="merge, squash, rebase or fast-forward."),
    ] = "merge",
    into: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Another branch than the session's base."),
    ] = None,
    message: Annotated[
        str | None, typer.Option("-m", "--message", help="The commit's message.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how each would fare.")
    ] = False,
    stop_on_conflict: Annotated[
        bool,
        typer.Option("--stop-on-conflict", help="Merge none after one that cannot be."),
    ] = False,
    discard: Annotated[
        bool,
        typer.Option("--discard/--keep", help="Discard those that landed and ended."),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Merge sessions, one on top of the other. Conflicts are refused (status 4)."""
    known = [name for name, _ in STRATEGIES]
    if strategy not in known:
        raise UsageError(f"--strategy is one of {', '.join(known)}, not {strategy!r}.")
    asked = "Merge {names} into " + (into or "the base").replace("{", "{{") + "?"
    request = Request(
        "session.merge",
        "would merge into {into}" if dry_run else "merged into {into} as {commit}",
        {
            "strategy": strategy,
            "into": into,
            "message": message,
            "dry_run": dry_run,
            "stop_on_conflict": stop_on_conflict,
            "discard": discard,
        },
        "" if dry_run else asked,
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
    """Remove sessions with worktree and branch; `undo` or `trash` bring them back."""
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
