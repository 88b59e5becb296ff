"""Takes a request for a session, checks all that can be checked, and queues it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agentdeck.agents.registry import Registry, is_installed
from agentdeck.config.agent_files import (
    FoundAgent,
    agent_named,
    find_agents,
    read_agent_file,
)
from agentdeck.config.paths import Paths
from agentdeck.config.settings import Settings
from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.core.session import Phase, Session, SessionId, SessionType
from agentdeck.core.slugs import is_slug, slug_from, title_from, unique_slug
from agentdeck.git.checkouts import Standing, checkout_of
from agentdeck.git.names import branch_name, worktree_path
from agentdeck.git.repository import (
    Base,
    Repository,
    open_repository,
    resolve_base,
)
from agentdeck.git.worktrees import name_is_taken
from agentdeck.host.pool import Pool
from agentdeck.host.session_files import make_session_folder, remove_session_folder
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.messages import CreateSession

COMMAND_AGENT = "command"


@dataclass(frozen=True, slots=True)
class Placed:
    """What a session is that belongs to a step of a pipeline's run."""

    id: str
    """Always the same for the same try of the same step."""
    run: str
    step: str
    tries: int
    start: str
    """The commit that its branch begins at."""
    folder: str
    keep: Callable[[Session], Awaitable[None]]
    """Keeps it on disk, before anything of it begins."""


