"""`agentdeck demo`: six scripted sessions on a repository made for them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from agentdeck.cli import report
from agentdeck.cli.demo_folder import (
    DemoFolder,
    living_demo,
    make_demo,
    remember,
    remove,
)
from agentdeck.cli.lazy import verb
from agentdeck.cli.open_app import need_terminal, open_app
from agentdeck.cli.selection import AsJson
from agentdeck.config.paths import paths_from_environment

STOP_TIMEOUT_S = 20.0


@verb("demo", "demo --fresh", "demo --stop")
def demo(
    fresh: Annotated[
        bool, typer.Option("--fresh", help="A new one, in place of one there is.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop it and remove all that it made.")
    ] = False,
    no_app: Annotated[
        bool, typer.Option("--no-app", help="Start it without opening the app.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """See AgentDeck at work on a small repository, apart from your own sessions."""
    person = paths_from_environment()
    found = living_demo(person)
    opens_app = not (stop or no_app or as_json)
    if opens_app:
        need_terminal()
    if found is not None and (stop or fresh):
        asyncio.run(_stop(found))
        remove(person, found)
    if stop:
        _tell_stopped(found, as_json=as_json)
        return
    if found is None or fresh:
        found, answer = _start()
        remember(person, found)
    else:
        found.enter()
        answer = asyncio.run(_sessions(found))
    if opens_app:
        open_app(
            paths=found.paths,
            note=f"A demo in {found.folder}. `agentdeck demo --stop` removes it.",
        )
    else:
        _print(found, answer, as_json=as_json)


def _start() -> tuple[DemoFolder, dict[str, Any]]:
    """Make a demo, or leave nothing behind."""
    made = make_demo()
    made.enter()
    try:
        return made, asyncio.run(_begin(made))
    except BaseException:
        asyncio.run(_stop(made))
        made.delete()
        raise


async def _begin(demo_folder: DemoFolder) -> dict[str, Any]:
    from agentdeck.rpc.client import connected

    async with connected(demo_folder.paths) as client:
        answer: dict[str, Any] = await client.call(
            "demo.start", folder=str(demo_folder.folder)
        )
    return answer


async def _sessions(demo_folder: DemoFolder) -> dict[str, Any]:
    from agentdeck.rpc.client import connected

    async with connected(demo_folder.paths) as client:
        answer: dict[str, Any] = await client.call("session.list", filter="")
    return answer


async def _stop(demo_folder: DemoFolder) -> None:
    """Stop the demo's agents and its host; a host is started to find the agents."""
    from agentdeck.cli.verbs.host import stop_host
    from agentdeck.cli.waiting import settled
    from agentdeck.rpc.client import connected

    demo_folder.enter()
    async with asyncio.timeout(STOP_TIMEOUT_S), connected(demo_folder.paths) as client:
        answer = await client.call("session.list", filter="")
        ids = [session["id"] for session in answer["sessions"]]
        if ids:
            await client.call("session.stop", ids=ids, force=True)
    async with asyncio.timeout(STOP_TIMEOUT_S):
        await settled(demo_folder.paths, ids, is_done=lambda s: not s.is_live)
    with demo_folder.set_state_aside():
        await stop_host(demo_folder.paths)


def _tell_stopped(found: DemoFolder | None, *, as_json: bool) -> None:
    folder = str(found.folder) if found else None
    if as_json:
        report.out_json({"stopped": found is not None, "folder": folder})
    elif found:
        report.out(f"The demo in {folder} is stopped and removed.")
    else:
        report.say("There is no demo to stop.")


def _print(found: DemoFolder, answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        place = {"folder": str(found.folder), "home": str(found.home)}
        report.out_json({**place, "repo": answer.get("repo"), **answer})
        return
    sessions = answer["sessions"]
    report.out(f"A demo with {len(sessions)} sessions works in {found.folder}")
    report.out(f"  open it:    AGENTDECK_HOME={found.home} agentdeck")
    report.out(f"  list it:    AGENTDECK_HOME={found.home} agentdeck ls")
    report.out("  remove it:  agentdeck demo --stop")
