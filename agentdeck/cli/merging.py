"""A merge as the command line does it: asked once, told step by step, ended by Ctrl+C."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from agentdeck.cli import report
from agentdeck.cli.selection import check_selection, select
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, RefusedError
from agentdeck.core.events import Event, EventKind

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

CANCEL_TIMEOUT_S = 30.0
DONE = "merged into {into} as {commit}"


async def merge_sessions(
    params: dict[str, Any],
    names: Sequence[str] | None,
    query: str | None,
    *,
    everything: bool,
    question: str,
    as_json: bool,
) -> int:
    """Merge the sessions that a person means; gives the exit status."""
    from agentdeck.rpc.client import connected

    check_selection(names, query, everything=everything)
    async with connected(paths_from_environment()) as client:
        sessions = await select(client, names, query, everything=everything)
        if not sessions:
            if as_json:
                report.out_json([])
            report.say("No session matches, so nothing was done.")
            return ExitStatus.DONE
        listed = ", ".join(session.name for session in sessions[:8])
        more = f" and {len(sessions) - 8} more" if len(sessions) > 8 else ""
        if question and not report.agreed(question.format(names=listed + more)):
            report.say("Nothing was done.")
            return ExitStatus.FAILED
        batch = secrets.token_hex(8)
        ids = [session.id for session in sessions]
        asked = client.call("session.merge", ids=ids, batch=batch, **params)
        is_look = bool(params["dry_run"])
        return await _followed(
            client,
            batch,
            asked,
            is_quiet=as_json or (is_look and not params["check"]),
            as_json=as_json,
            done="would merge into {into}" if is_look else DONE,
        )


async def resume_merge(*, as_json: bool) -> int:
    """Go on with the merge that a crash interrupted last; gives the exit status."""
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        merges = (await client.call("merge.pending"))["merges"]
        if not merges:
            raise RefusedError("No merge was interrupted, so there is none to go on.")
        last = merges[-1]
        if last["merged"]:
            report.say(f"Merged before: {', '.join(last['merged'])}.")
        report.say(f"Goes on with {', '.join(last['left'])}.")
        asked = client.call("merge.resume", batch=last["batch"])
        return await _followed(
            client, last["batch"], asked, is_quiet=as_json, as_json=as_json
        )


async def _followed(
    client: HostClient,
    batch: str,
    asked: Coroutine[Any, Any, Any],
    *,
    is_quiet: bool,
    as_json: bool,
    done: str = DONE,
) -> int:
    """Wait for a merge and say how far it is; Ctrl+C ends it before the base moves."""

    def tell(event: Event) -> None:
        data = event.data
        if event.kind is EventKind.MERGE_PROGRESS and data["batch"] == batch:
            done = f"{data['done']}/{data['of']}"
            report.say(f"{done}  {data['name']}: {data['state']}")

    if not is_quiet:
        client.on_event = tell
        await client.hello("cli", events=True)
    merging = asyncio.ensure_future(asked)
    try:
        answer = await asyncio.shield(merging)
    except asyncio.CancelledError:
        report.say("Ending the merge…")
        await client.call("merge.cancel", batch=batch)
        async with asyncio.timeout(CANCEL_TIMEOUT_S):
            answer = await merging
        report.report_results(answer["results"], "merged into {into}", as_json=as_json)
        raise
    return report.report_results(answer["results"], done, as_json=as_json)
