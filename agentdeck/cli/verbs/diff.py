"""`agentdeck diff`: what a session changed."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment


@verb("diff fix-login", "diff fix-login --stat", "diff fix-login > fix-login.patch")
def diff(
    name: OneName,
    stat: Annotated[
        bool, typer.Option("--stat", help="Only the files and their counts.")
    ] = False,
    color: Annotated[
        bool | None,
        typer.Option(
            "--color/--no-color", help="With colours; by default on a terminal."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a session changed since its branch left the base."""
    wants_colour = report.has_colour() if color is None else color
    finish(_diff(name, stat=stat, color=wants_colour and not as_json, as_json=as_json))


async def _diff(name: str, *, stat: bool, color: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call(
            "session.diff", id=session.id, stat=stat, color=color
        )
    if as_json:
        report.out_json({"id": session.id, "name": session.name, **answer})
        return
    text: str = answer["text"]
    if text and not text.endswith("\n"):
        text += "\n"
    if report.is_terminal():
        report.out_text(report.plain(text, lines=True, colour=True))
    else:
        # A patch has to apply: what goes to a file keeps its carriage returns.
        report.out_bytes(text.encode("utf-8", "surrogateescape"))
