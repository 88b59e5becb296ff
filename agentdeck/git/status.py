"""How a session's worktree stands: commits ahead, changes, lines, last commit."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.diffs import diff_from_merge_base, parse_numstat
from agentdeck.git.errors import GitError
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository

MAX_UNTRACKED_READ = 200
MAX_UNTRACKED_BYTES = 256 * 1024
STATUS = (
    "status",
    "--porcelain=v2",
    "--branch",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--no-ahead-behind",
    # Looking into a submodule would run git there with that submodule's settings.
    "--ignore-submodules=dirty",
)
"""The words of a `git status` that runs nothing inside submodules."""


@dataclass(frozen=True, slots=True)
class WorktreeState:
    """A worktree at one moment, compared with its base."""

    head: str | None
    """None when the branch has gone too."""
    branch: str | None
    """The branch that is really checked out; None when detached or missing."""
    ahead: int = 0
    behind: int = 0
    dirty: bool = False
    conflicted: bool = False
    """A merge or rebase inside it waits for somebody."""
    added: int = 0
    removed: int = 0
    files: int = 0
    last_commit_subject: str = ""
    """Of the branch's own newest commit; empty before its first."""
    merged: bool = False
    """It had commits of its own, and its base has all of them now."""
    missing: bool = False
    """The worktree's folder is gone; the rest is read from the branch."""


@dataclass(frozen=True, slots=True)
class _Changes:
    head: str | None = None
    branch: str | None = None
    dirty: bool = False
    conflicted: bool = False
    untracked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Distance:
    base: str
    head: str | None = None
    ahead: int = 0
    behind: int = 0
    subject: str = ""


def snapshot(
    repo: Repository, worktree: Path, branch: str, base_name: str, base_commit: str
) -> WorktreeState:
    """Read a worktree's state in three git processes, taking no lock.

    `ahead` and `behind` count against the base's tip as it is now; lines and
    files against the merge base, uncommitted and untracked files included.

    Args:
        repo: The repository.
        worktree: The worktree's folder, which may be gone.
        branch: The session's branch, looked at when the folder is gone.
        base_name: The base, as `Base.name`.
        base_commit: Where the session started; used if the base has gone.
    """
    is_missing = not (worktree / ".git").exists()
    where = repo.root if is_missing else worktree
    changes = _Changes() if is_missing else _changes(worktree)
    distance = _distance(
        where, base_name, base_commit, full_ref(branch) if is_missing else "HEAD"
    )
    if distance is None:
        return WorktreeState(changes.head, changes.branch, missing=is_missing)
    head = changes.head or distance.head
    compared = [distance.base]
    if is_missing:
        compared.append(full_ref(branch))
    elif not changes.dirty:
        # The files are those of the commit, so that none has to be looked at again.
        compared.append(changes.head or "HEAD")
    options = ["--numstat", "-z", "--no-renames"]
    changed = parse_numstat(diff_from_merge_base(where, options, *compared).records())
    return WorktreeState(
        head=head,
        branch=changes.branch,
        ahead=distance.ahead,
        behind=distance.behind,
        dirty=changes.dirty,
        conflicted=changes.conflicted,
        added=sum(file.added for file in changed)
        + _untracked_lines(worktree, changes.untracked),
        removed=sum(file.removed for file in changed),
        files=len(changed) + len(changes.untracked),
        last_commit_subject=distance.subject,
        merged=distance.ahead == 0 and head not in (base_commit, None),
        missing=is_missing,
    )


def uncommitted(worktree: Path) -> list[str]:
    """The paths in a worktree that are changed or untracked, at most once each."""
    records = commands.read(worktree, *STATUS).records()
    return [_path_in(record) for record in records if not record.startswith("# ")]


def _changes(worktree: Path) -> _Changes:
    head = branch = None
    dirty = conflicted = False
    untracked: list[str] = []
    for record in commands.read(worktree, *STATUS).records():
        key, _, rest = record.partition(" ")
        if key != "#":
            dirty = True
            conflicted = conflicted or key == "u"
            if key == "?":
                untracked.append(rest)
        elif rest.startswith("branch.oid ") and "(" not in rest:
            head = rest.removeprefix("branch.oid ")
        elif rest.startswith("branch.head ") and rest != "branch.head (detached)":
            branch = rest.removeprefix("branch.head ")
    return _Changes(head, branch, dirty, conflicted, tuple(untracked))


def _path_in(record: str) -> str:
    fields_before = {"1": 8, "2": 9, "u": 10}.get(record[0], 1)
    return record.split(" ", fields_before)[-1]


def _distance(
    where: Path, base_name: str, base_commit: str, head: str
) -> _Distance | None:
    """Count commits on both sides; None if the head does not exist."""
    places = (full_ref(base_name), f"refs/remotes/{base_name}", base_commit)
    for base in places:
        shown = commands.read(
            where,
            "rev-list",
            "--left-right",
            "--no-commit-header",
            "--format=%m%H%s",
            "--end-of-options",
            f"{base}...{head}",
            "--",
            ok=(0, 128),
        )
        if shown.status == 0:
            lines = shown.text.splitlines()
            own = [line for line in lines if line.startswith(">")]
            return _Distance(
                base=base,
                head=own[0][1:41] if own else _commit_at(where, head),
                ahead=len(own),
                behind=len(lines) - len(own),
                subject=own[0][41:] if own else "",
            )
    return None


def _commit_at(where: Path, head: str) -> str | None:
    if head == "HEAD":
        return None
    try:
        return commands.read(where, "rev-parse", "--verify", "--quiet", head).text
    except GitError:
        return None


def _untracked_lines(worktree: Path, paths: tuple[str, ...]) -> int:
    return sum(_lines_in(worktree / path) for path in paths[:MAX_UNTRACKED_READ])


def _lines_in(path: Path) -> int:
    """The lines of a text file's first 256 KiB; links and devices are not opened."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return 0
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MAX_UNTRACKED_BYTES)
    except OSError:
        return 0
    if b"\0" in content[:8000]:
        return 0
    return content.count(b"\n") + bool(content and not content.endswith(b"\n"))