class Creator:
    """Queues new sessions, one at a time so that names do not collide."""

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        registry: Registry,
        sessions: Sessions,
        pool: Pool,
    ) -> None:
        self._paths = paths
        self._settings = settings
        self._registry = registry
        self._sessions = sessions
        self._pool = pool
        self._lock = asyncio.Lock()

    async def create(
        self,
        request: CreateSession,
        placed: Placed | None = None,
        *,
        admit: Callable[[], None] = lambda: None,
        **values: object,
    ) -> Session:
        """Queue a session; where the pool has a place, wait until it started.

        A session whose worktree cannot be made leaves nothing behind. One that is
        placed is made once, however often it is asked for.

        Args:
            request: What a client asks for.
            placed: The step of a pipeline that it is.
            admit: Called when no other is being made; raises if there may be no more.
            values: Fields of the session that no client may set.

        Raises:
            AgentDeckError: If anything about the request is not possible.
        """
        async with self._lock:
            admit()
            env = request.env or dict(os.environ)
            found = self._sessions.find(placed.id) if placed is not None else None
            if found is not None:
                return found
            session = await asyncio.to_thread(self._checked, request, env)
            session = replace(session, **values)  # type: ignore[arg-type]
            if placed is not None:
                session = _put_in_place(session, placed)
                # A host that died in the middle of this may have left the folder.
                await asyncio.to_thread(remove_session_folder, self._paths, session.id)
            await asyncio.to_thread(make_session_folder, self._paths, session, env)
            if placed is not None:
                await placed.keep(session)
            self._sessions.put(session)
            self._pool.kick()
        await self._pool.until_started(session.id)
        return await self._started(session)

    async def rehearse(self, request: CreateSession) -> None:
        """Refuse what `create` would refuse, and make nothing.

        Raises:
            AgentDeckError: If anything about the request is not possible.
        """
        env = request.env or dict(os.environ)
        await asyncio.to_thread(self._checked, request, env)

    async def _started(self, session: Session) -> Session:
        now = self._sessions.session(session.id)
        worktree_is_there = await asyncio.to_thread(Path(now.worktree).exists)
        if now.phase is not Phase.FAILED or worktree_is_there:
            return now
        self._sessions.remove(session.id)
        await asyncio.to_thread(remove_session_folder, self._paths, session.id)
        raise AgentDeckError(now.reason)

    def _checked(self, request: CreateSession, env: Mapping[str, str]) -> Session:
        repository = open_repository(Path(request.repo))
        agent = self._agent_of(request, env)
        if request.in_checkout:
            own = self._own_checkout(request)
            name, branch, path = self._name(request, agent), own.branch, own.top
            base = Base(own.commit[:12], own.commit, is_branch=False)
        else:
            base = resolve_base(repository, request.base)
            name, branch, path = self._names(request, repository)
            self._check_writable(repository, path)
        now = datetime.now(UTC)
        command = tuple(request.command)
        text = request.prompt or shlex.join(command)
        return Session(
            id=SessionId(secrets.token_hex(5)),
            name=name,
            title=_title(request, request.title or title_from(text) or name),
            repo=str(repository.root),
            branch=branch,
            base=base.name,
            base_commit=base.commit,
            worktree=str(path),
            agent=agent,
            created_at=now,
            updated_at=now,
            prompt=request.prompt,
            command=command,
            model=request.model,
            permission_mode=self._mode_of(request, agent),
            custom=self._custom_of(request, agent, repository.root),
            images=tuple(_image(each) for each in request.images),
            auto_commit=request.auto_commit,
            position=self._sessions.next_position(),
            checks=tuple(request.checks),
            group=request.group,
            variant=request.variant,
            limit_minutes=request.limit_minutes,
            limit_tokens=request.limit_tokens,
            limit_cost_usd=request.limit_cost_usd,
            type=SessionType(request.type),
            in_checkout=request.in_checkout,
        )

    def _own_checkout(self, request: CreateSession) -> Standing:
        """The person's own checkout, in which a session is to work."""
        if request.base is not None:
            raise UsageError("A session in your own checkout has no base to choose.")
        own = checkout_of(Path(request.repo))
        for session in self._sessions:
            if Path(session.worktree) == own.top and not session.in_checkout:
                raise RefusedError(
                    f"{own.top} is the worktree of {session.name}, not your own"
                    " checkout. Type into that session, or hand it off."
                )
        return own

    def _name(self, request: CreateSession, agent: str) -> str:
        """A name for a session without a branch of its own."""
        used = {session.name for session in self._sessions}

        def is_taken(slug: str) -> bool:
            return slug in used

        if request.name is not None:
            self._check_name(request.name, taken=is_taken)
            return request.name
        text = request.title or request.prompt or " ".join(request.command[:4])
        return unique_slug(slug_from(text or f"local {agent}"), is_taken)

    def _agent_of(self, request: CreateSession, env: Mapping[str, str]) -> str:
        if request.command:
            if request.agent not in (None, COMMAND_AGENT):
                raise UsageError(
                    "Give either an agent with a prompt or a command after `--`, "
                    "not both."
                )
            self._check_command(request, env)
            return COMMAND_AGENT
        name = request.agent or self._settings.agent
        agent = self._registry.agent(name)
        if name == COMMAND_AGENT:
            raise UsageError("Give the command after `--`: agentdeck run -- make test.")
        if not request.prompt.strip() and request.type != "local":
            raise UsageError("Say what the agent shall do: the prompt is empty.")
        if not is_installed(agent, env.get("PATH")):
            raise UsageError(
                f"{agent.title} is not installed: there is no {agent.executable!r} on "
                "PATH. Install it or choose another with --agent; `agentdeck doctor` "
                "shows which are there."
            )
        return name

    def _mode_of(self, request: CreateSession, agent: str) -> str | None:
        modes = self._registry.agent(agent).modes
        if request.mode is None or request.mode in modes:
            return request.mode
        there = ", ".join(modes) or "none"
        raise UsageError(
            f"{agent} has no permission mode {request.mode!r}. There are: {there}."
        )

    def _custom_of(self, request: CreateSession, agent: str, root: Path) -> str | None:
        if request.custom is None:
            return None
        if not self._registry.agent(agent).plays_custom:
            raise UsageError(f"{agent} plays no custom agent. Choose another agent.")
        given = Path(request.custom).expanduser()
        if given.is_absolute():
            return read_agent_file(given).path
        return agent_named(request.custom, self.custom_agents(root)).path

    def custom_agents(self, root: Path) -> list[FoundAgent]:
        """The custom agents that a session in a repository can play."""
        folders = [Path(each).expanduser() for each in self._settings.agent_folders]
        return find_agents(root, Path.home(), folders)

    def _check_command(self, request: CreateSession, env: Mapping[str, str]) -> None:
        program = request.command[0]
        if not program:
            raise UsageError("The command after `--` is empty.")
        if "/" in program and not program.startswith("/"):
            return
        if shutil.which(program, path=env.get("PATH")) is None:
            raise UsageError(
                f"There is no command {program!r} on PATH. Check the spelling, or give "
                "its whole path."
            )

    def _names(
        self, request: CreateSession, repository: Repository
    ) -> tuple[str, str, Path]:
        templates = self._settings.worktrees

        def places(slug: str) -> tuple[str, Path]:
            branch = branch_name(templates.branch, slug)
            return branch, worktree_path(templates.path, repository.root, slug)

        used = {session.name for session in self._sessions}

        def is_taken(slug: str) -> bool:
            return slug in used or name_is_taken(repository, *places(slug))

        if request.name is not None:
            self._check_name(request.name, taken=is_taken)
            return request.name, *places(request.name)
        text = request.title or request.prompt or " ".join(request.command[:4])
        text = text or f"local {request.agent or self._settings.agent}"
        number = f"-{request.number}" if request.number is not None else ""
        slug = unique_slug(f"{slug_from(text)}{number}", is_taken)
        return slug, *places(slug)

    @staticmethod
    def _check_name(name: str, taken: object) -> None:
        if not is_slug(name):
            raise UsageError(
                f"{name!r} cannot be a session's name: use up to 60 of a-z, 0-9, "
                "'-', '_' and '.', beginning and ending with a letter or digit."
            )
        if callable(taken) and taken(name):
            raise RefusedError(
                f"The name {name!r} is taken by a session, a branch or a folder. "
                "Choose another, or discard the other one first."
            )

    @staticmethod
    def _check_writable(repository: Repository, path: Path) -> None:
        """Find a full disk or a read-only one before anything is made."""
        for folder in (repository.git_dir, _existing(path.parent)):
            try:
                with tempfile.NamedTemporaryFile(
                    dir=folder, prefix=".agentdeck-"
                ) as probe:
                    probe.write(b"\0" * 65536)
                    probe.flush()
            except OSError as error:
                raise AgentDeckError(
                    f"A worktree cannot be made: {folder} cannot be written "
                    f"({error.strerror}). Free some room, or set worktrees.path in the "
                    "settings to a folder that you can write to."
                ) from error


def _put_in_place(session: Session, placed: Placed) -> Session:
    return replace(
        session,
        id=SessionId(placed.id),
        base_commit=placed.start,
        folder=placed.folder,
        run=placed.run,
        step=placed.step,
        tries=placed.tries,
    )


def _title(request: CreateSession, title: str) -> str:
    """The title; of a variant also what is different about it."""
    if request.number is None:
        return title
    return f"{title} · {request.variant or request.number}"


def _image(given: str) -> str:
    file = Path(given)
    if not file.is_absolute() or not file.is_file():
        raise UsageError(f"There is no image {given}.")
    return given


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
