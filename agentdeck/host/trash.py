"""Discarded sessions: what is kept of them, brought back, and gone after 30 days."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, RefusedError
from agentdeck.core.session import Phase, Session
from agentdeck.git.carrying import forget as forget_carried
from agentdeck.git.discards import discard, forget, restore
from agentdeck.git.errors import BranchMissingError
from agentdeck.git.repository import open_repository
from agentdeck.host.landing import Landing
from agentdeck.host.session_files import (
    KEPT_DISCARDED_S,
    inbox_of,
    mark_discarded,
    read_json,
)
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.wire import session_from_wire

logger = logging.getLogger(__name__)

DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Discarded:
    """A session in the trash."""

    session: Session
    at: float
    kept: str
    """The ref of its work; empty if it had never started."""
    group: str
    """The same for all that one request discarded."""


class Trash:
    """Discards sessions and brings them back."""

    def __init__(self, paths: Paths, sessions: Sessions, landing: Landing) -> None:
        self._paths = paths
        self._sessions = sessions
        self._landing = landing
        self.before: Callable[[Session], Awaitable[None]] = _nothing
        """Ends what runs in a session's worktree, before that goes."""
        self.refill: Callable[[Session], None] = lambda _: None
        """Brings the ignored files into a worktree that is back. Blocks."""

    async def discard(self, session: Session, group: str) -> dict[str, Any]:
        """Remove a session that is over, with its worktree and branch.

        Its commits and uncommitted files are kept under a hidden ref. Of one in the
        person's own checkout only the row goes.

        Raises:
            RefusedError: If its agent still runs.
        """
        if session.is_live:
            raise RefusedError(
                f"{session.name} still runs. Stop it first: "
                f"`agentdeck stop {session.name}`."
            )
        await self.before(session)
        # What ended just now is on the session that comes back.
        session = self._sessions.session(session.id)
        kept = ""
        if session.phase is not Phase.QUEUED and not session.in_checkout:
            async with self._landing.lock(session.repo):
                kept = await asyncio.to_thread(_discard, session)
        self._sessions.remove(session.id)
        await asyncio.to_thread(mark_discarded, self._paths, session, kept, group)
        return {"kept": kept}

    async def listed(self) -> list[Discarded]:
        """What is in the trash, the newest first."""
        return await asyncio.to_thread(_listed, self._paths)

    async def restore(self, session_id: str) -> dict[str, Any]:
        """Bring a discarded session back exactly: branch, worktree, files, row.

        Raises:
            NoSuchSessionError: If it is not in the trash.
            RefusedError: If its branch or folder exists again.
        """
        found = [e for e in await self.listed() if e.session.id == session_id]
        if not found:
            raise NoSuchSessionError(f"There is no {session_id!r} in the trash.")
        entry = found[0]
        async with self._landing.lock(entry.session.repo):
            await asyncio.to_thread(_restore, self._paths, entry)
            await asyncio.to_thread(self.refill, entry.session)
        self._sessions.put(entry.session)
        return {"branch": entry.session.branch}

    async def expire(self, older_than_s: float = KEPT_DISCARDED_S) -> list[Discarded]:
        """Remove for good what was discarded longer ago; says what.

        Git itself removes the objects when it next cleans up.
        """
        limit = time.time() - older_than_s
        old = [each for each in await self.listed() if each.at <= limit]
        gone = []
        for entry in old:
            try:
                await asyncio.to_thread(_remove, self._paths, entry)
            except (AgentDeckError, OSError) as error:
                logger.warning("trash_not_removed: %s", error)
            else:
                gone.append(entry)
        return gone


async def _nothing(_: Session) -> None:
    pass


def to_wire(entry: Discarded) -> dict[str, Any]:
    """An entry as clients see it."""
    session = entry.session
    return {
        "id": session.id,
        "name": session.name,
        "title": session.title,
        "repo": session.repo,
        "branch": session.branch,
        "ahead": session.ahead,
        "dirty": session.dirty,
        "kept": entry.kept,
        "at": entry.at,
        "expires": entry.at + KEPT_DISCARDED_S,
    }


def _listed(paths: Paths) -> list[Discarded]:
    found = []
    for marker in (paths.state / "sessions").glob("*/discarded.json"):
        noted = read_json(marker) or {}
        values = read_json(marker.with_name("session.json"))
        if values is None:
            continue
        try:
            session = session_from_wire(values)
            at = float(noted.get("at", marker.stat().st_mtime))
        except (KeyError, ValueError, TypeError, OSError):
            continue
        group = str(noted.get("group", session.id))
        found.append(Discarded(session, at, str(noted.get("kept", "")), group))
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _discard(session: Session) -> str:
    repository = open_repository(Path(session.repo))
    worktree = Path(session.worktree)
    try:
        return discard(repository, worktree, session.branch, session.id)
    except BranchMissingError:
        if session.started_at is not None:
            raise
        # It was stopped in the queue and never had a branch or a worktree.
        return ""


def _restore(paths: Paths, entry: Discarded) -> None:
    session = entry.session
    if entry.kept:
        repository = open_repository(Path(session.repo))
        restore(repository, entry.kept, Path(session.worktree), session.branch)
        forget(repository, entry.kept)
    inbox_of(paths, session.id).mkdir(mode=0o700, parents=True, exist_ok=True)
    (paths.session_dir(session.id) / "discarded.json").unlink(missing_ok=True)


def _remove(paths: Paths, entry: Discarded) -> None:
    repo = Path(entry.session.repo)
    if entry.kept and repo.is_dir():
        forget(open_repository(repo), entry.kept)
    if entry.session.handoff and repo.is_dir():
        forget_carried(open_repository(repo).root, entry.session.handoff)
    shutil.rmtree(paths.session_dir(entry.session.id))
