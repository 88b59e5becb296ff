"""The trees of merges, computed beside every checkout: tips, conflicts, trees."""

from __future__ import annotations

from collections.abc import Iterable

from agentdeck.git import commands
from agentdeck.git.errors import (
    BranchMissingError,
    GitError,
    InvalidNameError,
    UnrelatedHistoriesError,
)
from agentdeck.git.names import checked_branch, full_ref
from agentdeck.git.repository import Repository, branches, commit_of


def tips_of(repo: Repository, names: Iterable[str]) -> dict[str, str]:
    """The commits of those local branches that exist, from one process."""
    refs = {}
    for name in names:
        try:
            refs[full_ref(checked_branch(name))] = name
        except InvalidNameError:
            continue
    if not refs:
        return {}
    shown = commands.read(
        repo.root, "for-each-ref", "--format=%(objectname) %(refname)", *refs
    )
    pairs = (line.split(" ", 1) for line in shown.text.splitlines())
    return {refs[ref]: commit for commit, ref in pairs if ref in refs}


def is_ancestor(repo: Repository, commit: str, of: str) -> bool:
    """Whether a commit is the other, or one that the other builds on."""
    words = ("merge-base", "--is-ancestor", commit, of)
    return commands.read(repo.root, *words, ok=(0, 1)).status == 0


def merged_tree(
    repo: Repository, ours: str, theirs: str, *, names: tuple[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The tree of two commits merged, and the files in conflict.

    Args:
        repo: The repository.
        ours: The commit merged into.
        theirs: The commit to merge.
        names: What a person calls the two, for an error.

    Raises:
        UnrelatedHistoriesError: If they have no common commit.
    """
    words = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
    try:
        shown = commands.read(repo.root, *words, ours, theirs, ok=(0, 1))
    except GitError as error:
        if "unrelated histories" not in str(error.data.get("stderr", "")):
            raise
        is_shallow = (repo.git_dir / "shallow").exists()
        way_out = (
            "This is a shallow clone; `git fetch --unshallow` may bring it."
            if is_shallow
            else "Merge them by hand with `--allow-unrelated-histories`."
        )
        into, branch = names
        raise UnrelatedHistoriesError(
            f"{branch!r} and {into!r} have no common commit. {way_out}",
            branch=branch,
            into=into,
        ) from error
    tree, *files = shown.records()
    conflicts = tuple(dict.fromkeys(files)) if shown.status == 1 else ()
    return tree, conflicts


def missing_branch(repo: Repository, name: str) -> BranchMissingError:
    """The error for a name that is no local branch."""
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
