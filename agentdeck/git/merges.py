"""Merges one branch, says beforehand what that would do, and takes it back.

A merge is a batch of one; `agentdeck.git.batches` does the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentdeck.core.merge_queue import Strategy
from agentdeck.git.batch_steps import How, Wanted
from agentdeck.git.batches import merge_many, take_back
from agentdeck.git.identity import Author
from agentdeck.git.merge_trees import (
    is_ancestor,
    merged_tree,
    missing_branch,
    tips_of,
)
from agentdeck.git.repository import Repository


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do."""

    clean: bool
    conflicts: tuple[str, ...]
    """The files that a person would have to settle."""
    fast_forward: bool
    """The base has no commit that the branch does not have."""
    already_merged: bool
    """The branch has no commit that the base does not have."""


@dataclass(frozen=True, slots=True)
class MergeResult:
    """A merge that was made."""

    commit: str
    previous: str
    """Where `into` was before."""
    into: str
    checkout: Literal["moved", "untouched"] | None
    """Whether a checkout of `into` followed; "untouched" if there is only one of
    something else, None in a repository without any checkout of its own."""
    branch: str
    head: str
    """Where the branch was."""


def preview(repo: Repository, branch: str, into: str) -> MergePreview:
    """Say what a merge would do, changing nothing.

    Raises:
        BranchMissingError: If either branch does not exist.
        UnrelatedHistoriesError: If they have no common commit.
    """
    tips = tips_of(repo, [branch, into])
    for name in (branch, into):
        if name not in tips:
            raise missing_branch(repo, name)
    ours, theirs = tips[into], tips[branch]
    if is_ancestor(repo, theirs, ours):
        return MergePreview(True, (), False, already_merged=True)
    if is_ancestor(repo, ours, theirs):
        return MergePreview(True, (), fast_forward=True, already_merged=False)
    _, conflicts = merged_tree(repo, ours, theirs, names=(into, branch))
    return MergePreview(not conflicts, conflicts, False, already_merged=False)


def merge(
    repo: Repository,
    branch: str,
    into: str,
    *,
    strategy: Strategy = "merge",
    message: str | None = None,
    author: Author | None = None,
    allow_dirty: bool = False,
) -> MergeResult:
    """Merge a branch into another; all of it happens or nothing does.

    Waits for other merges of the repository, in this process or another. A
    checkout of `into` follows if it is clean; any other checkout is not touched.
    Under "merge" there is a merge commit even where a fast-forward would do.

    Args:
        repo: The repository.
        branch: The branch to merge.
        into: The local branch to merge it into.
        strategy: A merge commit, one plain commit, or the commits themselves.
        message: The commit's message; git's usual one if it is None.
        author: Who wrote the change; the committer if it is None.
        allow_dirty: Also when the branch's worktree has uncommitted changes,
            which are then left out.

    Raises:
        ConflictError: If both changed the same; nothing was changed.
        WorktreeDirtyError: If a checkout of either has uncommitted changes.
        NothingToMergeError: If `into` has it all.
        NotFastForwardError: If only a fast-forward was asked for.
        BranchMissingError: If either does not exist.
        BranchMovedError: If somebody kept moving `into` meanwhile.
    """
    how = How(strategy, allow_dirty=allow_dirty, author=author)
    batch = merge_many(repo, [Wanted(branch, message)], into, how)
    (step,) = batch.steps
    if step.problem is not None:
        raise step.problem
    return MergeResult(
        step.commit, batch.previous, into, batch.checkout, branch, step.head
    )


def undo_merge(repo: Repository, result: MergeResult) -> None:
    """Put the base back to where it was before a merge.

    Raises:
        BranchMovedError: If the base has got other commits since.
        WorktreeDirtyError: If a checkout of it has uncommitted changes.
        BranchMissingError: If the base does not exist any more.
    """
    take_back(repo, result.into, result.commit, result.previous)
