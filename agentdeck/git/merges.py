"""Merges a session's branch beside every checkout, then lets the checkout follow.

The merge is computed with `git merge-tree`; a conflict is known before anything
is touched. A journal in the git directory lets the next merge finish or take
back one whose process was killed between moving the files and the branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agentdeck.git import checkouts as folders
from agentdeck.git import commands
from agentdeck.git.errors import (
    BranchMissingError,
    BranchMovedError,
    ConflictError,
    GitError,
    InvalidNameError,
    NothingToMergeError,
    UnrelatedHistoriesError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import Author, commit_tree
from agentdeck.git.journal import follow, recover
from agentdeck.git.locks import merges_locked
from agentdeck.git.names import checked_branch, full_ref
from agentdeck.git.repository import (
    Checkout,
    Repository,
    branches,
    checkouts,
    commit_of,
)
from agentdeck.git.status import uncommitted

Strategy = Literal["merge", "squash"]
ATTEMPTS = 5


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


@dataclass(frozen=True, slots=True)
class _Tips:
    branch: str
    into: str
    bases: tuple[str, ...]


def preview(repo: Repository, branch: str, into: str) -> MergePreview:
    """Say what a merge would do, changing nothing.

    Raises:
        BranchMissingError: If either branch does not exist.
        UnrelatedHistoriesError: If they have no common commit.
    """
    tips = _tips(repo, branch, into)
    if tips.branch in tips.bases:
        return MergePreview(True, (), False, already_merged=True)
    if tips.into in tips.bases:
        return MergePreview(True, (), fast_forward=True, already_merged=False)
    _, conflicts = _merged_tree(repo, tips, branch, into)
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
        strategy: A merge commit, or all changes as one plain commit.
        message: The commit's message; git's usual one if it is None.
        author: Who wrote the change; the committer if it is None.
        allow_dirty: Also when the branch's worktree has uncommitted changes,
            which are then left out.

    Raises:
        ConflictError: If both changed the same; nothing was changed.
        WorktreeDirtyError: If a checkout of either has uncommitted changes.
        NothingToMergeError: If `into` has it all.
        BranchMissingError: If either does not exist.
        BranchMovedError: If somebody kept moving `into` meanwhile.
    """
    if branch == into:
        raise NothingToMergeError(
            f"{branch!r} cannot be merged into itself. Name another base.",
            branch=branch,
        )
    with merges_locked(repo.git_dir):
        recover(repo)
        moved: Exception | None = None
        for _ in range(ATTEMPTS):
            tips = _tips(repo, branch, into)
            if tips.branch in tips.bases:
                raise NothingToMergeError(
                    f"{branch!r} has no commit that {into!r} does not have, so there is"
                    " nothing to merge.",
                    branch=branch,
                    into=into,
                )
            present = checkouts(repo)
            if not allow_dirty:
                _require_committed(present, branch)
            followers = _followers(present, into)
            for follower in followers:
                folders.require_clean(follower, into)
            tree = _tree_or_refusal(repo, tips, branch, into)
            parents = [tips.into] if strategy == "squash" else [tips.into, tips.branch]
            text = message or _usual_message(branch, into, strategy)
            commit = commit_tree(repo.root, tree, parents, text, author)
            note = f"agentdeck: merge {branch} ({strategy})"
            try:
                follow(repo, followers, into, tips.into, commit, note)
            except BranchMovedError as error:
                moved = error
                continue
            outcome = _outcome(present, followers)
            return MergeResult(commit, tips.into, into, outcome, branch, tips.branch)
        raise BranchMovedError(
            f"{into!r} kept moving while {branch!r} was being merged. Try again when it"
            " is quiet.",
            into=into,
        ) from moved


def undo_merge(repo: Repository, result: MergeResult) -> None:
    """Put the base back to where it was before a merge.

    Raises:
        BranchMovedError: If the base has got other commits since.
        WorktreeDirtyError: If a checkout of it has uncommitted changes.
        BranchMissingError: If the base does not exist any more.
    """
    with merges_locked(repo.git_dir):
        recover(repo)
        tip = commit_of(repo, full_ref(result.into))
        if tip is None:
            raise _missing(repo, result.into)
        if tip != result.commit:
            raise BranchMovedError(
                f"{result.into!r} has moved on since that merge, so it was left alone."
                f" `git revert -m 1 {result.commit[:12]}` takes the change back.",
                into=result.into,
                tip=tip,
            )
        followers = _followers(checkouts(repo), result.into)
        for follower in followers:
            folders.require_clean(follower, result.into)
        note = f"agentdeck: undo merge of {result.branch}"
        follow(repo, followers, result.into, tip, result.previous, note)


