"""Keeps each session's row true to its branch: commits, dirty files, ahead, behind.

Reads git only when something changed: a ref moved (watched), an agent's output
settled, or a session began, ended or merged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Phase, Session
from agentdeck.git.journal import recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.repository import Repository, open_repository
from agentdeck.git.status import WorktreeState, snapshot
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

READERS = 2
"""How many repositories' states are read at once; git itself uses the cores."""


class GitWatch:
    """Reads the state of sessions' worktrees, each at most once at a time."""

    def __init__(
        self, sessions: Sessions, on_repository: Callable[[Repository], None]
    ) -> None:
        self._sessions = sessions
        self._on_repository = on_repository
        self._opened: dict[str, Repository] = {}
        self._wanted: set[str] = set()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(READERS)
        self._heads: dict[str, str] = {}
        self.on_read: Callable[[str], None] = lambda _: None
        """Called when a session's files were looked at."""
        self.on_moved: Callable[[str], None] = lambda _: None
        """Called when a session's branch was found at another commit."""

    async def attach(self, repo: str) -> None:
        """Have a repository's refs watched, if they are not yet."""
        if repo in self._opened:
            return
        try:
            opened = await asyncio.to_thread(_opened, repo)
        except AgentDeckError as error:
            logger.warning("repository_not_watched: %s", error)
            return
        self._opened[repo] = opened
        self._on_repository(opened)

    def refresh(self, session_id: str) -> None:
        """Read a session's state soon; asks that come meanwhile become one."""
        if session_id in self._reading:
            self._wanted.add(session_id)
            return
        task = asyncio.create_task(self._read(session_id), name=f"git-{session_id}")
        self._reading[session_id] = task
        task.add_done_callback(lambda _: self._done(session_id))

    def refresh_repository(self, git_dir: Path, changed: set[str]) -> None:
        """Read the sessions whose branch or base is among the changed refs.

        Args:
            git_dir: The repository's git directory, as the watcher knows it.
            changed: Branch names; empty means all.
        """
        for session in self._sessions:
            # While git writes a worktree, it would seem that all its files are gone;
            # it is read once it is there.
            if session.phase in (Phase.QUEUED, Phase.PREPARING):
                continue
            opened = self._opened.get(session.repo)
            if opened is None or opened.git_dir != git_dir:
                continue
            names = (session.branch, session.base)
            # In a person's own checkout another branch may be checked out by now.
            is_meant = session.in_checkout or changed.intersection(names)
            if not changed or is_meant:
                self.refresh(session.id)

    async def close(self) -> None:
        """End the reads under way."""
        self._wanted.clear()
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, session_id: str) -> None:
        self._reading.pop(session_id, None)
        if session_id in self._wanted:
            self._wanted.discard(session_id)
            self.refresh(session_id)

    async def _read(self, session_id: str) -> None:
        async with self._places:
            session = self._sessions.find(session_id)
            if session is None or session.phase is Phase.QUEUED:
                return
            try:
                opened = self._opened.get(session.repo)
                state = await asyncio.to_thread(_state_of, session, opened)
            except AgentDeckError as error:
                logger.info("git_state_unread: %s", error)
                return
        if self._sessions.find(session_id) is not None and state is not None:
            self._take(session_id, state)

    def _take(self, session_id: str, state: WorktreeState) -> None:
        session = self._sessions.session(session_id)
        known_head = self._heads.get(session_id, session.merged_head or None)
        if state.head is None:
            return
        self._heads[session_id] = state.head
        moved = known_head is not None and known_head != state.head
        landed = (moved and state.ahead > 0) or state.ahead > session.ahead
        branch = session.branch
        if session.in_checkout:
            # The person may have another one checked out by now.
            branch = state.branch or "HEAD"
        still_merged = session.merged_into and state.head == session.merged_head
        self._sessions.change(
            session_id,
            branch=branch,
            ahead=state.ahead,
            behind=state.behind,
            dirty=state.dirty,
            added=state.added,
            removed=state.removed,
            last_commit=state.last_commit_subject if state.ahead else "",
            merged_into=session.merged_into if still_merged else None,
            unread=session.unread or landed,
        )
        self.on_read(session_id)
        if moved:
            self.on_moved(session_id)
        if landed:
            self._sessions.tell(
                EventKind.COMMIT_LANDED,
                session_id,
                {
                    "sha": state.head,
                    "subject": state.last_commit_subject,
                    "ahead": state.ahead,
                },
            )


def _opened(repo: str) -> Repository:
    """Open a repository, after settling a merge that a killed host left half done."""
    opened = open_repository(Path(repo))
    with merges_locked(opened.git_dir):
        recover(opened)
    return opened


def _state_of(session: Session, opened: Repository | None) -> WorktreeState | None:
    repository = opened or open_repository(Path(session.repo))
    return snapshot(
        repository,
        Path(session.worktree),
        session.branch,
        session.base,
        session.base_commit,
    )
