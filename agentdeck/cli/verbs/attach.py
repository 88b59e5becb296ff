"""`agentdeck attach`: the app, open on one session."""

from __future__ import annotations

import asyncio

from agentdeck.cli.lazy import verb
from agentdeck.cli.open_app import need_terminal, open_app
from agentdeck.cli.selection import OneName, session_called
from agentdeck.config.paths import paths_from_environment


@verb("attach fix-login")
def attach(name: OneName) -> None:
    """Open the app on one session, its terminal in full size."""
    session_id = asyncio.run(_session_id(name))
    need_terminal()
    open_app(attach=session_id)


async def _session_id(name: str) -> str:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        return (await session_called(client, name)).id
