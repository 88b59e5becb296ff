"""Lets a person's checkout follow its branch, or leaves it exactly as it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import (
    GitError,
    NoCommitError,
    NotARepositoryError,
    WorktreeDirtyError,
)
from agentdeck.git.worktrees import worktree_git_dir

_UNFINISHED = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A checkout and what is checked out in it."""

    top: Path
    branch: str
    """`HEAD` where no branch is checked out."""
    commit: str


def checkout_of(path: Path) -> Standing:
    """The checkout that a folder is in, also a linked worktree.

    Raises:
        NotARepositoryError: If it is in none, such as in a bare repository.
        NoCommitError: If its branch has no commit yet.
    """
    try:
        shown = commands.read(path, "rev-parse", "--show-toplevel").stdout
    except GitError as error:
        raise NotARepositoryError(
            f"{path} is not inside a git checkout. Go to one, or pass --repo PATH.",
            path=str(path),
        ) from error
    top = Path(os.fsdecode(shown).removesuffix("\n"))
    named = commands.read(top, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).text
    words = ("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    commit = commands.read(top, *words, ok=(0, 1, 128)).text
    if not commit:
        raise NoCommitError(
            f"The branch that is checked out in {top} has no commit yet, so there is"
            " nothing to start from. Commit something there first.",
            repo=str(top),
        )
    return Standing(top, named.removeprefix("refs/heads/") or "HEAD", commit)


def require_clean(checkout: Path, branch: str) -> None:
    """Make sure that a checkout can follow its branch without losing anything.

    Untracked files do not matter here; `move` refuses to write over them.

    Raises:
        WorktreeDirtyError: If it has changes, or an operation half done.
    """
    operation = unfinished(checkout)
    if operation is not None:
        raise WorktreeDirtyError(
            f"{checkout} has {branch!r} checked out and is in the middle of a"
            f" {operation}. Finish or abort it there first.",
            checkout=str(checkout),
        )
    # As a writing command, it also refreshes the index for `move` when it can.
    changed = commands.write(
        checkout,
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=no",
        "--no-renames",
        "--ignore-submodules=all",
    ).records()
    if changed:
        files = [record[3:] for record in changed]
        raise WorktreeDirtyError(
            f"{checkout} has {branch!r} checked out with uncommitted changes in"
            f" {named(files)}. Commit or stash them there first.",
            checkout=str(checkout),
            files=files,
        )


def unfinished(checkout: Path) -> str | None:
    """What is half done in a checkout, such as a rebase; None if nothing is."""
    git_dir = worktree_git_dir(checkout)
    for name, operation in _UNFINISHED.items():
        if (git_dir / name).exists():
            return operation
    return None


def move(checkout: Path, branch: str, old: str, new: str) -> None:
    """Bring the index and files of a clean checkout from one commit to another.

    Either all of it moves or nothing does. HEAD is not touched.

    Raises:
        WorktreeDirtyError: If a file that git does not know is in the way.
        LockedError: If another git has the index locked.
    """
    require_room(checkout, old, new)
    try:
        commands.write(
            checkout, "read-tree", "-m", "-u", "--no-recurse-submodules", old, new
        )
    except GitError as error:
        complaint = str(error.data.get("stderr", ""))
        if "would be overwritten" not in complaint and "not uptodate" not in complaint:
            raise
        raise WorktreeDirtyError(
            f"{checkout} has {branch!r} checked out, and files there would be"
            f" overwritten: {complaint.strip().splitlines()[0]} Move them away or commit"
            " them first.",
            checkout=str(checkout),
            stderr=complaint,
        ) from error


def require_room(checkout: Path, old: str, new: str) -> None:
    """Make sure that no untracked file lies where a move puts one of its own.

    Raises:
        WorktreeDirtyError: If one does.
    """
    blocking = _in_the_way(checkout, old, new)
    if blocking:
        raise WorktreeDirtyError(
            f"{checkout} has files that git does not track where the merge puts its"
            f" own: {named(blocking)}. Move them away or commit them first.",
            checkout=str(checkout),
            files=blocking,
        )


def tree_of(where: Path, commit: str) -> str:
    """The id of a commit's tree."""
    return commands.read(where, "rev-parse", f"{commit}^{{tree}}").text


def named(files: list[str], at_most: int = 5) -> str:
    """A few file names in a sentence, and how many more there are."""
    shown = ", ".join(repr(file) for file in files[:at_most])
    more = len(files) - at_most
    return f"{shown} and {more} more" if more > 0 else shown


def _in_the_way(checkout: Path, old: str, new: str) -> list[str]:
    """The files that are added where an untracked one, even an ignored one, lies.

    `read-tree` would overwrite what is ignored, such as a person's `.env`.
    """
    records = commands.read(
        checkout, "diff-tree", "-r", "-z", "--name-status", "--no-renames", old, new
    ).records()
    pairs = list(zip(records[::2], records[1::2], strict=True))
    removed = {path.casefold() for letter, path in pairs if letter == "D"}
    parents_removed = {parent for path in removed for parent in _parents_of(path)}
    return [
        path
        for letter, path in pairs
        if letter == "A"
        # A folder that becomes a file, or a name that only changes its case, is
        # git's own to replace.
        and path.casefold() not in removed | parents_removed
        and not removed.intersection(_parents_of(path.casefold()))
        and _is_occupied(checkout, path)
    ]


def _parents_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _is_occupied(checkout: Path, path: str) -> bool:
    if os.path.lexists(checkout / path):
        return True
    for parent in _parents_of(path):
        place = checkout / parent
        if os.path.lexists(place) and (place.is_symlink() or not place.is_dir()):
            return True
    return False
