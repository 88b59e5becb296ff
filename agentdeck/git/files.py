"""The content of files: as a commit has them, and of a worktree as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.diffs import index_copy
from agentdeck.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Files:
    """A worktree's files at one moment."""

    commit: str
    tree: str
    """The tree of its files, uncommitted and untracked ones included."""


def file_at(repo: Repository, revision: str, path: str) -> bytes | None:
    """A file as a commit has it; None where it has none."""
    words = ["cat-file", "blob", f"{revision}:{path}"]
    shown = commands.read(repo.root, *words, ok=(0, 1, 128))
    return shown.stdout if shown.status == 0 else None


def files_of(worktree: Path, *, is_clean: bool = False) -> Files:
    """Which files a worktree holds now, without touching its index.

    Args:
        worktree: The worktree's folder.
        is_clean: It is known to hold its commit and nothing else, which spares
            looking at all files.

    Raises:
        AgentDeckError: If git cannot read them, such as another repository in it.
    """
    shown = commands.read(worktree, "rev-parse", "HEAD^{commit}", "HEAD^{tree}").text
    commit, _, tree = shown.partition("\n")
    if is_clean:
        return Files(commit, tree)
    with index_copy(worktree) as index:
        words = ["add", "--all", "--sparse", "--", "."]
        commands.write(worktree, *words, index=index)
        tree = commands.write(worktree, "write-tree", index=index).text
    return Files(commit, tree)
