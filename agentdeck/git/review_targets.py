"""What a reviewer is given: a commit with exactly the files of a session, to read."""

from __future__ import annotations

import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.session import Session
from agentdeck.git import commands
from agentdeck.git.errors import BranchMissingError
from agentdeck.git.files import files_of
from agentdeck.git.identity import Author, commit_tree
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, commit_of, open_repository
from agentdeck.git.review_sides import fork_point

SNAPSHOT = "Uncommitted work of {name}, for its review"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reviewed."""

    commit: str
    tree: str
    start: str
    """Where the session's change begins."""
    is_changed: bool
    """Whether there is any change at all."""


def review_target(session: Session, *, committed_only: bool = False) -> Target:
    """The commit to review: the branch, or with what is uncommitted on top. Blocks.

    What is uncommitted becomes a commit object of its own, beside the branch: neither
    the branch nor the worktree nor its index is touched.

    Args:
        session: The session whose work it is.
        committed_only: Leave out what is not committed.

    Raises:
        BranchMissingError: If there is neither worktree nor branch.
        AgentDeckError: If git cannot read it.
    """
    repo = open_repository(Path(session.repo))
    worktree = Path(session.worktree)
    commit = commit_of(repo, full_ref(session.branch))
    if not committed_only and (worktree / ".git").exists():
        files = files_of(worktree)
        head, tree = files.commit, files.tree
        if tree != _tree_of(repo, head):
            message = SNAPSHOT.format(name=session.name)
            author = Author("AgentDeck", "agentdeck@localhost", _date_of(repo, head))
            commit = commit_tree(worktree, tree, [head], message, author)
        else:
            commit = head
    if commit is None:
        raise BranchMissingError(
            f"Neither the worktree {worktree} nor its branch is there any more, so "
            "there is nothing to review.",
            worktree=str(worktree),
        )
    tree = _tree_of(repo, commit)
    start = fork_point(repo, session, commit)
    return Target(commit, tree, start, is_changed=tree != _tree_of(repo, start))


def make_read_only(worktree: Path) -> int:
    """Take the permission to write from a worktree's tracked files; says how many.

    Folders stay writable, so that builds and git itself go on working. Blocks.
    """
    count = 0
    for path in commands.read(worktree, "ls-files", "-z", "--cached").records():
        file = worktree / path
        with suppress(OSError):
            mode = file.lstat().st_mode
            if stat.S_ISREG(mode):
                file.chmod(stat.S_IMODE(mode) & ~0o222)
                count += 1
    return count


def _tree_of(repo: Repository, commit: str) -> str:
    return commands.read(repo.root, "rev-parse", f"{commit}^{{tree}}").text


def _date_of(repo: Repository, commit: str) -> str:
    words = ("log", "-1", "--no-show-signature", "--format=%aI", commit, "--")
    return commands.read(repo.root, *words).text
