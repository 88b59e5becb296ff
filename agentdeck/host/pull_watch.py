"""Keeps what is known of pull requests fresh, with as few questions as will do.

One request for each repository and interval, only while a session of it has an open
pull request; after an error the interval grows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.core.session import Phase, Session
from agentdeck.git.names import full_ref
from agentdeck.git.repository import commit_of, open_repository
from agentdeck.github import pulls as github
from agentdeck.github.errors import NoSuchPullError, RateLimitedError
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

EVERY_S = 60.0
"""As often as a person would look; GitHub allows five thousand requests an hour."""
LONGEST_S = 1800.0
AFTER_LIMIT_S = 600.0
MAX_SINGLE = 10
"""How many that are open no longer are asked for by themselves in one go."""


@dataclass(slots=True)
class _Turn:
    """When a repository is asked about again, and how long it was left alone."""

    at: float
    pause_s: float


class PullWatch:
    """Asks GitHub about the open pull requests of sessions."""

    def __init__(
        self,
        sessions: Sessions,
        notice: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        every_s: float = EVERY_S,
    ) -> None:
        self._sessions = sessions
        self._notice = notice
        self._clock = clock
        self._every_s = every_s
        self._turns: dict[str, _Turn] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._locks: dict[str, asyncio.Lock] = {}
        self.on_taken: Callable[[str], None] = lambda _: None
        """Called with a session of whose pull request something is new."""

    def start(self) -> None:
        """Ask from now on, at once about all that were open when the host ended."""
        self._task = asyncio.create_task(self._run(), name="pulls")

    async def close(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def take(self, session_id: str, pull: PullRequest) -> None:
        """Hold what GitHub said of a session's pull request.

        A session whose pull request was merged is merged, if it has nothing more.
        """
        session = self._sessions.find(session_id)
        if session is None or session.pull == pull:
            return
        before = session.pull
        unread = session.unread or (before is not None and _is_news(before, pull))
        self._sessions.change(session_id, pull=pull, unread=unread)
        self.on_taken(session_id)
        if session.repo not in self._turns:
            at = self._clock() + self._every_s
            self._turns[session.repo] = _Turn(at, self._every_s)
        self._woken.set()
        if before is not None and not before.is_open:
            return
        if pull.state is PullState.MERGED:
            await self._merged(session, pull)
        elif pull.state is PullState.CLOSED:
            self._notice(f"#{pull.number} of {session.name} was closed on GitHub.")

    async def refresh(self, repo: str) -> None:
        """Ask GitHub now about a repository's pull requests: all open ones at once.

        A session whose branch has an open pull request gets it, whoever opened it.

        Raises:
            AgentDeckError: If GitHub does not tell.
        """
        async with self._locks.setdefault(repo, asyncio.Lock()):
            listed = await asyncio.to_thread(github.open_pulls, Path(repo))
            numbers = {pull.number: pull for pull in listed}
            branches = {pull.branch: pull for pull in listed if not pull.from_fork}
            singles = 0
            for session in self._sessions:
                if session.repo != repo or not _may_have_one(session):
                    continue
                known = session.pull
                found = branches.get(session.branch)
                if known is not None and known.is_open:
                    found = numbers.get(known.number)
                    if found is None and singles < MAX_SINGLE:
                        singles += 1
                        found = await self._single(repo, known)
                elif known is not None and found and found.number < known.number:
                    found = None
                if found is not None:
                    await self.take(session.id, found)

    async def _single(self, repo: str, known: PullRequest) -> PullRequest | None:
        try:
            return await asyncio.to_thread(github.pull, Path(repo), known.number)
        except NoSuchPullError as error:
            logger.info("pull_gone: %s", error)
            return None

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            repo, wait_s = self._next()
            if repo is None or wait_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait_s or None)
                continue
            await self._ask(repo)

    def _next(self) -> tuple[str | None, float]:
        """The repository that is asked about next, and in how many seconds."""
        now = self._clock()
        repos = {s.repo for s in self._sessions if s.pull and s.pull.is_open}
        self._turns = {
            repo: self._turns.get(repo, _Turn(now, self._every_s)) for repo in repos
        }
        if not repos:
            return None, 0
        repo = min(repos, key=lambda each: self._turns[each].at)
        return repo, max(0.0, self._turns[repo].at - now)

    async def _ask(self, repo: str) -> None:
        turn = self._turns[repo]
        try:
            await self.refresh(repo)
            turn.pause_s = self._every_s
        except AgentDeckError as error:
            logger.info("pulls_not_seen: %s", error)
            turn.pause_s = min(turn.pause_s * 2, LONGEST_S)
            if isinstance(error, RateLimitedError):
                turn.pause_s = max(turn.pause_s, AFTER_LIMIT_S)
        except Exception:
            # One answer that nobody foresaw must not end the watch over all others.
            logger.exception("pulls_not_seen")
            turn.pause_s = LONGEST_S
        turn.at = self._clock() + turn.pause_s

    async def _merged(self, session: Session, pull: PullRequest) -> None:
        head = await asyncio.to_thread(_tip, session)
        if self._sessions.find(session.id) is None:
            return
        if head is not None and head != pull.head:
            self._notice(
                f"#{pull.number} was merged on GitHub; {session.name} has commits that"
                " are not in it."
            )
            return
        self._sessions.change(
            session.id,
            merged_into=pull.base,
            merged_commit=pull.merge_commit or None,
            merged_head=head or pull.head,
            unread=True,
        )
        data: dict[str, object] = {"into": pull.base, "commit": pull.merge_commit}
        self._sessions.tell(EventKind.SESSION_MERGED, session.id, data)
        self._notice(
            f"#{pull.number} of {session.name} was merged into {pull.base} on GitHub."
            f" `x`, or `agentdeck discard {session.name}`, cleans the session up."
        )


def _is_news(before: PullRequest, now: PullRequest) -> bool:
    """Whether a person would want to look: a verdict, or an end."""
    checks = now.checks in (PullChecks.FAILED, PullChecks.PASSED)
    review = now.review in (PullReview.APPROVED, PullReview.CHANGES)
    return (
        (checks and now.checks is not before.checks)
        or (review and now.review is not before.review)
        or (before.is_open and not now.is_open)
        or (now.conflicts and not before.conflicts)
    )


def _may_have_one(session: Session) -> bool:
    """Whether a pull request of its branch would be its own."""
    is_else = session.is_review or session.in_checkout
    return session.phase is not Phase.QUEUED and not is_else


def _tip(session: Session) -> str | None:
    try:
        repository = open_repository(Path(session.repo))
        return commit_of(repository, full_ref(session.branch))
    except AgentDeckError:
        return None
