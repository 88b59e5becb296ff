"""`agentdeck pool`: how many agents work at once."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError


@verb("pool", "pool --limit 4", "pool --pause")
def pool(
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", help="How many agents work at once."),
    ] = None,
    pause: Annotated[bool, typer.Option("--pause", help="Start no more.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Start more again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the pool, or change it until the host ends."""
    if pause and resume:
        raise UsageError("Give --pause or --resume, not both.")
    paused = True if pause else False if resume else None
    finish(_pool(limit, paused, as_json=as_json))


async def _pool(limit: int | None, paused: bool | None, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        if limit is not None or paused is not None:
            await client.call("pool.set", limit=limit, paused=paused)
        status = await client.call("host.status")
    pool = {key: status[key] for key in ("limit", "paused", "running", "queued")}
    if as_json:
        report.out_json(pool)
        return
    state = ", paused" if pool["paused"] else ""
    report.out(
        f"{pool['running']} of {pool['limit']} running, {pool['queued']} queued{state}"
    )
