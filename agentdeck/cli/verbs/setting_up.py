"""`agentdeck setup`: how a worktree was made ready, and doing it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.following import follow_output
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import AsJson, OneName, finish, session_called
from agentdeck.cli.table import told
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.checks import SetupState
from agentdeck.core.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

WAIT_S = 30


@verb("setup fix-login --log", "setup fix-login --rerun")
def setup(
    name: OneName,
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Bring the files and run the setup again.")
    ] = False,
    log: Annotated[
        bool, typer.Option("--log", help="Print what the setup printed, to its end.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End the setup that runs now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say how a session's setup went, print its log, or run it again.

    The status is 1 if it failed.
    """
    if rerun and cancel:
        raise UsageError("Give --rerun or --cancel, not both.")
    finish(_setup(name, rerun=rerun, log=log, cancel=cancel, as_json=as_json))


async def _runs(client: HostClient, session_id: str) -> bool:
    answer = await client.call("session.setup_state", id=session_id, wait_s=WAIT_S)
    return bool(answer["running"])


async def _setup(
    name: str, *, rerun: bool, log: bool, cancel: bool, as_json: bool
) -> int:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        if rerun or cancel:
            words = {"ids": [session.id], "cancel": cancel}
            answer = await client.call("session.setup", **words)
            status = report.status_of_results(answer["results"])
            if status:
                return report.report_results(answer["results"], "", as_json=as_json)
        if (log or rerun) and not as_json:
            await follow_output(client, session.id, "setup", follow=True)
        while rerun and await _runs(client, session.id):
            pass
        session = await session_called(client, session.id)
    if as_json:
        report.out_json(
            {
                "name": session.name,
                "setup": session.setup.value,
                "note": session.setup_note,
            }
        )
    elif not log:
        said = told(session.setup, session.setup_note) or "there was nothing to run"
        report.out(report.plain(f"{session.name}  {said}"))
    return ExitStatus.FAILED if session.setup is SetupState.FAILED else ExitStatus.DONE
