"""One commit of several branches, made beside every checkout, to begin a branch at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentdeck.git.identity import commit_tree
from agentdeck.git.merge_trees import is_ancestor, merged_tree
from agentdeck.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch and the commit that it is at."""

    branch: str
    commit: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A branch that is not in a join, as it changed the same lines as the others."""

    tip: Tip
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """The commit with all branches in it, but for those left out."""

    commit: str
    left_out: tuple[LeftOut, ...] = ()


def join(repo: Repository, tips: Sequence[Tip], into: str) -> Joined:
    """Merge branches one after the other; no ref and no checkout changes.

    Args:
        repo: The repository.
        tips: At least one branch; the first is where it begins.
        into: What the branch will be called that begins there, for the messages.

    Raises:
        UnrelatedHistoriesError: If two of them have no common commit.
    """
    first, *others = tips
    current = first.commit
    left_out = []
    for tip in others:
        if is_ancestor(repo, tip.commit, current):
            continue
        if is_ancestor(repo, current, tip.commit):
            current = tip.commit
            continue
        names = (into, tip.branch)
        tree, conflicts = merged_tree(repo, current, tip.commit, names=names)
        if conflicts:
            left_out.append(LeftOut(tip, conflicts))
            continue
        message = f"Merge branch '{tip.branch}' into {into}"
        current = commit_tree(repo.root, tree, [current, tip.commit], message)
    return Joined(current, tuple(left_out))


def missing_from(
    repo: Repository, branch_tip: str, commits: Sequence[str]
) -> list[str]:
    """Those of some commits that a branch does not have."""
    return [each for each in commits if not is_ancestor(repo, each, branch_tip)]
