"""What happens at the end of a session's turn, and the way back to one.

A turn ends when its agent has come to rest or has ended. Where the session is set to
it, what is uncommitted then becomes a checkpoint.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentdeck.agents.registry import Registry
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.core.turns import (
    CommitPolicy,
    checkpoint_message,
    claims_commit,
    commits_turns,
)
from agentdeck.git import turns as git_turns
from agentdeck.git.checkpoints import Checkpoint, checkpoint, recover
from agentdeck.git.names import full_ref
from agentdeck.git.repository import commit_of, open_repository
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import Supervisor

logger = logging.getLogger(__name__)

REST_S = 0.25
"""How long an agent must have rested: some look at rest for a moment in their turn."""
KEPT_S = 30 * 86400
NO_COMMIT_CAME = "It says that it committed, but there is no new commit."


class Turns:
    """Ends turns, lists them, and goes back to one."""

    def __init__(
        self,
        sessions: Sessions,
        supervisor: Supervisor,
        registry: Registry,
        policy: CommitPolicy,
        refresh: Callable[[str], None],
    ) -> None:
        self._sessions = sessions
        self._supervisor = supervisor
        self._registry = registry
        self._policy: CommitPolicy = policy
        self._refresh = refresh
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: set[asyncio.Task[None]] = set()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._heads: dict[str, str] = {}
        """Where each branch was at the end of the last turn that was seen."""

    def is_on(self, session: Session) -> bool:
        """Whether the end of a session's turn makes a commit."""
        if session.in_checkout:
            return False
        agent = self._registry.known_or_command(session.agent)
        return commits_turns(
            self._policy, session.auto_commit, commits_itself=agent.commits_itself
        )

    def consider(self, session: Session) -> None:
        """See to the end of a turn, if the session has come to rest."""
        if _rests(session):
            self._begin(session.id, REST_S)

    def ended(self, session_id: str) -> None:
        """See to the last turn of a session whose agent has ended."""
        self._begin(session_id, 0)

    async def settled(self, session_id: str) -> None:
        """Wait until the end of a turn has been seen to."""
        task = self._tasks.get(session_id)
        if task is not None:
            await asyncio.wait({task})
        async with self._locks[session_id]:
            return

    async def take_up(self) -> None:
        """Set right what a killed host left, and forget what was kept for long."""
        sessions = [s for s in self._sessions if s.phase is not Phase.QUEUED]
        await asyncio.to_thread(_set_right, sessions)
        expiring = asyncio.create_task(asyncio.to_thread(_forget_old, sessions))
        self._ends.add(expiring)
        expiring.add_done_callback(self._ends.discard)

    async def close(self) -> None:
        """End no more turns."""
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        await asyncio.gather(*tasks, *self._ends, return_exceptions=True)

    async def listed(self, session: Session) -> list[git_turns.Turn]:
        """The turns of a session, newest first.

        Raises:
            AgentDeckError: If its branch is gone.
        """
        _require_started(session)
        return await asyncio.to_thread(_turns_of, session)

    async def rewind(
        self, session: Session, name: str, *, force: bool
    ) -> dict[str, Any]:
        """Put a session's worktree and branch to one of its turns.

        What it leaves behind is kept, and becomes one of its turns.

        Raises:
            RefusedError: If its agent is at work and `force` is not given, or git
                refuses; nothing changed then.
        """
        _require_started(session)
        require_worktree(session, "puts back")
        if session.is_review:
            raise RefusedError(
                f"{session.name} is a review of one commit; its files stay as they are."
            )
        if session.is_live and not _rests(session) and not force:
            raise RefusedError(
                f"{session.name} is at work and would write over it. Wait until its "
                "turn is over, stop it, or force it."
            )
        async with self._locks[session.id]:
            turn, kept = await asyncio.to_thread(_rewind, session, name)
        goal = turn.tip or turn.commit.sha
        self._heads[session.id] = goal
        done: dict[str, object] = {
            "turn": turn.id,
            "commit": goal,
            "subject": turn.commit.subject,
            "kept": kept,
        }
        self._sessions.change(session.id, turn_note="")
        self._sessions.tell(EventKind.SESSION_REWOUND, session.id, done)
        self._refresh(session.id)
        return dict(done)

    async def newest_rewind(self) -> tuple[Session, git_turns.Left] | None:
        """The last going back that can be undone: its branch has not moved since."""
        sessions = {str(s.id): s for s in self._sessions if s.phase is not Phase.QUEUED}
        found = await asyncio.to_thread(_undoable, list(sessions.values()))
        return (sessions[found.session_id], found) if found is not None else None

    async def undo(self, session: Session, left: git_turns.Left) -> dict[str, Any]:
        """Take a going back back.

        Raises:
            RefusedError: As `rewind` does.
        """
        number = left.ref.rsplit("/", 1)[1]
        await self.rewind(session, f"k{number}", force=False)
        return {"undone": "rewind", "names": [session.name]}

    def _begin(self, session_id: str, after_s: float) -> None:
        running = self._tasks.get(session_id)
        if running is not None and not running.done():
            running.cancel()
        task = asyncio.create_task(self._end(session_id, after_s), name="turn-end")
        self._tasks[session_id] = task
        task.add_done_callback(lambda done: self._forget(session_id, done))

    def _forget(self, session_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(session_id) is task:
            del self._tasks[session_id]

    async def _end(self, session_id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        session = self._sessions.find(session_id)
        if session is None or not (_rests(session) or session.is_over):
            return
        # A checkpoint under way is not torn by the next sign: it is seen through.
        end = asyncio.create_task(self._seen_to(session), name="turn-seen-to")
        self._ends.add(end)
        end.add_done_callback(self._ends.discard)
        await asyncio.shield(end)

    async def _seen_to(self, session: Session) -> None:
        live = self._supervisor.live(session.id)
        prompt, said = (live.witness.prompt, live.witness.said) if live else ("", "")
        if not prompt and session.turns == 0:
            prompt = session.prompt
        async with self._locks[session.id]:
            note, made = "", None
            before = self._heads.get(session.id)
            try:
                if self.is_on(session) and not self._has_yet_to_begin(session):
                    number = session.turns + 1
                    message = checkpoint_message(session.name, number, prompt, said)
                    made = await asyncio.to_thread(_checkpoint, session, message)
                head = made.commit if made else await asyncio.to_thread(_head, session)
            except (AgentDeckError, OSError) as error:
                logger.info("turn_not_committed: %s", error)
                note, head = str(error), None
            if head is not None:
                self._heads[session.id] = head
        if not note and claims_commit(said) and before is not None and head == before:
            note = NO_COMMIT_CAME
        if live is not None and live.witness.prompt == prompt:
            live.witness.prompt = ""
        self._tell(session.id, note, made)

    def _has_yet_to_begin(self, session: Session) -> bool:
        """Whether what is uncommitted is still what the session was handed.

        A CLI that shows its prompt before it asks for trust seems to rest before its
        first turn; its hooks have said nothing then.
        """
        if not session.handoff or session.turns:
            return False
        agent = self._registry.known_or_command(session.agent)
        if agent.read_report is None:
            return False
        known = session.transcript if agent.read_said else session.conversation
        return not known

    def _tell(self, session_id: str, note: str, made: Checkpoint | None) -> None:
        now = self._sessions.find(session_id)
        if now is None:
            return
        if made is None:
            self._sessions.change(session_id, turn_note=note)
            return
        if made.left_out:
            named = ", ".join(made.left_out[:5])
            note = f"Its checkpoint leaves out {len(made.left_out)}: {named}."
        turns = now.turns + 1
        self._sessions.change(session_id, turns=turns, turn_note=note)
        data: dict[str, object] = {"turn": turns, "sha": made.commit}
        self._sessions.tell(EventKind.TURN_COMMITTED, session_id, data)
        self._refresh(session_id)


def _rests(session: Session) -> bool:
    return session.phase is Phase.RUNNING and session.activity is Activity.IDLE


def _require_started(session: Session) -> None:
    if session.phase is Phase.QUEUED:
        raise RefusedError(f"{session.name} has not started, so it has no turns.")


def _checkpoint(session: Session, message: str) -> Checkpoint | None:
    worktree = Path(session.worktree)
    if not (worktree / ".git").exists():
        return None
    return checkpoint(worktree, session.branch, message)


def _head(session: Session) -> str | None:
    repository = open_repository(Path(session.repo))
    return commit_of(repository, full_ref(session.branch))


def _turns_of(session: Session) -> list[git_turns.Turn]:
    repository = open_repository(Path(session.repo))
    return git_turns.turns_of(
        repository, session.branch, session.base_commit, session.id
    )


def _rewind(session: Session, name: str) -> tuple[git_turns.Turn, str]:
    repository, worktree = open_repository(Path(session.repo)), Path(session.worktree)
    turn = git_turns.turn_named(_turns_of(session), name)
    kept = git_turns.rewind(repository, worktree, session.branch, session.id, turn)
    return turn, kept


def _undoable(sessions: list[Session]) -> git_turns.Left | None:
    newest: git_turns.Left | None = None
    branches = {str(session.id): session.branch for session in sessions}
    for repo in {session.repo for session in sessions}:
        try:
            repository = open_repository(Path(repo))
            left = git_turns.left_behind(repository)
        except AgentDeckError as error:
            logger.info("turns_not_read: %s", error)
            continue
        for each in left:
            branch = branches.get(each.session_id)
            if branch is None or (newest is not None and newest.at >= each.at):
                continue
            if commit_of(repository, full_ref(branch)) == each.to:
                newest = each
    return newest


def _set_right(sessions: list[Session]) -> None:
    for session in sessions:
        if not session.in_checkout:
            recover(Path(session.worktree))


def _forget_old(sessions: list[Session]) -> None:
    limit = time.time() - KEPT_S
    for repo in {session.repo for session in sessions}:
        try:
            repository = open_repository(Path(repo))
            for left in git_turns.left_behind(repository):
                if left.at < limit:
                    git_turns.forget(repository, left.ref)
        except AgentDeckError as error:
            logger.info("turns_not_read: %s", error)
