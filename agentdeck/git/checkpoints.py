"""Commits what a worktree has, beside its agent: no hook, no filter, nothing lost.

The tree is made in a copy of the index. Only when index and branch are still as they
were does the branch move, while the index is locked the way git locks it; so an agent
that commits at the same moment commits either before or after, never over it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.checkouts import tree_of, unfinished
from agentdeck.git.diffs import index_copy
from agentdeck.git.errors import (
    BranchMovedError,
    GitError,
    LockedError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import commit_tree
from agentdeck.git.names import full_ref
from agentdeck.git.status import STATUS
from agentdeck.git.worktrees import worktree_git_dir

ATTEMPTS = 4
LOCK_PATIENCE_S = 5.0
MAX_UNTRACKED_BYTES = 50 * 1024 * 1024
"""A new file above this is more likely a build's product than work; hosts refuse it."""

_OURS = "agentdeck-index"
"""The index to be, in the worktree's git directory; its lock is a link to it."""
_INDEX = ("-c", "core.splitIndex=false", "-c", "core.safecrlf=false")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A commit that was made of a worktree."""

    commit: str
    parent: str
    left_out: tuple[str, ...] = ()
    """Paths that stay uncommitted: filtered by a program, nested, or very large."""


@dataclass(frozen=True, slots=True)
class Found:
    """A worktree as `git status` shows it."""

    head: str
    branch: str
    is_dirty: bool
    is_conflicted: bool
    untracked: tuple[str, ...]


_Change = tuple[str, str, str]
"""A path, its mode and its object before."""


class WorktreeFiles:
    """Reads a worktree's files into an index, running none of its filters' programs."""

    def __init__(
        self, worktree: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Find out which filters there are.

        Args:
            worktree: The worktree's folder.
            environment: Variables for git, such as where its objects go.
        """
        self._worktree = worktree
        self._environment = environment
        self._drivers = _filter_drivers(worktree)
        self._settings = [*_INDEX, *_without(self._drivers)]

    def status(self) -> Found:
        """How the worktree is now."""
        head = branch = ""
        is_dirty = is_conflicted = False
        untracked: list[str] = []
        shown = commands.read(self._worktree, *self._settings, *STATUS)
        for record in shown.records():
            key, _, rest = record.partition(" ")
            if key == "#":
                if rest.startswith("branch.oid ") and "(" not in rest:
                    head = rest.removeprefix("branch.oid ")
                elif rest.startswith("branch.head ") and "(" not in rest:
                    branch = rest.removeprefix("branch.head ")
                continue
            is_dirty = True
            is_conflicted = is_conflicted or key == "u"
            if key == "?":
                untracked.append(rest)
        return Found(head, branch, is_dirty, is_conflicted, tuple(untracked))

    def add_to(self, index: Path, found: Found) -> list[str]:
        """Put all files into an index; gives the paths that were left out."""
        left_out = [
            path for path in found.untracked if _stays_out(self._worktree, path)
        ]
        kept = [f":(exclude,literal,top){path.rstrip('/')}" for path in left_out]
        # Without `--sparse` git refuses all, if one lies outside a sparse checkout.
        self._write("add", "--all", "--sparse", "--", ":/", *kept, index=index)
        if self._drivers:
            changed = self._changed(index, found.head)
            filtered = self._filtered([path for path, *_ in changed])
            self._put_back(index, changed, filtered)
            left_out += filtered
        return left_out

    def write_tree(self, index: Path) -> str:
        """The tree of an index."""
        return self._write("write-tree", index=index).text

    def _changed(self, index: Path, head: str) -> list[_Change]:
        records = commands.read(
            self._worktree,
            "diff-index",
            "--cached",
            "--raw",
            "-z",
            "--no-renames",
            "--no-abbrev",
            "--ignore-submodules=none",
            head,
            index=index,
            environment=self._environment,
        ).records()
        changes = []
        for meta, path in zip(records[::2], records[1::2], strict=True):
            mode, _, name, *_ = meta.removeprefix(":").split(" ")
            changes.append((path, mode, name))
        return changes

    def _filtered(self, paths: Sequence[str]) -> list[str]:
        asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
        words = ("check-attr", "-z", "--stdin", "filter")
        records = self._write(*words, stdin=asked).records()
        pairs = zip(records[::3], records[2::3], strict=True)
        return [path for path, driver in pairs if driver in self._drivers]

    def _put_back(
        self, index: Path, changed: Sequence[_Change], unwanted: Sequence[str]
    ) -> None:
        """Have an index hold some paths as the commit has them."""
        lines = [
            f"{mode if mode.strip('0') else '0'} {name}\t".encode()
            + os.fsencode(path)
            + b"\0"
            for path, mode, name in changed
            if path in set(unwanted)
        ]
        words = ("update-index", "-z", "--index-info")
        self._write(*words, index=index, stdin=b"".join(lines))

    def _write(
        self, *words: str, index: Path | None = None, stdin: bytes | None = None
    ) -> commands.Output:
        return commands.write(
            self._worktree,
            *self._settings,
            *words,
            index=index,
            stdin=stdin,
            environment=self._environment,
        )


