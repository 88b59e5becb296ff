"""The two sides of a review: which commits, or the worktree, are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.review import Compare, CompareKind
from agentdeck.core.session import Session
from agentdeck.git import commands
from agentdeck.git.commits import Commit, commits_between
from agentdeck.git.errors import BranchMissingError
from agentdeck.git.names import full_ref
from agentdeck.git.repository import (
    Repository,
    commit_of,
    open_repository,
    unknown_revision,
)

TURN_TRAILER = "AgentDeck-Turn"

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a comparison."""

    where: Path
    """The folder in which git runs: the worktree, or the repository."""
    old: str
    """A commit or a tree."""
    new: str | None
    """A commit; None for the worktree's files as they are now."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A checkpoint commit at the end of an agent's turn."""

    number: str
    commit: Commit


def sides_of(session: Session, compare: Compare) -> Sides:
    """Find the two sides.

    Raises:
        BranchMissingError: If neither the worktree nor the branch is there any more.
        UnknownRevisionError: If the commit or branch does not exist.
    """
    repo = open_repository(Path(session.repo))
    worktree = Path(session.worktree)
    is_there = (worktree / ".git").exists()
    head = commit_in(worktree, "HEAD") if is_there else None
    head = head or commit_of(repo, full_ref(session.branch))
    if head is None:
        raise BranchMissingError(
            f"Neither the worktree {worktree} nor its branch is there any more, so"
            " there is nothing to compare.",
            worktree=str(worktree),
        )
    where = worktree if is_there else repo.root
    now = None if is_there else head
    match compare.kind:
        case CompareKind.SESSION:
            return Sides(where, fork_point(repo, session, head), now)
        case CompareKind.COMMITS:
            return Sides(where, fork_point(repo, session, head), head)
        case CompareKind.WORKING:
            return Sides(where, head, now)
        case CompareKind.AGAINST:
            return Sides(where, _known(repo, where, compare.revision), now)
        case CompareKind.COMMIT:
            commit = _known(repo, where, compare.revision)
            return Sides(where, _parent(repo, commit), commit)
        case CompareKind.TURN:
            commit = _known(repo, where, compare.revision)
            return Sides(where, _turn_start(repo, session, commit), commit)


def fork_point(repo: Repository, session: Session, head: str) -> str:
    """The commit that the session's branch has in common with its base.

    A branch that has landed has all of itself in common; it is then compared with
    the commit from which it started.
    """
    for base in (full_ref(session.base), f"refs/remotes/{session.base}"):
        tip = commit_of(repo, base)
        if tip is None:
            continue
        found = commands.read(repo.root, "merge-base", tip, head, ok=(0, 1, 128))
        if found.status == 0 and found.text and found.text != head:
            return found.text
    start = commit_of(repo, session.base_commit) if session.base_commit else None
    return start or head


def commit_in(worktree: Path, revision: str) -> str | None:
    """The commit that a revision means inside a worktree."""
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    shown = commands.read(worktree, *asked, f"{revision}^{{commit}}", ok=(0, 1, 128))
    return shown.text.splitlines()[-1] if shown.status == 0 and shown.text else None


def _known(repo: Repository, where: Path, revision: str) -> str:
    """The commit that a revision means to somebody in the session's worktree."""
    if revision and not revision.startswith("-") and "\0" not in revision:
        commit = commit_in(where, full_ref(revision)) or commit_in(where, revision)
        if commit is not None:
            return commit
    raise unknown_revision(repo, revision)


def _parent(repo: Repository, commit: str) -> str:
    return commit_of(repo, f"{commit}^1") or _EMPTY_TREES[len(commit)]


def _turn_start(repo: Repository, session: Session, commit: str) -> str:
    fork = fork_point(repo, session, commit)
    sha = [turn.commit.sha for turn in turns_between(repo, fork, commit)]
    return sha[1] if len(sha) > 1 else fork


def turns_between(repo: Repository, base: str, head: str) -> list[Turn]:
    """The checkpoints of turns that `head` has and `base` has not, newest first."""
    shown = commands.read(
        repo.root,
        "log",
        "--max-count=500",
        "--no-show-signature",
        "--no-color",
        f"--format=%H %(trailers:key={TURN_TRAILER},valueonly,separator=%x20)",
        "--end-of-options",
        f"{base}..{head}",
        "--",
    )
    numbers = dict(line.partition(" ")[::2] for line in shown.text.splitlines())
    return [
        Turn(numbers[commit.sha].strip(), commit)
        for commit in commits_between(repo, base, head, limit=500)
        if numbers.get(commit.sha, "").strip()
    ]
