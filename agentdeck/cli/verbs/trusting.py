"""`agentdeck trust`: let a repository's own settings run commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, Yes, finish
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import ExitStatus, RefusedError

_PARTS = (
    ("setup", "before an agent starts"),
    ("teardown", "before a worktree goes"),
    ("checks", "as checks"),
)


@verb("trust", "trust ~/src/orchard --json", "trust --revoke")
def trust(
    repo: Annotated[
        str, typer.Argument(metavar="[REPO]", help="The repository; by default this.")
    ] = ".",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Trust it no longer.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show what a repository's .agentdeck.toml would run, and trust it.

    Nothing of it runs before, and nothing once the file has changed: you are then
    shown what changed. The commands run as you, so look at the scripts they call.
    --json only shows, unless --yes or --revoke is given.
    """
    folder = str(Path(repo).expanduser().absolute())
    finish(_trust(folder, revoke=revoke, yes=yes, as_json=as_json))


async def _trust(folder: str, *, revoke: bool, yes: bool, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        if revoke:
            answer = await client.call("trust.revoke", repo=folder)
            if as_json:
                report.out_json(answer)
            else:
                was = answer["revoked"]
                report.say("It is trusted no longer." if was else "It was not trusted.")
            return ExitStatus.DONE
        standing = await client.call("trust.show", repo=folder)
        if standing["problem"] and not as_json:
            raise RefusedError(standing["problem"])
        if not as_json:
            _show(standing)
        if standing["needs_trust"] and _agrees(yes=yes, as_json=as_json):
            known_by = standing["hash"]
            standing = await client.call("trust.grant", repo=folder, hash=known_by)
            if not as_json:
                report.say("It is trusted as it is now.")
    if as_json:
        report.out_json(standing)
        return ExitStatus.DONE
    return ExitStatus.REFUSED if standing["needs_trust"] else ExitStatus.DONE


def _agrees(*, yes: bool, as_json: bool) -> bool:
    if yes or as_json:
        return yes
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        report.say("It is not trusted. With --yes it is, without being asked.")
        return False
    return report.agreed("Trust it, so that these commands run as you?")


def _show(standing: dict[str, Any]) -> None:
    state = "trusted" if standing["trusted"] else "not trusted"
    if not standing["exists"]:
        state = f"has no {standing['file']}"
    elif not standing["needs_trust"] and not standing["trusted"]:
        state = "runs nothing, so it needs no trust"
    report.out(report.plain(f"{standing['repo']}: {state}"))
    for part, when in _PARTS:
        for command in standing[part]:
            name = command["name"]
            label = "" if name == command["command"] else f"  ({name})"
            report.out(report.plain(f"  {when:<24} {command['command']}{label}"))
    for rule in standing["reviews"]:
        report.out(report.plain(f"  {'as a reviewer':<24} {rule}"))
    for name, value in standing["env"].items():
        report.out(report.plain(f"  {'as a variable':<24} {name}={value}"))
    if standing["submodules"]:
        report.out(
            f"  {'in each worktree':<24} git submodule update --init --recursive"
        )
    if standing["changes"]:
        report.out("  changed since it was trusted:")
        for line in standing["changes"]:
            report.out(report.plain(f"    {line}"))
