"""`agentdeck agents`: the agents there are, and the custom agents of a repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import paths_from_environment


@verb("agents", "agents --custom", "agents --json")
def agents(
    custom: Annotated[
        bool,
        typer.Option("--custom", help="List the custom agents of this repository."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the agents: installed, version, what works with each, permission modes.

    With --custom, the roles in .github/agents, .claude/agents, your own folders and
    those of the settings; a file that cannot be used is listed with its error.
    """
    finish(_agents(custom=custom, as_json=as_json))


async def _agents(*, custom: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        answer = await client.call(
            "agents.list",
            repo=str(_repository()),
            versions=not custom,
            path=os.environ.get("PATH"),
        )
    if as_json:
        report.out_json(answer["custom"] if custom else answer["agents"])
    elif custom:
        _print_custom(answer["custom"])
    else:
        for row in answer["agents"]:
            _print_agent(row)


def _repository() -> Path:
    here = Path.cwd()
    return next((at for at in (here, *here.parents) if (at / ".git").exists()), here)


def _print_agent(row: dict[str, Any]) -> None:
    version = row["version"] or ("installed" if row["installed"] else "not installed")
    colour = "green" if row["installed"] else "dim"
    works = ", ".join(name for name, is_so in row["works"].items() if is_so)
    name = report.paint(f"{row['name']:<10}", colour)
    report.out(f"{name} {report.plain(version):<26} {works}")
    if row["modes"]:
        report.out(f"{'':<10} {'':<26} modes: {report.plain(', '.join(row['modes']))}")


def _print_custom(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["error"]:
            report.out(report.paint(report.plain(f"! {row['error']}"), "red"))
            continue
        hidden = "" if row["user_invocable"] else "  (not for people)"
        report.out(report.plain(f"{row['name']}  {row['description']}{hidden}"))
        report.out(report.plain(f"  {row['origin']}: {row['path']}"))
        for agent, lost in row["not_expressed"].items():
            if lost:
                report.out(
                    report.plain(f"  {agent} does not follow: {', '.join(lost)}")
                )
    if not rows:
        report.say(
            "No custom agents. They live in .github/agents and .claude/agents, here "
            "and in your home folder."
        )
