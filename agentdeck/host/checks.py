"""Runs sessions' checks: the repository's, where trusted, and a session's own.

Each session's checks run at most once at a time, in a small pool of their own. Their
result is on the session, with the files that they ran on; when the files are others,
it is stale. Before a merge they run on the merged files in a worktree of their own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.config.repository_settings import FILE_NAME, RepositorySettings
from agentdeck.config.settings import CheckSettings
from agentdeck.core.checks import (
    CheckResult,
    CheckState,
    Command,
    Outcome,
    command_from_text,
)
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Activity, Session
from agentdeck.git.files import Files, files_of
from agentdeck.host.command_runs import CommandRuns
from agentdeck.host.environment import environment_of
from agentdeck.host.outputs import Output, Outputs
from agentdeck.host.scratch import Scratches
from agentdeck.host.sessions import Sessions
from agentdeck.host.trust import Standing, Trust

logger = logging.getLogger(__name__)

TAIL_LINES = 12
_KNOWN = (CheckState.PASSED, CheckState.FAILED)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run for a session."""

    commands: tuple[Command, ...]
    timeout_s: float
    settings: RepositorySettings
    standing: Standing


class Checks:
    """All sessions' checks."""

    def __init__(
        self,
        paths: Paths,
        sessions: Sessions,
        trust: Trust,
        outputs: Outputs,
        settings: CheckSettings,
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._trust = trust
        self._outputs = outputs
        self._settings = settings
        self._runs = CommandRuns(paths)
        self._places = asyncio.Semaphore(settings.limit)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._scratches = Scratches(paths)
        self.on_ended: Callable[[str], None] = lambda _: None
        """Called with a session whose checks are over."""

    def prepare_with(self, prepare: Callable[[Session, Path], None]) -> None:
        """Have this make each worktree ready in which a merge is checked."""
        self._scratches.prepare = prepare

    def plan(self, session: Session) -> Plan:
        """What runs for a session now; its own commands come last. Blocks."""
        standing = self._trust.at(session.repo)
        settings = standing.allowed
        own = tuple(command_from_text(text) for text in session.checks)
        timeout_s = settings.checks.timeout_s
        if not settings.check_commands:
            timeout_s = self._settings.timeout_s
        return Plan((*settings.check_commands, *own), timeout_s, settings, standing)

    def commands_for(self, session: Session) -> tuple[Command, ...]:
        """The commands that check a session. Blocks."""
        return self.plan(session).commands

    def wants_check(self, session: Session) -> bool:
        """Whether a merge of a session is to be checked by itself. Blocks."""
        plan = self.plan(session)
        when = plan.settings.checks.when or self._settings.when
        return when == "before-merge" and bool(plan.commands)

    async def start(self, session: Session) -> None:
        """Begin a session's checks; those under way begin anew.

        Raises:
            RefusedError: If there are none, or its worktree is not there.
        """
        plan = await asyncio.to_thread(self.plan, session)
        if not plan.commands:
            raise RefusedError(_why_none(session, plan.standing))
        if not await asyncio.to_thread((Path(session.worktree) / ".git").exists):
            raise RefusedError(f"{session.name} has no worktree to check.")
        await self.cancel(session.id)
        self._begin(session, plan)

    async def cancel(self, session_id: str) -> bool:
        """End a session's checks; says whether any ran."""
        task = self._tasks.get(session_id)
        if task is None:
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True

    async def run(self, session: Session, *, at: str) -> CheckResult:
        """Run a session's checks on a commit or a tree, such as a merge's result.

        They run in a worktree of their own with the included files; nothing of the
        session changes. Cancelling ends them. Without commands the result is NONE,
        which counts as passed.

        Args:
            session: Whose commands, variables and repository are used.
            at: The id of a commit or a tree.

        Raises:
            AgentDeckError: If the files cannot be checked out, or the repository's
                commands wait for trust.
        """
        plan = await asyncio.to_thread(self.plan, session)
        if plan.standing.needs_trust and plan.standing.settings.check_commands:
            raise RefusedError(_why_none(session, plan.standing))
        if not plan.commands:
            return CheckResult(CheckState.NONE, at, "there are no checks")
        async with self._places:
            return await self._run_apart(session, plan, at)

    async def wait(self, session_id: str) -> None:
        """Wait until a session's checks are over, if any run."""
        task = self._tasks.get(session_id)
        if task is not None:
            await asyncio.wait({task})

    async def turn_over(self, session: Session) -> None:
        """An agent's turn is over: check what it did, where that is asked for."""
        plan = await asyncio.to_thread(self.plan, session)
        when = plan.settings.checks.when or self._settings.when
        if when != "end-of-turn" or not plan.commands or session.in_checkout:
            return
        if session.check in _KNOWN:
            files = await _files(session)
            if files is not None and files.tree == session.check_tree:
                return
        await self.cancel(session.id)
        now = self._sessions.find(session.id)
        if now is not None and now.activity is Activity.IDLE:
            self._begin(now, plan)

    def activity_changed(self, session: Session) -> None:
        """Notice the end of a turn; a reviewer's are not what is to be checked."""
        if session.activity is Activity.IDLE and not session.is_review:
            self._look(f"{session.id}/turn", self.turn_over(session))

    def files_read(self, session_id: str) -> None:
        """A session's files may be others now: its result may be stale."""
        session = self._sessions.find(session_id)
        if session is not None and session.check in _KNOWN:
            self._look(f"{session_id}/files", self._find_stale(session))

    async def take_up(self) -> None:
        """End what a killed host left, and say that it was interrupted."""
        await asyncio.to_thread(self._runs.end_left_behind)
        await asyncio.to_thread(self._scratches.remove_left)
        for session in self._sessions:
            if session.check is CheckState.RUNNING:
                self._settle(session.id, CheckState.INTERRUPTED, "the host ended")

    async def close(self) -> None:
        """End all checks; they count as interrupted."""
        tasks = [*self._looks.values(), *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        before = self._looks.get(name)
        if before is not None:
            before.cancel()
        task = asyncio.create_task(work, name=f"check-look-{name}")
        self._looks[name] = task
        task.add_done_callback(lambda done: self._looked(name, done))

    def _looked(self, name: str, task: asyncio.Task[None]) -> None:
        if self._looks.get(name) is task:
            del self._looks[name]
        if not task.cancelled() and task.exception() is not None:
            logger.error("check_look_failed", exc_info=task.exception())

    def _begin(self, session: Session, plan: Plan) -> None:
        note = "waits for a place" if self._places.locked() else ""
        self._settle(session.id, CheckState.RUNNING, note)
        output = self._outputs.new(session.id, "check")
        task = asyncio.create_task(
            self._run_here(session, plan, output), name=f"check-{session.name}"
        )
        self._tasks[session.id] = task
        task.add_done_callback(lambda _: self._done(session.id, task))

    def _done(self, session_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(session_id) is task:
            del self._tasks[session_id]

    async def _run_here(self, session: Session, plan: Plan, output: Output) -> None:
        """Run checks in the session's own worktree, and note how they ended."""
        state, note, files = CheckState.INTERRUPTED, "cancelled", None
        try:
            async with self._places:
                self._settle(session.id, CheckState.RUNNING, "")
                files = await _files(session)
                outcome = await self._run_commands(
                    session, plan, Path(session.worktree), output, f"{session.id}-check"
                )
            after = await _files(session)
            state = CheckState.PASSED if outcome.is_ok else CheckState.FAILED
            note = outcome.note
            files, state = self._files_meant(session.id, files, after, state)
        except (AgentDeckError, OSError) as error:
            state, note = CheckState.FAILED, str(error)
        finally:
            output.end()
            self._settle(session.id, state, note, files)
        self._sessions.tell(
            EventKind.CHECK_ENDED,
            session.id,
            {
                "check": state.value,
                "note": note,
                "commit": files.commit if files else "",
            },
        )
        self.on_ended(session.id)

    def _files_meant(
        self,
        session_id: str,
        before: Files | None,
        after: Files | None,
        state: CheckState,
    ) -> tuple[Files | None, CheckState]:
        """The files that a result is of, and the result for what there is now.

        What changed while the agent rested was written by the checks themselves.
        """
        if before == after:
            return after, state
        session = self._sessions.find(session_id)
        at_work = session is not None and session.activity is Activity.WORKING
        return (before, CheckState.STALE) if at_work else (after, state)

    async def _run_apart(self, session: Session, plan: Plan, at: str) -> CheckResult:
        async with self._scratches.holding(session, at) as held:
            output = self._outputs.apart(held.log)
            # Its files are new, so they need what any new worktree needs.
            whole = replace(plan, commands=(*plan.settings.setup, *plan.commands))
            outcome = await self._run_commands(
                session, whole, held.folder, output, held.name
            )
            tail = await asyncio.to_thread(output.tail, TAIL_LINES)
        state = CheckState.PASSED if outcome.is_ok else CheckState.FAILED
        return CheckResult(state, held.commit, outcome.note, tuple(tail))

    async def _run_commands(
        self, session: Session, plan: Plan, folder: Path, output: Output, name: str
    ) -> Outcome:
        env = await asyncio.to_thread(
            environment_of, self._paths, session, plan.settings.env
        )
        env |= {"PWD": str(folder), "AGENTDECK_WORKTREE": str(folder), "TERM": "dumb"}
        return await self._runs.run(
            name, plan.commands, folder, env, output, timeout_s=plan.timeout_s
        )

    async def _find_stale(self, session: Session) -> None:
        # Whether it is dirty was read a moment ago.
        files = await _files(session, is_clean=not session.dirty)
        now = self._sessions.find(session.id)
        if now is None or now.check not in _KNOWN or files is None:
            return
        if now.check_tree == session.check_tree and files.tree != now.check_tree:
            self._sessions.change(session.id, check=CheckState.STALE)

    def _settle(
        self, session_id: str, state: CheckState, note: str, files: Files | None = None
    ) -> None:
        if self._sessions.find(session_id) is None:
            return
        self._sessions.change(
            session_id,
            check=state,
            check_note=note,
            check_commit=files.commit if files else "",
            check_tree=files.tree if files else "",
        )


async def _files(session: Session, *, is_clean: bool = False) -> Files | None:
    """The session's files now; None where git cannot tell."""
    worktree = Path(session.worktree)
    try:
        return await asyncio.to_thread(files_of, worktree, is_clean=is_clean)
    except AgentDeckError as error:
        logger.info("files_unread: %s", error)
        return None


def _why_none(session: Session, standing: Standing) -> str:
    if standing.problem:
        return standing.problem
    if standing.needs_trust and standing.settings.check_commands:
        return (
            f"{standing.repo} asks for checks that are not trusted. Look at them and "
            f"trust them: `agentdeck trust {standing.repo}`."
        )
    return (
        f"{session.name} has no checks. Give them to `run --check`, or as [checks] "
        f"commands in {FILE_NAME}."
    )
