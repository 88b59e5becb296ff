"""The command line's root: the table of verbs, and the app when no verb is given."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from agentdeck import __version__
from agentdeck.cli import report
from agentdeck.cli.lazy import LazyGroup, examples, new_app
from agentdeck.core.errors import UsageError

_V = "agentdeck.cli.verbs"
VERBS = {
    "run": f"{_V}.run:run",
    "brief": f"{_V}.brief:brief",
    "handoff": f"{_V}.handing_off:handoff",
    "fork": f"{_V}.handing_off:fork",
    "ls": f"{_V}.ls:ls",
    "show": f"{_V}.show:show",
    "logs": f"{_V}.logs:logs",
    "find": f"{_V}.find:find",
    "timeline": f"{_V}.timeline:timeline",
    "recap": f"{_V}.recap:recap",
    "export": f"{_V}.export:export",
    "screen": f"{_V}.screen:screen",
    "attach": f"{_V}.attach:attach",
    "send": f"{_V}.send:send",
    "keys": f"{_V}.send:keys",
    "approve": f"{_V}.answering:approve",
    "deny": f"{_V}.answering:deny",
    "answer": f"{_V}.answering:answer",
    "next": f"{_V}.answering:next_waiting",
    "queue": f"{_V}.queue:queue",
    "rules": f"{_V}.rules:rules",
    "agents": f"{_V}.agents:agents",
    "stop": f"{_V}.control:stop",
    "resume": f"{_V}.control:resume",
    "rename": f"{_V}.control:rename",
    "pin": f"{_V}.listing:pin",
    "unpin": f"{_V}.listing:unpin",
    "folder": f"{_V}.listing:folder",
    "move": f"{_V}.listing:move",
    "archive": f"{_V}.listing:archive",
    "unarchive": f"{_V}.listing:unarchive",
    "filters": f"{_V}.filters:filters",
    "diff": f"{_V}.diff:diff",
    "check": f"{_V}.checking:check",
    "setup": f"{_V}.setting_up:setup",
    "trust": f"{_V}.trusting:trust",
    "overlaps": f"{_V}.overlaps:overlaps",
    "resolve": f"{_V}.resolving:resolve",
    "update": f"{_V}.resolving:update",
    "turns": f"{_V}.turns:turns",
    "rewind": f"{_V}.turns:rewind",
    "comments": f"{_V}.comments:comments",
    "reviews": f"{_V}.reviews:reviews",
    "review-now": f"{_V}.reviews:review_now",
    "findings": f"{_V}.findings:findings",
    "merge": f"{_V}.landing:merge",
    "pr": f"{_V}.pulls:pr",
    "compare": f"{_V}.variants:compare",
    "pick": f"{_V}.variants:pick",
    "take": f"{_V}.variants:take",
    "pipeline": f"{_V}.pipeline:pipeline",
    "discard": f"{_V}.landing:discard",
    "undo": f"{_V}.trash:undo",
    "trash": f"{_V}.trash:trash",
    "prune": f"{_V}.trash:prune",
    "events": f"{_V}.events:events",
    "mcp": f"{_V}.mcp:mcp",
    "hooks": f"{_V}.hooks:hooks",
    "metrics": f"{_V}.metrics:metrics",
    "explain": f"{_V}.explain:explain",
    "bindings": f"{_V}.bindings:bindings",
    "pool": f"{_V}.pool:pool",
    "doctor": f"{_V}.doctor:doctor",
    "demo": f"{_V}.demo:demo",
    "web": f"{_V}.web:web",
    "host": f"{_V}.host:host",
}


class RootGroup(LazyGroup):
    """The verbs of `agentdeck`."""

    verbs = VERBS


def _print_version(wanted: bool) -> None:
    if wanted:
        report.out(f"agentdeck {__version__}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    directory: Annotated[
        str | None,
        typer.Option(
            "-C",
            "--repo",
            metavar="DIR",
            help="Act as if started in this folder.",
        ),
    ] = None,
    filter_query: Annotated[
        str,
        typer.Option(
            "--filter", metavar="QUERY", help="Open the app with this filter."
        ),
    ] = "",
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Run coding agents side by side in git worktrees. Alone, it opens the app."""
    if directory is not None:
        _go_to(directory)
    if ctx.invoked_subcommand is None:
        from agentdeck.cli.open_app import open_app

        open_app(filter_query=filter_query)


def _go_to(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        raise UsageError(f"Cannot go to {directory}: {error.strerror}.") from error


def command() -> Any:
    """The whole command line as one command."""
    app = new_app(
        cls=RootGroup,
        add_completion=True,
        invoke_without_command=True,
        subcommand_metavar="[VERB] [ARGS]...",
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=examples("demo", 'run "fix the login test" --agent claude', "ls"),
    )
    app.callback()(root)
    return typer.main.get_command(app)
