"""Which git files tell of a commit or a moved base, and what each of them means.

Pure but for looking which of the folders exist. The host does the watching; it
must not use watchfiles' default filter, which leaves out `.git`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git.repository import Repository

_FLAT_FILES = frozenset({"HEAD", "index", "packed-refs", "ORIG_HEAD", "MERGE_HEAD"})
_WORKTREE_FILES = frozenset({"HEAD", "index", "logs/HEAD", "MERGE_HEAD", "gitdir"})


@dataclass(frozen=True, slots=True)
class WatchPaths:
    """What to watch, by how."""

    recursive: frozenset[Path]
    """Folders to watch with all that is below them."""
    flat: frozenset[Path]
    """Folders of which only the direct content matters."""


@dataclass(frozen=True, slots=True)
class Affected:
    """What has to be read again after a change."""

    branch: str | None = None
    """The branch that moved, came or went."""
    worktree: str | None = None
    """The name of the worktree's git directory; "" is the main worktree."""
    everything: bool = False
    """Refs were packed or worktrees came or went: read all, and watch anew."""


def watch_paths(repo: Repository, worktrees: Iterable[Path] = ()) -> WatchPaths:
    """The folders through which every commit and moved branch can be seen.

    Linked worktrees keep their state in the shared git directory, so their own
    files need no watch; `worktrees` adds the parents of their folders, to see one
    removed by hand.
    """
    below = [repo.git_dir / name for name in ("refs/heads", "worktrees", "reftable")]
    parents = {worktree.parent for worktree in worktrees}
    return WatchPaths(
        recursive=frozenset(path for path in below if path.is_dir()),
        flat=frozenset({repo.git_dir, *(path for path in parents if path.is_dir())}),
    )


def affected(repo: Repository, changed_path: Path) -> Affected | None:
    """What a changed path means; None if nothing has to be read again."""
    if changed_path.suffix == ".lock":
        return None
    try:
        parts = changed_path.relative_to(repo.git_dir).parts
    except ValueError:
        return Affected(everything=True)
    match parts:
        case ("refs", "heads", *branch) if branch:
            return Affected(branch="/".join(branch))
        case ("worktrees", name, *rest) if rest:
            is_telling = "/".join(rest) in _WORKTREE_FILES
            return Affected(worktree=name) if is_telling else None
        case ("worktrees" | "reftable" | "packed-refs", *_):
            return Affected(everything=True)
        case (name,) if name in _FLAT_FILES:
            return Affected(worktree="")
        case _:
            return None
