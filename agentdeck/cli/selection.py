"""Which sessions a verb acts on: names, `--filter` or `--all`; the shared options."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.session import Session

if TYPE_CHECKING:
    from agentdeck.rpc.client import HostClient

COMPLETION_TIMEOUT_S = 0.5
"""A shell that waits for Tab is worse than one without names."""


def complete_names(incomplete: str) -> list[str]:
    """The names that a shell may complete; none where no host runs."""
    try:
        return asyncio.run(_names(incomplete))
    except (AgentDeckError, OSError, TimeoutError):
        return []


async def _names(incomplete: str) -> list[str]:
    from agentdeck.rpc.client import connected

    async with (
        asyncio.timeout(COMPLETION_TIMEOUT_S),
        connected(paths_from_environment(), start=False) as client,
    ):
        listed = await client.call("session.list", filter="", everything=True)
    names = [str(session["name"]) for session in listed["sessions"]]
    return [name for name in names if name.startswith(incomplete)]


Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="Sessions by name, id or unique prefix.",
        show_default=False,
        autocompletion=complete_names,
    ),
]
OneName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A session by name, id or unique prefix.",
        autocompletion=complete_names,
    ),
]
FilterQuery = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="QUERY",
        help="Sessions that a query selects, such as 's:idle agent:codex ahead:>0', "
        "or '@name' for a saved one.",
        show_default=False,
    ),
]
AllSessions = Annotated[
    bool, typer.Option("--all", help="All sessions that are not archived.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def finish(work: Coroutine[Any, Any, int | None]) -> None:
    """Do a verb's work and end with the exit status that it gives."""
    status = asyncio.run(work)
    if status:
        raise typer.Exit(int(status))


async def list_sessions(
    client: HostClient, query: str = "", *, archived: bool = False
) -> tuple[list[Session], list[dict[str, Any]]]:
    """The sessions that a query selects, as values and as the host sent them.

    Args:
        client: The connection.
        query: The filter; an empty one selects all.
        archived: Archived ones too, whatever the query.
    """
    from agentdeck.rpc.wire import session_from_wire

    answer = await client.call("session.list", filter=query, everything=archived)
    wire: list[dict[str, Any]] = answer["sessions"]
    return [session_from_wire(values) for values in wire], wire


async def select(
    client: HostClient,
    names: Sequence[str] | None,
    query: str | None = None,
    *,
    everything: bool = False,
) -> list[Session]:
    """The sessions that a person means.

    Raises:
        UsageError: If none are named, or in two ways at once.
        NoSuchSessionError: If a name means no session.
    """
    from agentdeck.core.naming import sessions_named

    check_selection(names, query, everything=everything)
    sessions, _ = await list_sessions(client, query or "", archived=bool(names))
    return sessions_named(names, sessions) if names else sessions


def check_selection(
    names: Sequence[str] | None, query: str | None, *, everything: bool
) -> None:
    """Make sure that sessions are named in exactly one way.

    Raises:
        UsageError: If they are not.
    """
    ways = bool(names) + (query is not None) + everything
    if ways == 0:
        raise UsageError(
            "Which session? Give its name (`agentdeck ls` lists them), "
            "--filter QUERY or --all."
        )
    if ways > 1:
        raise UsageError("Give names, or --filter QUERY, or --all: only one of them.")


async def session_called(client: HostClient, name: str) -> Session:
    """The one session that a name means.

    Raises:
        NoSuchSessionError: If it means none.
    """
    return (await select(client, [name]))[0]


def now() -> datetime:
    """The time, for ages."""
    return datetime.now(UTC)
