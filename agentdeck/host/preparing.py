"""Makes a new worktree ready to work in: ignored files, submodules, setup commands.

What the repository's settings would run runs only where they are trusted; otherwise
the session starts without, and says so.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from agentdeck.config.included import wanted_files
from agentdeck.config.paths import Paths
from agentdeck.config.repository_settings import FILE_NAME, RepositorySettings
from agentdeck.core.checks import Outcome, SetupState, shortened
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.session import Phase, Session
from agentdeck.git.errors import InvalidNameError
from agentdeck.git.included import Brought, Progress, bring_files
from agentdeck.git.repository import open_repository
from agentdeck.git.submodules import check_out_submodules, has_submodules
from agentdeck.host.command_runs import CommandRuns
from agentdeck.host.environment import environment_of
from agentdeck.host.outputs import Outputs
from agentdeck.host.sessions import Sessions
from agentdeck.host.trust import Standing, Trust

logger = logging.getLogger(__name__)

LONG_AFTER_S = 1.0
"""Copying that takes longer is shown, and not waited for by whoever asked."""
PROGRESS_EVERY_S = 0.25
TEARDOWN_LIMIT_S = 60.0
"""A discard waits for the teardown; it does not wait for ever."""

T = TypeVar("T")
Work = Coroutine[Any, Any, None]


class SetupError(AgentDeckError):
    """A setup command failed, and the repository says that nothing starts then."""


class StoppedError(AgentDeckError):
    """A person stopped the preparation."""


class Preparer:
    """Prepares worktrees; each session's at most once at a time."""

    def __init__(
        self, paths: Paths, sessions: Sessions, trust: Trust, outputs: Outputs
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._trust = trust
        self._outputs = outputs
        self._runs = CommandRuns(paths)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopped: set[str] = set()
        self._is_closed = False
        self.on_long: Callable[[str], None] = lambda _: None
        """Called with a session whose preparation takes a while."""
        self.notice: Callable[[str], None] = lambda _: None
        """Called with a sentence for the person."""

    async def prepare(self, session: Session) -> None:
        """Prepare a session's new worktree.

        Raises:
            StoppedError: If a person stopped it.
            SetupError: If a setup command failed that has to work.
            AgentDeckError: If the disk is full.
        """
        await self._as_task(session.id, self._prepare(session))

    async def rerun(self, session: Session) -> None:
        """Begin the preparation again, beside whatever the agent does.

        Raises:
            RefusedError: If there is nothing to run, or it runs already.
        """
        require_worktree(session, "sets up")
        if session.id in self._tasks:
            raise RefusedError(f"The setup of {session.name} runs already.")
        if not await asyncio.to_thread((Path(session.worktree) / ".git").exists):
            raise RefusedError(f"{session.name} has no worktree to set up.")
        standing = await asyncio.to_thread(self._trust.at, session.repo)
        if standing.problem or standing.needs_trust:
            raise RefusedError(_why_not_run(standing))
        self._begin(session.id, self._again(session))

    async def stop(self, session_id: str) -> None:
        """End a preparation, or have the one that is about to begin not begin."""
        self._stopped.add(session_id)
        task = self._tasks.get(session_id)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def wait(self, session_id: str, wait_s: float) -> bool:
        """Wait while a preparation runs; says whether it still does."""
        task = self._tasks.get(session_id)
        if task is not None and wait_s:
            await asyncio.wait({task}, timeout=wait_s)
        return task is not None and not task.done()

    def stop_is_over(self, session_id: str) -> None:
        """Whatever was to be stopped is over; the next start is another."""
        self._stopped.discard(session_id)

    async def close(self) -> None:
        """End all preparations. A later host begins those of new sessions again."""
        self._is_closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take_up(self) -> None:
        """Say of setups that ended with a host that they did."""
        for session in self._sessions:
            if session.setup is SetupState.RUNNING:
                self._note(session.id, SetupState.FAILED, "the host ended while it ran")

    def bring_into(self, session: Session, folder: Path) -> None:
        """Bring the ignored files into a folder with the session's files. Blocks."""
        self._bring(session, self._trust.at(session.repo).allowed, folder, _ignore)

    def refill(self, session: Session) -> None:
        """Bring the ignored files into a worktree that came back from the trash.

        Discarding does not keep them. Blocks; the session is back in any case.
        """
        folder = Path(session.worktree)
        try:
            if folder.is_dir() and not session.in_checkout:
                self.bring_into(session, folder)
        except (AgentDeckError, OSError) as error:
            logger.warning("not_refilled: %s", error)

    async def tear_down(self, session: Session) -> None:
        """Run the trusted teardown commands before a worktree goes; none stops that."""
        await self.stop(session.id)
        self.stop_is_over(session.id)
        if session.in_checkout:
            return
        folder = Path(session.worktree)
        try:
            standing = await asyncio.to_thread(self._trust.at, session.repo)
            commands = standing.allowed.teardown
            if not commands or not await asyncio.to_thread(folder.is_dir):
                return
            limit_s = min(standing.allowed.worktree.setup_timeout_s, TEARDOWN_LIMIT_S)
            env = await self._environment(session, standing.allowed)
            output = self._outputs.new(session.id, "setup")
            name = f"{session.id}-teardown"
            outcome = await self._runs.run(
                name, commands, folder, env, output, timeout_s=limit_s
            )
        except (AgentDeckError, OSError) as error:
            logger.warning("teardown_not_run: %s", error)
            return
        if not outcome.is_ok:
            self.notice(f"The teardown of {session.name} failed: {outcome.note}.")

    async def _prepare(self, session: Session) -> None:
        standing = await asyncio.to_thread(self._trust.at, session.repo)
        await self._fill(session, standing)
        if standing.problem or (standing.needs_trust and _runs_setup(standing)):
            why = _why_not_run(standing)
            self._note(session.id, SetupState.UNTRUSTED, why)
            self.notice(f"{session.name} starts without its setup: {why}")
            return
        outcome = await self._set_up(session, standing.allowed)
        if not outcome.is_ok and standing.allowed.worktree.on_setup_failure == "stop":
            last = await asyncio.to_thread(self._last_line, session.id)
            raise SetupError(f"setup failed: {last}{outcome.note}")

    async def _again(self, session: Session) -> None:
        try:
            standing = await asyncio.to_thread(self._trust.at, session.repo)
            await self._fill(session, standing)
            await self._set_up(session, standing.allowed)
        except (AgentDeckError, OSError) as error:
            self._note(session.id, SetupState.FAILED, str(error))

    async def _fill(self, session: Session, standing: Standing) -> None:
        """Bring ignored files and submodules, and say what did not come."""
        folder = Path(session.worktree)
        begun = time.monotonic()
        told = begun
        loop = asyncio.get_running_loop()

        def progress(done: int, of: int) -> None:
            nonlocal told
            now = time.monotonic()
            if halt.is_set():
                raise _stopped()
            if now - told > PROGRESS_EVERY_S:
                told = now
                is_long = now - begun > LONG_AFTER_S
                loop.call_soon_threadsafe(self._tell, session.id, done, of, is_long)

        halt = threading.Event()
        allowed = standing.allowed
        brought = await _unless_cancelled(
            lambda: self._bring(session, allowed, folder, progress), halt
        )
        if brought.failed:
            more = "" if brought.failed == 1 else f", and {brought.failed - 1} more"
            first = brought.problems[0]
            self.notice(f"{session.name}: not copied: {first}{more}.")
        if allowed.worktree.submodules and has_submodules(folder):
            self._say(session.id, "checking out submodules")
            self.on_long(session.id)
            try:
                await _unless_cancelled(lambda: check_out_submodules(folder), halt)
            except AgentDeckError as error:
                self.notice(f"{session.name}: its submodules are not there: {error}")

    def _bring(
        self,
        session: Session,
        settings: RepositorySettings,
        folder: Path,
        progress: Progress,
    ) -> Brought:
        wanted = wanted_files(Path(session.repo), settings.worktree)
        brought = Brought()
        if wanted:
            copied, linked = wanted.copied, wanted.linked
            try:
                repository = open_repository(Path(session.repo))
                brought = bring_files(repository, folder, copied, linked, progress)
            except InvalidNameError as error:
                brought.note("patterns", error.message)
        for problem in wanted.problems:
            brought.note("patterns", problem)
        return brought

    async def _set_up(self, session: Session, settings: RepositorySettings) -> Outcome:
        commands = settings.setup
        if not commands:
            self._note(session.id, SetupState.NONE, "")
            return Outcome()
        self.on_long(session.id)
        self._note(session.id, SetupState.RUNNING, "")
        self._say(session.id, f"setting up: {shortened(commands[0].name)}")
        state, note = SetupState.FAILED, "stopped"
        try:
            env = await self._environment(session, settings)
            outcome = await self._runs.run(
                f"{session.id}-setup",
                commands,
                Path(session.worktree),
                env,
                self._outputs.new(session.id, "setup"),
                timeout_s=settings.worktree.setup_timeout_s,
                on_command=lambda c: self._say(
                    session.id, f"setting up: {shortened(c.name)}"
                ),
            )
            state = SetupState.DONE if outcome.is_ok else SetupState.FAILED
            note = outcome.note
        finally:
            self._note(session.id, state, note)
        return outcome

    async def _environment(
        self, session: Session, settings: RepositorySettings
    ) -> dict[str, str]:
        now = self._sessions.find(session.id) or session
        env = await asyncio.to_thread(environment_of, self._paths, now, settings.env)
        return env | {"TERM": "dumb"}

    async def _as_task(self, session_id: str, work: Work) -> None:
        if self._is_closed or session_id in self._stopped:
            work.close()
            raise asyncio.CancelledError if self._is_closed else _stopped()
        task = self._begin(session_id, work)
        await asyncio.wait({task})
        if task.cancelled() and session_id in self._stopped:
            raise _stopped()
        await task

    def _begin(self, session_id: str, work: Work) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"prepare-{session_id}")
        self._tasks[session_id] = task

        def done(_: object) -> None:
            if self._tasks.get(session_id) is task:
                del self._tasks[session_id]

        task.add_done_callback(done)
        return task

    def _tell(self, session_id: str, done: int, of: int, is_long: bool) -> None:
        if is_long:
            self.on_long(session_id)
        self._say(
            session_id,
            f"copying {done:,} of {of:,} files" if of else "looking for ignored files",
        )

    def _say(self, session_id: str, text: str) -> None:
        session = self._sessions.find(session_id)
        if session is not None and session.phase is Phase.PREPARING:
            self._sessions.change(session_id, reason=text)

    def _note(self, session_id: str, state: SetupState, note: str) -> None:
        if self._sessions.find(session_id) is not None:
            self._sessions.change(session_id, setup=state, setup_note=note)

    def _last_line(self, session_id: str) -> str:
        lines = self._outputs.last(session_id, "setup").tail(2)
        # The very last line is our own, with the status.
        return f"{lines[0].strip()} · " if len(lines) == 2 else ""


def _runs_setup(standing: Standing) -> bool:
    worktree = standing.settings.worktree
    return bool(worktree.setup or worktree.submodules or standing.settings.env)


def _why_not_run(standing: Standing) -> str:
    if standing.problem:
        return standing.problem
    if standing.trusted_text is not None:
        return (
            f"{FILE_NAME} has changed since it was trusted; `agentdeck trust` shows "
            "how."
        )
    return f"{FILE_NAME} is not trusted; `agentdeck trust` shows it."


def _stopped() -> StoppedError:
    return StoppedError("stopped before its agent started")


def _ignore(_done: int, _of: int) -> None:
    pass


async def _unless_cancelled(work: Callable[[], T], halt: threading.Event) -> T:
    """Do blocking work; when cancelled, have it halt and wait until it has."""
    job = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        halt.set()
        await asyncio.wait({job})
        if not job.cancelled():
            job.exception()
        raise
