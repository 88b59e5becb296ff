"""`agentdeck screen`: a session's screen as it is now."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment


@verb("screen fix-login", "screen fix-login --ansi")
def screen(
    name: OneName,
    ansi: Annotated[bool, typer.Option("--ansi", help="With colours.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a session's screen as it is now, or as it was at the end."""
    finish(_screen(name, ansi=ansi, as_json=as_json))


async def _screen(name: str, *, ansi: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call("session.screen", id=session.id, ansi=ansi)
    if as_json:
        report.out_json({"id": session.id, "name": session.name, **answer})
    elif ansi and answer["ansi"]:
        text = report.plain(answer["ansi"], lines=True, colour=True)
        report.out(text.rstrip("\n") + "\x1b[0m")
    else:
        lines = [report.plain(line).rstrip() for line in answer["lines"]]
        while lines and not lines[-1]:
            lines.pop()
        for line in lines:
            report.out(line)