def checkpoint(worktree: Path, branch: str, message: str) -> Checkpoint | None:
    """Commit all that is uncommitted in a worktree; None if there is nothing.

    The author is as git is configured. What a program would have to filter is left
    out, as is another repository inside, and a new file above
    `MAX_UNTRACKED_BYTES`.

    Args:
        worktree: The session's worktree.
        branch: The branch that has to be checked out there.
        message: The whole message of the commit.

    Raises:
        WorktreeDirtyError: If a merge, rebase or the like is under way there.
        BranchMovedError: If another branch is checked out, or it kept moving.
        LockedError: If another git holds the index for long.
    """
    was_killed = recover(worktree)
    files = WorktreeFiles(worktree)
    for _ in range(ATTEMPTS):
        found = files.status()
        _require_quiet(worktree, branch, found)
        if not found.is_dirty:
            return None
        with index_copy(worktree) as index:
            was = index.read_bytes() if index.exists() else b""
            left_out = files.add_to(index, found)
            tree = files.write_tree(index)
            if tree == tree_of(worktree, found.head):
                if was_killed:
                    _put(worktree, branch, found.head, found.head, was, index)
                return None
            commit = commit_tree(worktree, tree, [found.head], message)
            if _put(worktree, branch, found.head, commit, was, index):
                return Checkpoint(commit, found.head, tuple(left_out))
    raise BranchMovedError(
        f"{branch!r} or its index kept changing, so no checkpoint was made. What is"
        " uncommitted is still in the worktree.",
        branch=branch,
    )


def recover(worktree: Path) -> bool:
    """Free an index that a killed checkpoint of ours left locked; says whether.

    A lock of anybody else's is left alone.
    """
    try:
        original = worktree_git_dir(worktree) / "index"
    except OSError:
        return False
    ours, lock = original.with_name(_OURS), original.with_name("index.lock")
    if not ours.exists():
        return False
    if lock.exists() and lock.samefile(ours):
        lock.unlink()
    ours.unlink()
    return True


def _require_quiet(worktree: Path, branch: str, found: Found) -> None:
    operation = unfinished(worktree)
    if operation or found.is_conflicted:
        raise WorktreeDirtyError(
            f"{worktree} is in the middle of a {operation or 'merge'}, so it was left"
            " alone. Finish or abort it there first.",
            checkout=str(worktree),
        )
    if found.branch != branch:
        shown = repr(found.branch) if found.branch else "no branch"
        raise BranchMovedError(
            f"{worktree} has {shown} checked out in place of {branch!r}, so it was left"
            " alone.",
            branch=branch,
        )


def _filter_drivers(worktree: Path) -> list[str]:
    """The filters of the settings that would run a program on a file's content."""
    shown = commands.read(
        worktree,
        "config",
        "-z",
        "--name-only",
        "--get-regexp",
        r"^filter\..*\.(clean|process)$",
        ok=(0, 1),
    )
    names = (name.split(".", 1)[1].rsplit(".", 1)[0] for name in shown.records())
    return list(dict.fromkeys(names))


def _without(drivers: Sequence[str]) -> list[str]:
    """Settings under which these filters do nothing."""
    settings = []
    for name in drivers:
        for key, value in (("clean", ""), ("process", ""), ("required", "false")):
            settings += ["-c", f"filter.{name}.{key}={value}"]
    return settings


def _stays_out(worktree: Path, path: str) -> bool:
    """Whether an untracked path is another repository, or very large."""
    if path.endswith("/"):
        return True
    try:
        return (worktree / path).lstat().st_size > MAX_UNTRACKED_BYTES
    except OSError:
        return False


def _put(
    worktree: Path, branch: str, head: str, commit: str, was: bytes, index: Path
) -> bool:
    """Move the branch and the index, if both are still as they were read."""
    original = worktree_git_dir(worktree) / "index"
    lock, ours = original.with_name("index.lock"), original.with_name(_OURS)
    # With its time: by it git sees which files may have changed since, unnoticed.
    shutil.copy2(index, ours)
    try:
        _lock(ours, lock)
        try:
            now = original.read_bytes() if original.exists() else b""
            is_put = now == was and _moved(worktree, branch, head, commit)
            if is_put:
                lock.replace(original)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        if not is_put:
            lock.unlink()
    finally:
        ours.unlink()
    return is_put


def _lock(ours: Path, lock: Path) -> None:
    """Lock an index as git does, with a file that can be told from git's own."""
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            lock.hardlink_to(ours)
        except FileExistsError as error:
            if time.monotonic() > deadline:
                raise LockedError(
                    f"Another git is at work in this worktree: {lock} exists. If no git"
                    " is running, remove that file by hand.",
                    lock=str(lock),
                ) from error
            time.sleep(0.05)
        else:
            return


def _moved(worktree: Path, branch: str, head: str, commit: str) -> bool:
    if commit == head:
        return True
    words = ("update-ref", "-m", "commit: agentdeck checkpoint", "--")
    try:
        commands.write(worktree, *words, full_ref(branch), commit, head)
    except GitError as error:
        if "but expected" not in str(error.data.get("stderr", "")):
            raise
        return False
    return True
