"""`agentdeck filters`: the saved filters, which `--filter @name` and the app know."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import examples, new_app
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import paths_from_environment

filters = new_app(
    help="List the saved filters; `--filter @name` uses one, and so do Alt and its digit in the app.",
    epilog=examples(
        "filters",
        "filters save mine 'agent:claude is:unread' --digit 1",
        "ls --filter @mine",
    ),
    invoke_without_command=True,
)


@filters.callback()
def list_filters(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the saved filters."""
    if ctx.invoked_subcommand is None:
        finish(_call("filters.list", as_json=as_json))


@filters.command(
    epilog=examples("filters save mine 'agent:claude is:unread' --digit 1")
)
def save(
    name: Annotated[str, typer.Argument(help="The name, for @name.")],
    query: Annotated[str, typer.Argument(help="The query.")],
    digit: Annotated[
        int | None,
        typer.Option(
            "--digit", metavar="1-9", help="Alt and this key recall it in the app."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a filter under a name; one of the same name is replaced."""
    finish(_call("filters.save", name=name, query=query, digit=digit, as_json=as_json))


@filters.command(epilog=examples("filters remove mine"))
def remove(
    name: Annotated[str, typer.Argument(help="The name.")], as_json: AsJson = False
) -> None:
    """Forget a saved filter."""
    finish(_call("filters.remove", name=name, as_json=as_json))


async def _call(method: str, *, as_json: bool, **params: Any) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await client.call(method, **params)
    saved = answer["filters"]
    if as_json:
        report.out_json(saved)
        return
    if not saved:
        report.say(
            "No filters are saved. Keep one: agentdeck filters save mine 'is:unread'"
        )
    width = max((len(each["name"]) for each in saved), default=0)
    for each in saved:
        key = f"alt+{each['digit']}" if each["digit"] else ""
        name = f"@{each['name']}".ljust(width + 1)
        report.out(report.plain(f"{name}  {key:5}  {each['query']}"))
