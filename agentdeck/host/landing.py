"""Merges and discards: what becomes of a session's branch in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Phase, Session
from agentdeck.git.discards import discard
from agentdeck.git.merges import MergeResult, merge
from agentdeck.git.repository import open_repository
from agentdeck.host.session_files import mark_discarded
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.messages import MergeSessions


class Landing:
    """Merges sessions into a base, and discards them; one at a time a repository."""

    def __init__(
        self, paths: Paths, sessions: Sessions, refresh: Callable[[str], None]
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._refresh = refresh
        self._locks: dict[str, asyncio.Lock] = {}

    async def merge(self, session: Session, request: MergeSessions) -> dict[str, Any]:
        """Merge a session's branch on top of what was merged before.

        Raises:
            RefusedError: If it has nothing to merge, conflicts, or the base's
                checkout is not clean. Nothing was changed then.
        """
        if session.phase in (Phase.QUEUED, Phase.PREPARING):
            raise RefusedError(
                f"{session.name} has not started, so there is nothing to merge."
            )
        async with self._lock(session.repo):
            done = await asyncio.to_thread(_merge, session, request)
        self._sessions.change(
            session.id,
            merged_into=done.into,
            merged_commit=done.commit,
            merged_head=done.head,
        )
        data: dict[str, object] = {"into": done.into, "commit": done.commit}
        self._sessions.tell(EventKind.SESSION_MERGED, session.id, data)
        self._refresh(session.id)
        return dict(data)

    async def discard(self, session: Session) -> dict[str, Any]:
        """Remove a session that is over, with its worktree and branch.

        Its commits and uncommitted files are kept under a hidden ref.

        Raises:
            RefusedError: If its agent still runs.
        """
        if session.is_live:
            raise RefusedError(
                f"{session.name} still runs. Stop it first: "
                f"`agentdeck stop {session.name}`."
            )
        kept = ""
        if session.phase is not Phase.QUEUED:
            async with self._lock(session.repo):
                kept = await asyncio.to_thread(_discard, session)
        self._sessions.remove(session.id)
        await asyncio.to_thread(mark_discarded, self._paths, session, kept)
        return {"kept": kept}

    def _lock(self, repo: str) -> asyncio.Lock:
        return self._locks.setdefault(repo, asyncio.Lock())


def _merge(session: Session, request: MergeSessions) -> MergeResult:
    repository = open_repository(Path(session.repo))
    into = request.into or session.base
    return merge(
        repository,
        session.branch,
        into,
        strategy=request.strategy,
        message=request.message or _message(session, request.strategy, into),
    )


def _message(session: Session, strategy: str, into: str) -> str:
    if strategy == "squash":
        return session.title
    return f"Merge branch '{session.branch}' into {into}\n\n{session.title}"


def _discard(session: Session) -> str:
    repository = open_repository(Path(session.repo))
    worktree = Path(session.worktree)
    return discard(repository, worktree, session.branch, session.id)
