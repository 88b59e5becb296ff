"""One branch of a batch: what it comes to on top of the ones before it.

Trees and commits are made beside every checkout, and no ref moves here;
`agentdeck.git.batches` moves the base once, when all is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import cast

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.merge_queue import Strategy, Verdict
from agentdeck.git import checkouts as folders
from agentdeck.git.errors import (
    BranchMissingError,
    ConflictError,
    NotFastForwardError,
    NothingToMergeError,
    UnrelatedHistoriesError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import Author, commit_tree
from agentdeck.git.merge_trees import is_ancestor, merged_tree, missing_branch
from agentdeck.git.replays import replay
from agentdeck.git.repository import Checkout, Repository


@dataclass(frozen=True, slots=True)
class Wanted:
    """A branch to merge."""

    branch: str
    message: str | None = None
    """The commit's message; git's usual one if it is None."""


@dataclass(frozen=True, slots=True)
class How:
    """How a batch is merged."""

    strategy: Strategy = "merge"
    stop_on_conflict: bool = False
    """Merge nothing after the first branch that cannot be merged."""
    allow_dirty: bool = False
    """Also when a branch's worktree has uncommitted changes, which stay behind."""
    author: Author | None = None
    check: Callable[[str, str], AgentDeckError | None] | None = None
    """Given a branch and the tree of its merge, says why that may not land."""


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one branch, or would."""

    branch: str
    verdict: Verdict
    head: str = ""
    """Where the branch was."""
    commit: str = ""
    """Where the base is after it; empty if it was not merged."""
    problem: AgentDeckError | None = None
    """Why it was not."""
    earlier: tuple[str, ...] = ()
    """The branches of the batch that it conflicts with."""


@dataclass(slots=True)
class Run:
    """A batch being computed: each branch on top of what the ones before came to."""

    repo: Repository
    into: str
    how: How
    base: str
    tips: dict[str, str]
    dirty: dict[str, Future[list[str]]]
    """The uncommitted files of the branches' worktrees, read meanwhile."""
    present: list[Checkout]
    current: str = ""
    landed: list[Step] = field(default_factory=list)
    trees: dict[str, str] = field(default_factory=dict)

    def step(self, wanted: Wanted) -> Step:
        """Merge one branch on top, if that can be; no ref changes."""
        head = self.tips.get(wanted.branch, "")
        try:
            commit = self._commit(wanted, head)
        except ConflictError as error:
            return self._conflict(wanted.branch, head, error)
        except NothingToMergeError as error:
            return Step(wanted.branch, Verdict.NOTHING, head, problem=error)
        except (
            BranchMissingError,
            NotFastForwardError,
            UnrelatedHistoriesError,
            WorktreeDirtyError,
        ) as error:
            return Step(wanted.branch, Verdict.REFUSED, head, problem=error)
        problem = self._unchecked(wanted.branch, commit)
        if problem is not None:
            return Step(wanted.branch, Verdict.CHECKS_FAILED, head, problem=problem)
        self.current = commit
        made = Step(wanted.branch, Verdict.CLEAN, head, commit)
        self.landed.append(made)
        return made

    def _commit(self, wanted: Wanted, head: str) -> str:
        """The commit that the base comes to with this branch."""
        branch, into, how = wanted.branch, self.into, self.how
        if branch == into:
            raise NothingToMergeError(
                f"{branch!r} cannot be merged into itself. Name another base.",
                branch=branch,
            )
        if not head:
            raise missing_branch(self.repo, branch)
        self._require_committed(branch)
        if how.strategy == "fast-forward":
            return self._fast_forwarded(branch, head)
        if how.strategy == "rebase":
            return self._rebased(branch, head)
        tree, conflicts = merged_tree(
            self.repo, self.current, head, names=(into, branch)
        )
        if conflicts:
            raise _conflict_error(branch, into, conflicts)
        if self._adds_nothing(tree, head):
            raise _nothing(branch, into)
        squash = how.strategy == "squash"
        parents = [self.current] if squash else [self.current, head]
        text = wanted.message or _usual_message(branch, into, how.strategy)
        made = commit_tree(self.repo.root, tree, parents, text, how.author)
        self.trees[made] = tree
        return made

    def _unchecked(self, branch: str, commit: str) -> AgentDeckError | None:
        """Why the merged files may not land, if they are to be checked."""
        if self.how.check is None:
            return None
        tree = self.trees.get(commit) or folders.tree_of(self.repo.root, commit)
        return self.how.check(branch, tree)

    def _adds_nothing(self, tree: str, head: str) -> bool:
        """Whether the base has all commits of the branch.

        Only a merge that changes no file can be one of those, which spares a
        process for all others.
        """
        known = self.trees.get(self.current)
        if known is None:
            known = folders.tree_of(self.repo.root, self.current)
            self.trees[self.current] = known
        if tree != known:
            return False
        return self.how.strategy == "squash" or is_ancestor(
            self.repo, head, self.current
        )

    def _fast_forwarded(self, branch: str, head: str) -> str:
        if is_ancestor(self.repo, head, self.current):
            raise _nothing(branch, self.into)
        if not is_ancestor(self.repo, self.current, head):
            raise NotFastForwardError(
                f"{self.into!r} has commits that {branch!r} does not have, so it cannot"
                " be fast-forwarded. Merge or rebase it instead.",
                branch=branch,
                into=self.into,
            )
        return head

    def _rebased(self, branch: str, head: str) -> str:
        names = (self.into, branch)
        done = replay(self.repo, self.current, head, names=names)
        if done.conflicts:
            raise _conflict_error(branch, self.into, done.conflicts)
        if done.commit == self.current:
            raise _nothing(branch, self.into)
        return done.commit

    def _require_committed(self, branch: str) -> None:
        reading = self.dirty.get(branch)
        files = reading.result() if reading is not None else []
        if files:
            where = next(c.path for c in self.present if c.branch == branch)
            raise WorktreeDirtyError(
                f"{branch!r} has changes in {where} that are not committed:"
                f" {folders.named(files)}. Commit them, or merge without them.",
                branch=branch,
                checkout=str(where),
                files=files,
            )

    def _conflict(self, branch: str, head: str, error: ConflictError) -> Step:
        """Whether the base itself is in the way, or branches merged before."""
        if not self.landed or self._collides(self.base, head):
            return Step(branch, Verdict.CONFLICTS_WITH_BASE, head, problem=error)
        colliding = [s.branch for s in self.landed if self._collides(s.head, head)]
        # Two that are harmless alone may collide together; then all are named.
        earlier = tuple(colliding or [s.branch for s in self.landed])
        files = list(cast("list[str]", error.data["files"]))
        problem = ConflictError(
            f"{branch!r} changed the same lines of {folders.named(files)} as"
            f" {folders.named(list(earlier))}, merged before it. It was left alone;"
            f" merge {self.into!r} into the session's branch, settle it there, and try"
            " again.",
            files=files,
            branch=branch,
            into=self.into,
            earlier=list(earlier),
        )
        return Step(
            branch,
            Verdict.CONFLICTS_WITH_EARLIER,
            head,
            problem=problem,
            earlier=earlier,
        )

    def _collides(self, one: str, other: str) -> bool:
        names = (one[:12], other[:12])
        return bool(merged_tree(self.repo, one, other, names=names)[1])


def _conflict_error(branch: str, into: str, files: Sequence[str]) -> ConflictError:
    return ConflictError(
        f"{branch!r} and {into!r} changed the same lines of"
        f" {folders.named(list(files))}. Nothing of it was merged; merge {into!r} into"
        " the session's branch, settle it there, and try again.",
        files=list(files),
        branch=branch,
        into=into,
    )


def _nothing(branch: str, into: str) -> NothingToMergeError:
    return NothingToMergeError(
        f"{branch!r} has no commit that {into!r} does not have, so there is nothing to"
        " merge.",
        branch=branch,
        into=into,
    )


def _usual_message(branch: str, into: str, strategy: Strategy) -> str:
    if strategy == "squash":
        return f"{branch} (squashed)"
    return f"Merge branch '{branch}' into {into}"
