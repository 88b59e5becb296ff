"""Starts one session: its worktree, its agent's command line, its runner."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from pathlib import Path

from agentdeck.agents.definition import Launch, Start
from agentdeck.agents.prompts import off_command_line
from agentdeck.agents.registry import Registry
from agentdeck.config.agent_files import read_agent_file
from agentdeck.config.paths import Paths
from agentdeck.config.settings import Settings
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.handoffs import Way
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.git.carrying import head_of, unpack
from agentdeck.git.names import full_ref
from agentdeck.git.repository import commit_of, open_repository
from agentdeck.git.worktrees import create_worktree, list_worktrees
from agentdeck.host.environment import environment_of
from agentdeck.host.ports import port_for
from agentdeck.host.preparing import Preparer, StoppedError
from agentdeck.host.review_guard import findings_folder, guarded
from agentdeck.host.session_files import (
    BRIEF,
    is_on_its_way,
    was_run,
    write_json,
    write_text,
)
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import Supervisor
from agentdeck.host.trust import Trust
from agentdeck.launch.local import LocalLauncher
from agentdeck.runner.launch_file import TAKEN

logger = logging.getLogger(__name__)

_TERMINAL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "TERM_PROGRAM": "agentdeck",
}


class Starter:
    """Brings a session from preparing to running, or to failed with the reason."""

    def __init__(
        self,
        paths: Paths,
        sessions: Sessions,
        supervisor: Supervisor,
        registry: Registry,
        launcher: LocalLauncher,
        settings: Settings,
        trust: Trust,
        preparer: Preparer,
    ) -> None:
        self._paths = paths
        self._sessions = sessions
        self._supervisor = supervisor
        self._registry = registry
        self._launcher = launcher
        self._terminal = settings.terminal
        self._trust = trust
        self._preparer = preparer
        self._ports = settings.port_range
        self._choosing = asyncio.Lock()
        """Keeps two sessions from choosing the same ports."""
        self.on_worktree: Callable[[Session], None] = lambda _: None
        """Called once the session's worktree is there."""

    async def start(self, session: Session) -> None:
        """Start a session that the pool has given a place."""
        try:
            session = await self._with_port(session)
            is_new = await asyncio.to_thread(self._make_place, session)
            self.on_worktree(session)
            if is_new:
                await self._preparer.prepare(session)
            folder = self._paths.session_dir(session.id)
            socket = self._paths.runner_socket(session.id)
            if not await asyncio.to_thread(is_on_its_way, folder, socket):
                changed = await asyncio.to_thread(self._write_launch, session)
                self._sessions.change(session.id, **changed)
                await self._launcher.spawn(folder, socket)
        except StoppedError as error:
            self._sessions.move(session.id, Phase.ENDED, error.message)
            return
        except (AgentDeckError, OSError) as error:
            reason = error.message if isinstance(error, AgentDeckError) else str(error)
            logger.warning("session_failed: %s", reason)
            self._sessions.move(session.id, Phase.FAILED, reason)
            return
        self._sessions.move(session.id, Phase.RUNNING)
        self._supervisor.watch(session.id, started=True)

    async def _with_port(self, session: Session) -> Session:
        async with self._choosing:
            others = list(self._sessions)
            port = await asyncio.to_thread(port_for, session, others, self._ports)
            return self._sessions.change(session.id, port=port)

    def _write_launch(self, session: Session) -> dict[str, object]:
        """Write what the runner needs; gives what it changes of the session."""
        folder = self._paths.session_dir(session.id)
        was_started = was_run(folder)
        for left in (TAKEN, "exit.json", "runner.json", "screen.json"):
            (folder / left).unlink(missing_ok=True)
        self._paths.runner_socket(session.id).unlink(missing_ok=True)
        launch = self._launch(session, folder, was_started=was_started)
        agent = self._registry.agent(session.agent)
        waits = any(rule.activity is Activity.IDLE for rule in agent.rules)
        for name, text in launch.files.items():
            (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_text(folder / name, text)
        terminal = self._terminal
        own = self._trust.at(session.repo).allowed.env
        env = environment_of(self._paths, session, own) | _TERMINAL
        if session.is_review:
            env |= guarded(self._paths, session)
        write_json(
            folder / "launch.json",
            {
                "version": 1,
                "argv": list(launch.argv),
                "cwd": session.worktree,
                "env": env | dict(launch.env),
                "cols": terminal.columns,
                "rows": terminal.rows,
                "recording_cap_bytes": terminal.recording_cap_mb * 1024 * 1024,
                "stdin_text": None if waits else launch.typed,
            },
        )
        changed: dict[str, object] = {}
        if launch.conversation:
            changed["conversation"] = launch.conversation
        if launch.typed and waits:
            changed["queued"] = (launch.typed, *session.queued)
        return changed

    def _launch(self, session: Session, folder: Path, *, was_started: bool) -> Launch:
        agent = self._registry.agent(session.agent)
        lost = session.transcript and not Path(session.transcript).exists()
        resume = bool(was_started and not lost)
        conversation = session.conversation or str(uuid.uuid4())
        if resume and not session.conversation:
            conversation = ""
        launch = agent.launch(
            Start(
                prompt=session.prompt,
                command=session.command,
                model=session.model,
                resume=resume,
                conversation=conversation,
                permission_mode=session.permission_mode,
                images=session.images,
                custom=read_agent_file(Path(session.custom))
                if session.custom
                else None,
                folder=folder,
                worktree=Path(session.worktree),
                continues="" if was_started else session.continues,
                forks=session.way == Way.FORK,
                findings=findings_folder(self._paths, session.id)
                if session.is_review
                else None,
            )
        )
        return off_command_line(launch, session.prompt, agent, folder / BRIEF)

    def _make_place(self, session: Session) -> bool:
        """See that there is where to work; says whether it has to be prepared."""
        if not session.in_checkout:
            return self._make_worktree(session)
        # The person's own folder is taken as it is.
        if not Path(session.worktree).is_dir():
            raise AgentDeckError(f"{session.worktree} is not there any more.")
        return False

    def _make_worktree(self, session: Session) -> bool:
        """See that the worktree is there; says whether it has to be prepared.

        One whose preparation did not come to its end is prepared again.
        """
        folder = self._paths.session_dir(session.id)
        was_started = was_run(folder)
        repository = open_repository(Path(session.repo))
        path = Path(session.worktree)
        for worktree in list_worktrees(repository):
            is_ours = worktree.path == path and worktree.branch == session.branch
            if is_ours and path.is_dir():
                if session.handoff and not was_started:
                    unpack(path, session.handoff)
                return not was_started
        begin = session.base_commit
        if session.handoff and not was_started:
            begin = head_of(repository.root, session.handoff)
        # A host that died may have got no further than the branch.
        is_begun = commit_of(repository, full_ref(session.branch)) == begin
        create_worktree(
            repository,
            path,
            session.branch,
            begin,
            existing_branch=was_started or is_begun,
        )
        if session.handoff and not was_started:
            unpack(path, session.handoff)
        return True
