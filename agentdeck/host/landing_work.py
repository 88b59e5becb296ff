"""What a request to merge comes to: its parts, the work on each, what is said of it.

The work runs in a thread and blocks; `landing` decides when, and keeps what came of it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.merge_queue import Verdict, squash_message
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.session import Phase, Session
from agentdeck.git.batch_steps import How, Step, Wanted
from agentdeck.git.batches import Batch, Hearers, merge_many, rehearse
from agentdeck.git.commits import commits_between
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, open_repository
from agentdeck.host.batches import Landed, Record
from agentdeck.host.merge_runs import MergeRun
from agentdeck.rpc.messages import MergeSessions
from agentdeck.rpc.protocol import error_to_wire


@dataclass(frozen=True, slots=True)
class Part:
    """The sessions of a request that go into one branch of one repository."""

    repo: str
    into: str
    sessions: tuple[Session, ...]


def parts_of(sessions: list[Session], into: str | None) -> list[Part]:
    """The sessions by repository and base, each in the order given."""
    grouped: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        grouped.setdefault((session.repo, into or session.base), []).append(session)
    return [Part(repo, base, tuple(own)) for (repo, base), own in grouped.items()]


def refusal_of(session: Session) -> dict[str, Any] | None:
    """The result for a session that has nothing to merge; None if it may have."""
    try:
        require_worktree(session, "merges")
        _require_own_work(session)
        _require_started(session)
    except RefusedError as error:
        return {"ok": False, "verdict": Verdict.REFUSED, "error": error_to_wire(error)}
    return None


def _require_own_work(session: Session) -> None:
    if session.is_review:
        raise RefusedError(
            f"{session.name} is a review: it only reads another session's work, so "
            "there is nothing of it to merge."
        )


def _require_started(session: Session) -> None:
    if session.phase in (Phase.QUEUED, Phase.PREPARING):
        raise RefusedError(
            f"{session.name} has not started, so there is nothing to merge."
        )


@dataclass(slots=True)
class Work:
    """What the merging thread does for one part of a request."""

    part: Part
    sessions: list[Session]
    request: MergeSessions
    merge: MergeRun
    wanted: list[Wanted] = field(default_factory=list)
    how: How = field(default_factory=How)

    def look(self) -> Batch | None:
        """Find out how each would fare, and check it, if either is asked for.

        Nothing is locked meanwhile. Gives the batch of a rehearsal; None if it is
        still to be landed.
        """
        repository = open_repository(Path(self.part.repo))
        request, into = self.request, self.part.into
        self.wanted = [
            Wanted(
                each.branch,
                request.messages.get(each.id)
                or _message(repository, each, into, request),
            )
            for each in self.sessions
        ]
        is_checked = self._is_checked()
        self.how = How(
            request.strategy,
            stop_on_conflict=request.stop_on_conflict,
            check=self._check if is_checked else None,
        )
        self.merge.began(is_look=True)
        if not (request.dry_run or is_checked):
            return None
        hearers = Hearers(on_step=self._on_step)
        batch = rehearse(repository, self.wanted, into, self.how, hearers)
        self.merge.began(is_look=False)
        return batch if request.dry_run else None

    def land(self, keep: Callable[[Batch], None]) -> Batch:
        """Merge what was looked at.

        Raises:
            NotCheckedError: If the base moved, so that there are other files to check.
        """
        repository = open_repository(Path(self.part.repo))
        hearers = Hearers(on_step=self._on_step, before_move=keep)
        return merge_many(repository, self.wanted, self.part.into, self.how, hearers)

    def _is_checked(self) -> bool:
        if self.request.check is not None:
            return self.request.check
        if self.request.dry_run:
            return False
        return any(self.merge.wants_check(session) for session in self.sessions)

    def _session(self, branch: str) -> Session:
        return next(each for each in self.sessions if each.branch == branch)

    def _check(self, branch: str, tree: str) -> AgentDeckError | None:
        return self.merge.check(self._session(branch), tree)

    def _on_step(self, step: Step) -> None:
        self.merge.on_step(step, self._session(step.branch))


def _message(
    repository: Repository, session: Session, into: str, request: MergeSessions
) -> str:
    if request.message is not None:
        return request.message
    if request.strategy != "squash":
        return f"Merge branch '{session.branch}' into {into}\n\n{session.title}"
    try:
        own = commits_between(repository, full_ref(into), full_ref(session.branch))
    except AgentDeckError:
        return session.title
    return squash_message(session.title, [each.subject for each in reversed(own)])


def record_of(part: Part, batch: Batch) -> Record:
    """What is written down of a batch, so that it can be taken back."""
    by_branch = {session.branch: session for session in part.sessions}
    landed = [step for step in batch.steps if step.commit]
    return Record(
        id=uuid.uuid4().hex,
        at=time.time(),
        repo=part.repo,
        into=part.into,
        previous=batch.previous,
        final=batch.final,
        items=tuple(
            Landed(
                session_id=by_branch[step.branch].id,
                name=by_branch[step.branch].name,
                head=step.head,
                commit=step.commit,
            )
            for step in landed
        ),
    )


def result_of(
    step: Step, batch: Batch, names: dict[str, str], message: str
) -> dict[str, Any]:
    """What a client is told of one branch; `names` are the sessions' by branch."""
    result: dict[str, Any] = {
        "verdict": step.verdict.value,
        "earlier": [names[branch] for branch in step.earlier],
        "into": batch.into,
        "message": message,
    }
    error = step.problem
    if step.verdict is Verdict.NOT_REACHED:
        error = RefusedError("One before it could not be merged, so it was not tried.")
    elif error is None:
        error = batch.blocked
    if error is not None:
        return {**result, "ok": False, "error": error_to_wire(error)}
    return {**result, "ok": True, "commit": step.commit}
