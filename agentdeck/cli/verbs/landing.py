"""`agentdeck merge` and `discard`: what becomes of the work."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.merging import merge_sessions, resume_merge
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
    "merge --filter 's:idle ahead:>0' --strategy squash --check --yes",
    "merge --all --dry-run",
    "merge --resume",
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
    stop_on_failure: Annotated[
        bool,
        typer.Option(
            "--stop-on-failure",
            "--stop-on-conflict",
            help="Merge none after one that conflicts or fails its checks.",
        ),
    ] = False,
    check: Annotated[
        bool | None,
        typer.Option(
            "--check/--no-check",
            help="Check the merged files of each before it lands.",
            show_default="as the settings say",
        ),
    ] = None,
    discard: Annotated[
        bool,
        typer.Option("--discard/--keep", help="Discard those that landed and ended."),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a merge that a crash interrupted."),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Merge sessions, one on top of the other. Conflicts are refused (status 4).

    All that can be merged lands at once, at the end; until then Ctrl+C ends it and
    nothing is merged.
    """
    if resume:
        if names or filter_query is not None or everything:
            raise UsageError("--resume goes on with what was asked for; name nothing.")
        finish(resume_merge(as_json=as_json))
        return
    known = [name for name, _ in STRATEGIES]
    if strategy not in known:
        raise UsageError(f"--strategy is one of {', '.join(known)}, not {strategy!r}.")
    asked = "Merge {names} into " + (into or "the base").replace("{", "{{") + "?"
    params = {
        "strategy": strategy,
        "into": into,
        "message": message,
        "dry_run": dry_run,
        "stop_on_conflict": stop_on_failure,
        "check": check,
        "discard": discard,
    }
    finish(
        merge_sessions(
            params,
            names,
            filter_query,
            everything=everything,
            question="" if dry_run or yes else asked,
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