def _tips(repo: Repository, branch: str, into: str) -> _Tips:
    """Both tips and their merge bases, from one process."""
    for name in (branch, into):
        try:
            checked_branch(name)
        except InvalidNameError as error:
            raise _missing(repo, name) from error
    symmetric = f"{full_ref(into)}...{full_ref(branch)}"
    shown = commands.read(
        repo.root, "rev-parse", "--revs-only", symmetric, "--", ok=(0, 128)
    )
    lines = shown.text.split()
    if shown.status != 0 or len(lines) < 2:
        for name in (branch, into):
            if commit_of(repo, full_ref(name)) is None:
                raise _missing(repo, name)
        raise commands.failure(("rev-parse", symmetric), shown)
    bases = tuple(line[1:] for line in lines[2:])
    return _Tips(branch=lines[0], into=lines[1], bases=bases)


def _missing(repo: Repository, name: str) -> BranchMissingError:
    if commit_of(repo, name) is not None:
        return BranchMissingError(
            f"{name!r} is a commit or tag, not a local branch, so nothing can be merged"
            f" into or from it. Make one with `git branch NAME {name}`.",
            branch=name,
        )
    known = ", ".join(branches(repo)[:3])
    return BranchMissingError(
        f"There is no branch {name!r} in {repo.root.name}: it was deleted, or has no"
        f" commit yet. There is {known}.",
        branch=name,
    )


def _merged_tree(
    repo: Repository, tips: _Tips, branch: str, into: str
) -> tuple[str, tuple[str, ...]]:
    """The merge's tree, and the files in conflict."""
    words = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
    try:
        shown = commands.read(repo.root, *words, tips.into, tips.branch, ok=(0, 1))
    except GitError as error:
        if "unrelated histories" not in str(error.data.get("stderr", "")):
            raise
        is_shallow = (repo.git_dir / "shallow").exists()
        way_out = (
            "This is a shallow clone; `git fetch --unshallow` may bring it."
            if is_shallow
            else "Merge them by hand with `--allow-unrelated-histories`."
        )
        raise UnrelatedHistoriesError(
            f"{branch!r} and {into!r} have no common commit. {way_out}",
            branch=branch,
            into=into,
        ) from error
    tree, *files = shown.records()
    conflicts = tuple(dict.fromkeys(files)) if shown.status == 1 else ()
    return tree, conflicts


def _tree_or_refusal(repo: Repository, tips: _Tips, branch: str, into: str) -> str:
    if tips.into in tips.bases:
        return f"{tips.branch}^{{tree}}"
    tree, conflicts = _merged_tree(repo, tips, branch, into)
    if conflicts:
        raise ConflictError(
            f"{branch!r} and {into!r} changed the same lines of"
            f" {folders.named(list(conflicts))}. Nothing was changed; merge {into!r}"
            " into the session's branch, settle it there, and try again.",
            files=list(conflicts),
            branch=branch,
            into=into,
        )
    return tree


def _require_committed(present: list[Checkout], branch: str) -> None:
    for checkout in present:
        if checkout.branch != branch or checkout.is_missing or checkout.is_bare:
            continue
        files = uncommitted(checkout.path)
        if files:
            raise WorktreeDirtyError(
                f"{branch!r} has changes in {checkout.path} that are not committed:"
                f" {folders.named(files)}. Commit them, or merge without them.",
                branch=branch,
                checkout=str(checkout.path),
                files=files,
            )


def _followers(present: list[Checkout], into: str) -> list[Path]:
    return [
        checkout.path
        for checkout in present
        if checkout.branch == into and not checkout.is_bare and not checkout.is_missing
    ]


def _outcome(
    present: list[Checkout], followers: list[Path]
) -> Literal["moved", "untouched"] | None:
    if followers:
        return "moved"
    return None if present[0].is_bare else "untouched"


def _usual_message(branch: str, into: str, strategy: Strategy) -> str:
    if strategy == "squash":
        return f"{branch} (squashed)"
    return f"Merge branch '{branch}' into {into}"
