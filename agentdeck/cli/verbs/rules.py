"""`agentdeck rules`: what is answered without a person, what would be, and what was."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, Names, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError


@verb("rules", "rules --dry-run", "rules --log", "rules fix-login --on")
def rules(
    names: Names = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="What the rules would answer to past questions."
        ),
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="What the rules have answered.")
    ] = False,
    on: Annotated[
        bool, typer.Option("--on", help="Let rules answer in these sessions.")
    ] = False,
    off: Annotated[
        bool, typer.Option("--off", help="Let no rule answer in these sessions.")
    ] = False,
    as_set: Annotated[
        bool, typer.Option("--as-set", help="Do as the settings say in them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the rules that answer permissions, or switch them for sessions.

    They are in the settings, as [[answers.rules]], and off until `answers.automatic`
    or --on.
    """
    if sum((on, off, as_set, dry_run, log)) > 1:
        raise UsageError("Give one of --dry-run, --log, --on, --off and --as-set.")
    if bool(names) != (on or off or as_set):
        raise UsageError("--on, --off and --as-set need sessions, and only they do.")
    if names:
        finish(_switch(names, None if as_set else on))
    elif dry_run or log:
        finish(_past("rehearse" if dry_run else "log", as_json))
    else:
        finish(_list(as_json))


async def _switch(names: list[str], automatic: bool | None) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        ids = [(await session_called(client, name)).id for name in names]
        await client.call("session.rules", ids=ids, automatic=automatic)
    return 0


async def _past(what: str, as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        rows: list[dict[str, Any]] = (await client.call(f"rules.{what}"))["answers"]
    if as_json:
        report.out_json(rows)
        return 0
    for row in reversed(rows):
        answer = f"{row['action']} by {row['by']}" if row["action"] else "a person"
        failed = f", not done: {row['error']}" if row.get("error") else ""
        line = f"{row['at'][:19]}  {row['name']}: {row['asked']} → {answer}{failed}"
        report.out(report.plain(line))
    if not rows:
        report.say(
            "No question is on record."
            if what == "rehearse"
            else "No rule has answered."
        )
    return 0


async def _list(as_json: bool) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        told = await client.call("rules.list")
    if as_json:
        report.out_json(told)
        return 0
    for rule in told["rules"]:
        where = " ".join(
            (rule["agent"] or "any agent", "in", rule["repository"] or "any repository")
        )
        report.out(report.plain(f"{rule['number']}. {where}"))
        for word in ("allow", "deny"):
            for pattern in rule[word]:
                report.out(report.plain(f"   {word:<5}  {pattern}"))
    if not told["rules"]:
        report.say("There are no rules. [[answers.rules]] in the settings makes one.")
    state = "on" if told["automatic"] else "off"
    report.say(f"Rules are {state} where a session does not say otherwise.")
    for session in told["sessions"]:
        state = "on" if session["on"] else "off"
        report.out(report.plain(f"{state:<3} in {session['name']}"))
    return 0
