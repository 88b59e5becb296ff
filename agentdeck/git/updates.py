"""Brings a session's branch up to its base, or begins that for a person.

A clean update is made beside the worktree and moves branch and files together, once;
one with conflicts changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.resolving import Way
from agentdeck.git import checkouts as folders
from agentdeck.git import commands
from agentdeck.git.errors import (
    BranchMovedError,
    ConflictError,
    NothingToMergeError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import commit_tree
from agentdeck.git.journal import follow, recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.merge_trees import is_ancestor, merged_tree
from agentdeck.git.names import full_ref
from agentdeck.git.replays import replay
from agentdeck.git.repository import Repository, commit_of
from agentdeck.git.status import uncommitted


@dataclass(frozen=True, slots=True)
class Tips:
    """Where a branch and its base are."""

    head: str
    base: str


def tips(repo: Repository, branch: str, base: str) -> Tips:
    """Where a session's branch and its base are now.

    Raises:
        BranchMovedError: If one of them is gone.
    """
    head = commit_of(repo, full_ref(branch))
    onto = commit_of(repo, full_ref(base)) or commit_of(repo, base)
    if head is None or onto is None:
        gone = branch if head is None else base
        raise BranchMovedError(f"The branch {gone!r} is gone.", branch=gone)
    return Tips(head, onto)


def conflicts_with(repo: Repository, branch: str, base: str) -> tuple[str, ...]:
    """The files in which a branch conflicts with its base."""
    at = tips(repo, branch, base)
    if is_ancestor(repo, at.base, at.head):
        return ()
    return merged_tree(repo, at.head, at.base, names=(branch, base))[1]


def update(repo: Repository, worktree: Path, branch: str, base: str, way: Way) -> str:
    """Bring a branch up to its base; gives the commit that it is at then.

    Raises:
        NothingToMergeError: If it has all of its base already.
        ConflictError: If both changed the same lines. Nothing changed.
        WorktreeDirtyError: If its worktree has uncommitted changes.
        BranchMovedError: If the branch got a commit meanwhile, or is not checked out.
    """
    with merges_locked(repo.git_dir):
        recover(repo)
        at = tips(repo, branch, base)
        if is_ancestor(repo, at.base, at.head):
            raise NothingToMergeError(
                f"{branch!r} has all of {base!r} already.", branch=branch, into=base
            )
        followers = []
        if (worktree / ".git").exists():
            _require_ready(worktree, branch)
            followers = [worktree]
        commit = _updated(repo, branch, base, at, way)
        note = f"agentdeck: update from {base} ({way})"
        follow(repo, followers, branch, at.head, commit, note)
        return commit


def begin_merge(repo: Repository, worktree: Path, branch: str, base: str) -> list[str]:
    """Begin a merge of the base in a session's worktree; gives the files to settle.

    Raises:
        WorktreeDirtyError: If it has uncommitted changes, or another merge half done.
        NothingToMergeError: If it has all of its base already.
    """
    _require_ready(worktree, branch)
    at = tips(repo, branch, base)
    if is_ancestor(repo, at.base, at.head):
        raise NothingToMergeError(
            f"{branch!r} has all of {base!r} already.", branch=branch, into=base
        )
    message = f"Merge branch '{base}' into {branch}"
    words = ["merge", "--no-commit", "--no-ff", "--no-stat", "-m", message]
    commands.write(worktree, *words, at.base, ok=(0, 1))
    shown = commands.read(worktree, "diff", "--name-only", "--diff-filter=U", "-z")
    return shown.records()


def _updated(repo: Repository, branch: str, base: str, at: Tips, way: Way) -> str:
    if is_ancestor(repo, at.head, at.base):
        return at.base
    if way == "rebase":
        done = replay(repo, at.base, at.head, names=(base, branch))
        commit, conflicts = done.commit, done.conflicts
    else:
        tree, conflicts = merged_tree(repo, at.head, at.base, names=(branch, base))
        message = f"Merge branch '{base}' into {branch}"
        parents = [at.head, at.base]
        commit = "" if conflicts else commit_tree(repo.root, tree, parents, message)
    if conflicts:
        raise ConflictError(
            f"{branch!r} and {base!r} changed the same lines of"
            f" {folders.named(list(conflicts))}. Nothing was changed;"
            " `agentdeck resolve` hands it to the session's agent.",
            files=list(conflicts),
            branch=branch,
            into=base,
        )
    return commit


def _require_ready(worktree: Path, branch: str) -> None:
    if not (worktree / ".git").exists():
        raise WorktreeDirtyError(
            f"The worktree {worktree} is gone; resume the session, which makes it anew.",
            checkout=str(worktree),
        )
    folders.require_clean(worktree, branch)
    shown = commands.read(worktree, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).text
    if shown != full_ref(branch):
        raise BranchMovedError(
            f"{worktree} has not {branch!r} checked out. Switch back to it there first.",
            branch=branch,
        )
    files = uncommitted(worktree)
    if files:
        raise WorktreeDirtyError(
            f"{worktree} has changes that are not committed:"
            f" {folders.named(files)}. Commit them first.",
            checkout=str(worktree),
            files=files,
        )
