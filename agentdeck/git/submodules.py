"""Submodules of a worktree: checked out when asked for, and never thrown away.

A submodule's own repository lies in its worktree's git directory and goes with it.
"""

from __future__ import annotations

from pathlib import Path

from agentdeck.git import commands


def has_submodules(worktree: Path) -> bool:
    """Whether a worktree's files name submodules."""
    return (worktree / ".gitmodules").is_file()


def check_out_submodules(worktree: Path) -> None:
    """Fetch and check out all submodules of a worktree, also theirs.

    Blocks while git fetches. Git itself allows only https, ssh and its own protocol
    there, and plain paths where the person's settings do; the `ext` protocol and a
    command that .gitmodules names for the update never run.

    Raises:
        AgentDeckError: If one cannot be fetched.
    """
    words = ("submodule", "--quiet", "update", "--init", "--recursive", "--checkout")
    commands.write(worktree, *words)


def submodules_with_work(worktree: Path) -> list[str]:
    """The submodules that hold changes or commits which are nowhere else."""
    if not has_submodules(worktree):
        return []
    found: list[str] = []
    for path in _submodules(worktree):
        folder = worktree / path
        if not (folder / ".git").exists():
            continue
        if _has_work(folder):
            found.append(path)
        found += [f"{path}/{each}" for each in submodules_with_work(folder)]
    return found


def _submodules(worktree: Path) -> list[str]:
    records = commands.read(worktree, "ls-files", "--stage", "-z").records()
    links = (record.split("\t", 1) for record in records if record[:6] == "160000")
    return [path for _, path in links]


def _has_work(folder: Path) -> bool:
    words = ("status", "--porcelain", "-z", "--ignore-submodules=dirty")
    if commands.read(folder, *words).stdout:
        return True
    own = ("rev-list", "--max-count=1", "HEAD", "--branches", "--not", "--remotes")
    return bool(commands.read(folder, *own).stdout)
