"""Conflicts with the base: handed to the session's agent, or to a person; and updates.

A session is *resolving* from the moment its agent has the task until a merge with its
base would be clean.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentdeck.agents.registry import Registry
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.resolving import Way, resolve_prompt
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.git.overlaps import Overlaps
from agentdeck.git.repository import open_repository
from agentdeck.git.updates import begin_merge, conflicts_with, tips, update
from agentdeck.host.creation import COMMAND_AGENT
from agentdeck.host.landing import Landing
from agentdeck.host.outbox import Outbox
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)


class Resolver:
    """Sees to it that conflicts with the base get settled."""

    def __init__(
        self,
        sessions: Sessions,
        registry: Registry,
        outbox: Outbox,
        landing: Landing,
        scratch: Path,
    ) -> None:
        self._sessions = sessions
        self._registry = registry
        self._outbox = outbox
        self._landing = landing
        self._scratch = scratch
        self._looks: dict[str, asyncio.Task[None]] = {}
        self.resume: Callable[[Session], None] = lambda _: None
        """Starts the agent of a session that is over."""
        self.refresh: Callable[[str], None] = lambda _: None

    async def hand_over(self, session: Session, way: Way) -> dict[str, Any]:
        """Give a session's agent the task to settle its conflicts with the base.

        The task waits for the end of the agent's turn; a session that is over is
        resumed.

        Raises:
            RefusedError: If there is no conflict, or nobody to settle it.
        """
        require_worktree(session, "resolves")
        if session.phase is Phase.QUEUED:
            raise RefusedError(f"{session.name} has not started.")
        if session.agent == COMMAND_AGENT:
            raise RefusedError(
                f"{session.name} runs a command, which takes no tasks. Settle it by "
                f"hand: `agentdeck resolve {session.name} --here`."
            )
        files, text = await asyncio.to_thread(self._conflicts, session)
        if not files:
            raise RefusedError(
                f"{session.name} does not conflict with {session.base}."
                f" `agentdeck update {session.name}` brings it up to it."
            )
        prompt = resolve_prompt(session.base, session.branch, files, text, way)
        now = self._sessions.session(session.id)
        if now.is_over:
            queued = (*now.queued, prompt)
            self._sessions.change(now.id, queued=queued, resolving=session.base)
            self.resume(self._sessions.session(session.id))
        else:
            self._outbox.add(now, prompt)
            self._sessions.change(session.id, resolving=session.base)
        return {"files": list(files), "base": session.base}

    async def update(self, session: Session, way: Way) -> dict[str, Any]:
        """Bring a session up to its base, if its agent rests and it is clean.

        Raises:
            RefusedError: If its agent is at work, or git refuses; nothing changed.
        """
        _require_rest(session)
        async with self._landing.lock(session.repo):
            commit = await asyncio.to_thread(_update, session, way)
        self.refresh(session.id)
        return {"commit": commit, "base": session.base}

    async def begin_here(self, session: Session) -> dict[str, Any]:
        """Begin a merge of the base in a session's worktree, for a person to settle.

        Raises:
            RefusedError: If its agent is at work, or there is nothing to merge.
        """
        _require_rest(session)
        async with self._landing.lock(session.repo):
            files = await asyncio.to_thread(_begin, session)
        self._sessions.change(session.id, resolving=session.base)
        self.refresh(session.id)
        return {"worktree": session.worktree, "files": files, "base": session.base}

    def look(self, session_id: str) -> None:
        """See whether a session that is resolving is done."""
        session = self._sessions.find(session_id)
        if session is None or not session.resolving or session_id in self._looks:
            return
        task = asyncio.create_task(self._look(session), name="resolving")
        self._looks[session_id] = task
        task.add_done_callback(lambda _: self._looks.pop(session_id, None))

    async def close(self) -> None:
        """Look no more."""
        for task in (tasks := list(self._looks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, session: Session) -> None:
        try:
            is_open = await asyncio.to_thread(_is_open, session)
        except (AgentDeckError, OSError) as error:
            logger.info("conflict_not_seen: %s", error)
            return
        now = self._sessions.find(session.id)
        if now is not None and now.resolving and not is_open:
            self._sessions.put(replace(now, resolving="", unread=True))

    def _conflicts(self, session: Session) -> tuple[tuple[str, ...], str]:
        repository = open_repository(Path(session.repo))
        files = conflicts_with(repository, session.branch, session.base)
        if not files:
            return (), ""
        at = tips(repository, session.branch, session.base)
        text = Overlaps(repository, self._scratch).text(at.head, at.base)
        named = text.replace(at.head, session.branch).replace(at.base, session.base)
        return files, named


def _require_rest(session: Session) -> None:
    if session.is_review:
        raise RefusedError(
            f"{session.name} is a review of one commit; its files stay as they are."
        )
    require_worktree(session, "merges")
    rests = session.phase is Phase.RUNNING and session.activity is Activity.IDLE
    if session.phase is Phase.QUEUED or (session.is_live and not rests):
        raise RefusedError(
            f"{session.name} is at work, so its files were left alone. Wait until its "
            "turn is over."
        )


def _update(session: Session, way: Way) -> str:
    repository = open_repository(Path(session.repo))
    worktree = Path(session.worktree)
    return update(repository, worktree, session.branch, session.base, way)


def _begin(session: Session) -> list[str]:
    repository = open_repository(Path(session.repo))
    return begin_merge(repository, Path(session.worktree), session.branch, session.base)


def _is_open(session: Session) -> bool:
    repository = open_repository(Path(session.repo))
    return bool(conflicts_with(repository, session.branch, session.base))
