"""What work is handed off from: a session, or a conversation started outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentdeck.agents.definition import Agent
from agentdeck.agents.registry import Registry
from agentdeck.agents.transcripts import newest_lines
from agentdeck.core.conversation import Said
from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, UsageError
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.git.carrying import (
    Uncommitted,
    commits_since,
    pack,
    pack_commit,
    uncommitted,
)
from agentdeck.git.checkouts import checkout_of
from agentdeck.git.names import full_ref
from agentdeck.git.repository import (
    Base,
    Repository,
    commit_of,
    open_repository,
    resolve_base,
)

MAX_FORKS = 20
"""A fork of a fork of a fork is followed so far back."""
MAX_READ_BYTES = 64 * 1024 * 1024
"""Of a longer record its end is read."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where work is handed off from."""

    name: str
    title: str
    agent: Agent
    repo: str
    folder: Path
    """The top of the checkout in which it works; it may be gone."""
    base: Base
    origin: str
    """As `Session.origin` of what continues it."""
    conversation: str = ""
    transcript: Path | None = None
    session: Session | None = None

    @property
    def has_files(self) -> bool:
        """Whether its checkout is there."""
        return (self.folder / ".git").exists()

    @property
    def is_busy(self) -> bool:
        """Whether its agent is in the middle of a turn, as far as is known."""
        session = self.session
        return (
            session is not None
            and session.phase is Phase.RUNNING
            and session.activity is Activity.WORKING
        )


def of_session(session: Session, registry: Registry) -> Source:
    """A session as a source. Blocks.

    Raises:
        UsageError: If it has not started, so there is nothing to hand off.
        AgentDeckError: If its repository or branch is gone.
    """
    if session.phase in (Phase.QUEUED, Phase.PREPARING):
        raise UsageError(
            f"{session.name} has not started, so there is nothing to hand off."
        )
    repository = open_repository(Path(session.repo))
    folder = Path(session.worktree)
    if session.in_checkout:
        base = _base_of_checkout(repository, folder)
    else:
        is_branch = commit_of(repository, full_ref(session.base)) is not None
        base = Base(session.base, session.base_commit, is_branch)
    return Source(
        name=session.name,
        title=session.title,
        agent=registry.known_or_command(session.agent),
        repo=session.repo,
        folder=folder,
        base=base,
        origin=session.id,
        conversation=session.conversation,
        transcript=Path(session.transcript) if session.transcript else None,
        session=session,
    )


def of_outside(
    given: str, where: str, env: Mapping[str, str], registry: Registry
) -> Source:
    """A conversation that AgentDeck did not start. Blocks.

    Args:
        given: The agent, or the agent and the conversation's id: `claude:ID`.
        where: The folder in which the person is.
        env: The person's variables, which say where the CLI keeps its records.
        registry: The agents there are.

    Raises:
        NoSuchSessionError: If there is no such conversation.
        UsageError: If the agent keeps none that can be found, or it is of elsewhere.
        AgentDeckError: If the folder is in no repository.
    """
    folder = Path(where or ".").expanduser().resolve()
    name, _, wanted = given.partition(":")
    agent = registry.agent(name)
    if agent.find_outside is None:
        known = ", ".join(a.name for a in registry if a.find_outside is not None)
        raise UsageError(f"Conversations can be found of {known}, not of {name}.")
    own = checkout_of(folder)
    variables = env or dict(os.environ)
    found = agent.find_outside(variables, wanted, folder)
    if found is None and not wanted and own.top != folder:
        found = agent.find_outside(variables, wanted, own.top)
    if found is None:
        what = f"no conversation {wanted!r}" if wanted else "no conversation"
        raise NoSuchSessionError(f"{agent.title} has {what} of {folder}.")
    if not found.folder.is_relative_to(own.top):
        raise UsageError(
            f"That conversation was held in {found.folder}. Hand it off from there."
        )
    repository = open_repository(own.top)
    return Source(
        name=f"{name}:{found.conversation[:8]}",
        title=f"{agent.title} in {own.top.name}",
        agent=agent,
        repo=str(repository.root),
        folder=own.top,
        base=_base_of_checkout(repository, own.top),
        origin=f"{name}:{found.conversation}",
        conversation=found.conversation,
        transcript=found.transcript,
    )


def _base_of_checkout(repository: Repository, folder: Path) -> Base:
    own = checkout_of(folder)
    if own.branch == "HEAD":
        return Base(own.commit[:12], own.commit, is_branch=False)
    return resolve_base(repository, own.branch)


def said_in(source: Source) -> list[Said]:
    """What was said, by the CLI's own record; nothing where there is none. Blocks."""
    read, file = source.agent.read_said, source.transcript
    if read is None or file is None:
        return []
    said: list[Said] = []
    for record, end in _records(source.agent, file):
        try:
            for line in newest_lines(record, MAX_READ_BYTES, end):
                try:
                    said += list(read(line))
                except (ValueError, TypeError, AttributeError):
                    # The format is another program's and changes with it.
                    continue
        except OSError:
            continue
    return said


def _records(agent: Agent, file: Path) -> list[tuple[Path, int | None]]:
    """A record, after those that it goes on from, each with where it ends."""
    records: list[tuple[Path, int | None]] = [(file, None)]
    before = agent.record_before(file) if agent.record_before else None
    while before is not None and agent.record_before and len(records) < MAX_FORKS:
        records.insert(0, before)
        before = agent.record_before(before[0])
    return records


@dataclass(frozen=True, slots=True)
class State:
    """What of the repository goes along."""

    commits: int
    found: Uncommitted | None
    """None where the checkout is gone, so that only commits are left."""


def state_of(source: Source, with_ignored: list[str]) -> State:
    """What would go along; changes nothing. Blocks.

    Raises:
        AgentDeckError: If it cannot be carried; the message says why.
    """
    if not source.has_files:
        return State(commits_since(*_tip_of(source), source.base.commit), None)
    found = uncommitted(source.folder, with_ignored)
    return State(commits_since(source.folder, found.head, source.base.commit), found)


def keep(source: Source, ref: str, with_ignored: list[str]) -> State:
    """Keep under a ref what goes along. Blocks; raises as `state_of` does."""
    if not source.has_files:
        where, tip = _tip_of(source)
        pack_commit(where, ref, tip)
        return State(commits_since(where, tip, source.base.commit), None)
    found = pack(source.folder, ref, with_ignored)
    return State(commits_since(source.folder, found.head, source.base.commit), found)


def _tip_of(source: Source) -> tuple[Path, str]:
    repository = open_repository(Path(source.repo))
    session = source.session
    branch = session.branch if session is not None else ""
    tip = commit_of(repository, full_ref(branch)) if branch else None
    if tip is None:
        raise AgentDeckError(
            f"Neither the worktree nor the branch of {source.name} is there any more."
        )
    return repository.root, tip
