"""`agentdeck turns` and `rewind`: the states of a session, and the way to each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, now, session_called
from agentdeck.cli.table import age
from agentdeck.config.paths import paths_from_environment


@verb("turns fix-login", "turns fix-login --auto-commit")
def turns(
    name: OneName,
    auto_commit: Annotated[
        bool | None,
        typer.Option(
            "--auto-commit/--no-auto-commit",
            help="Commit at the end of each turn from now on, or not.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List a session's commits and checkpoints, and what going back left behind."""
    finish(_turns(name, auto_commit, as_json=as_json))


@verb("rewind fix-login 2", "rewind fix-login k1")
def rewind(
    name: OneName,
    turn: Annotated[
        str,
        typer.Argument(
            metavar="TURN", help="A number that `turns` lists, or a commit."
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Also while its agent is at work.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put worktree and branch back to a turn; what is left behind is kept.

    Commits, uncommitted and untracked files that it leaves become a turn of their
    own (k1, k2, …) for 30 days; `undo` brings them back. Ignored files stay.
    """
    finish(_rewind(name, turn, force=force, as_json=as_json))


async def _turns(name: str, auto_commit: bool | None, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        if auto_commit is not None:
            answer = await client.call(
                "session.auto_commit", ids=[session.id], on=auto_commit
            )
            report.report_results(answer["results"], "", as_json=False)
        answer = await client.call("session.turns", id=session.id)
    if as_json:
        report.out_json(answer)
        return
    word = "commits" if answer["auto_commit"] else "does not commit"
    report.say(f"{session.name}: the end of a turn {word}.")
    if answer["note"]:
        report.say(answer["note"])
    for turn in answer["turns"]:
        report.out(_line(turn))


def _line(turn: dict[str, Any]) -> str:
    here = "→" if turn["current"] else " "
    number = f"turn {turn['turn']}" if turn["turn"] else ""
    ago = age(datetime.fromisoformat(turn["at"]), now())
    lines = f"+{turn['added']} -{turn['removed']}" if turn["files"] else ""
    subject = turn["subject"]
    if turn["kind"] == "start":
        subject = f"where it started: {subject}"
    elif turn["kind"] == "left":
        more = " and uncommitted work" if turn["files"] else ""
        subject = f"left behind: {subject}{more}"
    head = f"{here} {turn['id']:>3}  {turn['commit'][:8]}  {ago:>4}  {number:<8}"
    return report.plain(f"{head}  {lines:<12}  {subject}").rstrip()


async def _rewind(name: str, turn: str, *, force: bool, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        done = await client.call(
            "session.rewind", id=session.id, turn=turn, force=force
        )
    if as_json:
        report.out_json(done)
        return
    text = f"{session.name} is at {done['turn']}: {done['subject']}"
    report.out(report.plain(text))
    if done["kept"]:
        number = done["kept"].rsplit("/", 1)[1]
        report.say(f"What it left is kept as k{number}; `agentdeck undo` goes back.")
