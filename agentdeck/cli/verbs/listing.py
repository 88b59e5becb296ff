"""`agentdeck pin`, `unpin`, `folder`, `move`, `archive` and `unarchive`."""

from __future__ import annotations

from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.many import Request, act_on_many
from agentdeck.cli.selection import (
    AllSessions,
    AsJson,
    FilterQuery,
    Names,
    OneName,
    complete_names,
    finish,
    session_called,
)
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import UsageError


@verb("pin fix-login")
def pin(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Keep sessions on top of every list."""
    request = Request("session.pin", "pinned", {"pinned": True})
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb("unpin fix-login", "unpin --filter is:pinned")
def unpin(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Let pinned sessions take their usual places."""
    request = Request("session.pin", "unpinned", {"pinned": False})
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb('folder fix-login fix-logout "The login"', "folder --none fix-login")
def folder(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME... FOLDER",
            help="Sessions, and last the folder to put them in.",
            autocompletion=complete_names,
        ),
    ],
    filter_query: FilterQuery = None,
    none: Annotated[
        bool, typer.Option("--none", help="Take them out of their folders.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put sessions into a folder of the list. Nothing moves on the disk."""
    names, name = (words, "") if none else (words[:-1], words[-1].strip())
    if filter_query is None and not names:
        raise UsageError(
            'Which session, which folder? Such as: agentdeck folder fix-login "The login".'
        )
    if not none and not name:
        raise UsageError("A folder needs a name; --none takes sessions out.")
    done = "in folder {folder}" if name else "in no folder"
    request = Request("session.file", done, {"folder": name})
    finish(act_on_many(request, names, filter_query, as_json=as_json))


@verb("archive fix-login", "archive --filter 'is:merged age:>7d'")
def archive(
    names: Names = None,
    filter_query: FilterQuery = None,
    everything: AllSessions = False,
    as_json: AsJson = False,
) -> None:
    """Leave sessions that are over out of lists; all of them stays as it is."""
    request = Request("session.archive", "archived", {"archived": True})
    finish(
        act_on_many(
            request, names, filter_query, everything=everything, as_json=as_json
        )
    )


@verb("unarchive fix-login", "unarchive --filter is:archived")
def unarchive(
    names: Names = None, filter_query: FilterQuery = None, as_json: AsJson = False
) -> None:
    """Show archived sessions again."""
    request = Request("session.archive", "back in the list", {"archived": False})
    finish(act_on_many(request, names, filter_query, as_json=as_json))


@verb("move fix-login --first", "move fix-login --up")
def move(
    name: OneName,
    up: Annotated[bool, typer.Option("--up", help="One place up.")] = False,
    down: Annotated[bool, typer.Option("--down", help="One place down.")] = False,
    first: Annotated[bool, typer.Option("--first", help="To the front.")] = False,
    last: Annotated[bool, typer.Option("--last", help="To the end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Move a session in the order of the list; one that waits starts earlier or later."""
    wishes = {"up": up, "down": down, "first": first, "last": last}
    chosen = [where for where, is_meant in wishes.items() if is_meant]
    if len(chosen) != 1:
        raise UsageError("Give one of --up, --down, --first and --last.")
    finish(_move(name, chosen[0], as_json=as_json))


async def _move(name: str, where: str, *, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        answer = await client.call("session.move", id=session.id, where=where)
    if as_json:
        report.out_json(answer["session"])
    else:
        report.out(report.plain(f"{session.name}  moved {where}"))
