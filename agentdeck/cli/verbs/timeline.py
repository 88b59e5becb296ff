"""`agentdeck timeline`: what happened in a session, moment by moment."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.cli.table import cut
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError
from agentdeck.core.moments import MomentKind


@verb("timeline fix-login", "timeline fix-login --only question,answered --json")
def timeline(
    name: OneName,
    only: Annotated[
        str,
        typer.Option(
            "--only",
            metavar="KINDS",
            help=f"Only these, with commas: {', '.join(MomentKind)}.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print what happened in a session: prompts, tools, answers, commits, checks."""
    kinds = frozenset(filter(None, (part.strip() for part in only.split(","))))
    unknown = kinds - frozenset(MomentKind)
    if unknown:
        raise UsageError(
            f"There is no kind {min(unknown)!r} of moment; there are "
            f"{', '.join(MomentKind)}."
        )
    finish(_timeline(name, kinds, as_json=as_json))


async def _timeline(name: str, kinds: frozenset[str], *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected
    from agentdeck.rpc.wire import moment_from_wire

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call("session.timeline", id=session.id)
    shown = [each for each in answer["moments"] if not kinds or each["kind"] in kinds]
    if as_json:
        report.out_json(shown)
        return
    width = report.width()
    day = ""
    for each in shown:
        moment = moment_from_wire(each)
        at = moment.at.astimezone()
        if f"{at:%d %b}" != day:
            day = f"{at:%d %b}"
            report.out(report.paint(day, "bold"))
        said = f"{moment.by}: {moment.text}" if moment.by else moment.text
        line = f"  {at:%H:%M:%S}  {moment.kind.value:<9} {report.plain(said)}"
        report.out(line if width is None else cut(line, width))
    if not shown:
        report.say(f"Nothing of that happened in {session.name} yet.")
