"""`agentdeck undo`, `trash` and `prune`: what was discarded, back or gone for good."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import examples, new_app, verb
from agentdeck.cli.selection import AsJson, Yes, finish
from agentdeck.cli.table import age
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, NoSuchSessionError

DAY_S = 86400
KEPT_DAYS = 30


@verb("undo")
def undo(as_json: AsJson = False) -> None:
    """Take back the last merge, discard or rewind, while nothing was built on it."""
    finish(_undo(as_json=as_json))


trash = new_app(
    help="List what was discarded; its work is kept for 30 days.",
    epilog=examples("trash", "trash restore fix-login"),
    invoke_without_command=True,
)


@trash.callback()
def list_trash(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List what was discarded; its work is kept for 30 days."""
    if ctx.invoked_subcommand is None:
        finish(_list(as_json=as_json))


@trash.command(epilog=examples("trash restore fix-login"))
def restore(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Discarded sessions.")
    ],
    as_json: AsJson = False,
) -> None:
    """Bring sessions back: branch, worktree, uncommitted files and row."""
    finish(_restore(names, as_json=as_json))


@verb("prune", "prune --older-than 7 --yes")
def prune(
    older_than: Annotated[
        int,
        typer.Option("--older-than", metavar="DAYS", help="Remove what is older."),
    ] = KEPT_DAYS,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say which discarded work is old, and remove it for good."""
    finish(_prune(older_than, yes=yes, as_json=as_json))


async def _undo(*, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        done = await client.call("landing.undo")
    if as_json:
        report.out_json(done)
        return
    names = report.plain(", ".join(done["names"]))
    if done["undone"] == "merge":
        into = report.plain(str(done["into"]))
        report.out(f"{into} is back where it was before the merge of {names}")
    elif done["undone"] == "rewind":
        report.out(f"{names}: back where it was before it went to another turn")
    else:
        report.out(f"{names}: back from the trash")


async def _listed(client: Any) -> list[dict[str, Any]]:
    answer = await client.call("trash.list")
    entries: list[dict[str, Any]] = answer["sessions"]
    return entries


async def _list(*, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        entries = await _listed(client)
    if as_json:
        report.out_json(entries)
        return
    if not entries:
        report.say("The trash is empty.")
    for entry in entries:
        report.out(_line(entry))


async def _restore(names: list[str], *, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        entries = await _listed(client)
        ids = []
        for name in names:
            # The newest comes first, so of two with one name it is the one meant.
            found = [e["id"] for e in entries if name in (e["name"], e["id"])]
            if not found:
                raise NoSuchSessionError(
                    f"There is no {name!r} in the trash; `agentdeck trash` lists it."
                )
            ids.append(found[0])
        answer = await client.call("trash.restore", ids=ids)
    done = "back on branch {branch}"
    return report.report_results(answer["results"], done, as_json=as_json)


async def _prune(older_than: int, *, yes: bool, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    limit = time.time() - older_than * DAY_S
    async with connected(paths_from_environment()) as client:
        old = [entry for entry in await _listed(client) if entry["at"] <= limit]
        if old and not as_json:
            report.say(
                f"Discarded more than {older_than} days ago; their commits and files"
                " cannot be brought back afterwards:"
            )
            for entry in old:
                report.say(f"  {_line(entry)}")
        if old and not report.agreed(f"Remove {len(old)} for good?", skip=yes):
            report.say("Nothing was removed.")
            return ExitStatus.FAILED
        gone = []
        if old:
            answer = await client.call("trash.prune", older_than_days=older_than)
            gone = answer["sessions"]
    if as_json:
        report.out_json(gone)
    elif not old:
        report.say(f"Nothing was discarded more than {older_than} days ago.")
    else:
        report.out(f"{len(gone)} removed")
    return ExitStatus.DONE if len(gone) == len(old) else ExitStatus.FAILED


def _line(entry: dict[str, Any]) -> str:
    now = datetime.now(UTC)
    ago = age(datetime.fromtimestamp(entry["at"], UTC), now)
    left = max(0, round((entry["expires"] - now.timestamp()) / DAY_S))
    title = report.plain(str(entry["title"]))
    return f"{report.plain(str(entry['name']))}  {ago} ago, kept {left} days  {title}"
