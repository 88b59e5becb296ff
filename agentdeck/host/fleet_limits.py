"""Limits against agents that start agents without end, by MCP.

A session that an agent started knows its parent and its depth: a person's own is 0 deep,
one that an agent or any other program started by MCP is one deeper than who started it.
The host itself finds out who asks, by the process at the other end of the socket; what
the client says counts only where that leads to no session.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass

import psutil

from agentdeck.config.paths import Paths
from agentdeck.config.settings import McpSettings
from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Session
from agentdeck.host.session_files import read_json
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import Supervisor
from agentdeck.rpc.messages import CreateSession

CALLER_PID: ContextVar[int] = ContextVar("caller_pid", default=0)
"""The process of the client whose request is dealt with; 0 where nobody can tell."""

_SESSION_ID = "AGENTDECK_SESSION_ID"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who starts a session: another session, or a program outside of all."""

    parent: str = ""
    depth: int = 1


class FleetLimits:
    """Refuses what would be too deep or too many."""

    def __init__(
        self,
        paths: Paths,
        sessions: Sessions,
        supervisor: Supervisor,
        settings: McpSettings,
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._supervisor = supervisor
        self._settings = settings

    async def origin_of(self, request: CreateSession) -> Origin:
        """Who asks for a session by MCP."""
        runners = {}
        for session in self._sessions:
            live = self._supervisor.live(session.id)
            if live is not None and live.runner_pid is not None:
                runners[live.runner_pid] = str(session.id)
        found = await asyncio.to_thread(_session_around, CALLER_PID.get(), runners)
        parent = self._sessions.find(found or request.parent)
        if parent is None:
            return Origin()
        return Origin(str(parent.id), parent.depth + 1)

    async def request_from(
        self, request: CreateSession, origin: Origin
    ) -> CreateSession:
        """The request with the parent's environment below what the client gave.

        Agents start MCP servers with few variables; their children need the others.
        """
        if not origin.parent:
            return request
        file = self._paths.session_dir(origin.parent) / "env.json"
        theirs = await asyncio.to_thread(read_json, file)
        return request.model_copy(update={"env": {**(theirs or {}), **request.env}})

    def admit(self, origin: Origin) -> None:
        """Let a session be started, or say why not.

        Raises:
            RefusedError: If it were too deep, or one too many.
        """
        deepest, most = self._settings.max_depth, self._settings.max_sessions
        if origin.depth > deepest:
            parent = self._sessions.find(origin.parent)
            name = parent.name if parent is not None else "the session"
            raise RefusedError(
                f"{name} may start no session: it was itself started by an agent, and "
                f"`mcp.max_depth` is {deepest}. Do the work in {name}, or report what "
                "is left to do."
            )
        running = sum(_counts(session) for session in self._sessions)
        if running >= most:
            raise RefusedError(
                f"{running} sessions that agents started are not over, and "
                f"`mcp.max_sessions` is {most}. Wait for one, or stop one."
            )

    def check_may_merge(self) -> None:
        """Refuse a merge by MCP unless the settings allow it.

        Raises:
            RefusedError: If they do not.
        """
        if not self._settings.merge:
            raise RefusedError(
                "Merging by MCP is off. A person merges, or sets `merge = true` under "
                "[mcp] in AgentDeck's settings."
            )


def _counts(session: Session) -> bool:
    return session.depth > 0 and not session.is_over


def _session_around(pid: int, runners: dict[int, str]) -> str:
    """The session in which a process runs, by its ancestors or by its environment."""
    if not pid:
        return ""
    try:
        process = psutil.Process(pid)
        around = [process.pid, *(each.pid for each in process.parents())]
    except psutil.Error:
        return ""
    for each in around:
        if each in runners:
            return runners[each]
    try:
        return process.environ().get(_SESSION_ID, "")
    except (psutil.Error, OSError):
        return ""
