"""The demo: a small real repository and six sessions of the scripted agent on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agentdeck.agents.scripted_program import STEPS_VARIABLE
from agentdeck.core.session import Session
from agentdeck.git.seeding import make_repository
from agentdeck.host.demo_scripts import FILES, SCRIPTS
from agentdeck.rpc.messages import CreateSession
from agentdeck.rpc.wire import session_to_wire

Create = Callable[[CreateSession], Awaitable[Session]]


async def start_demo(folder: Path, create: Create) -> dict[str, Any]:
    """Make the repository in a folder and start the six sessions.

    Raises:
        AgentDeckError: If the folder cannot be written or has a repository already.
    """
    repo = folder / "orchard"
    await asyncio.to_thread(make_repository, repo, FILES, "Orchard, a small web shop")
    sessions = []
    for script in SCRIPTS:
        request = CreateSession(
            repo=str(repo),
            agent="scripted",
            title=script.title,
            prompt=script.prompt,
            env={**os.environ, STEPS_VARIABLE: script.steps},
        )
        sessions.append(session_to_wire(await create(request)))
    return {"repo": str(repo), "sessions": sessions}
