"""Worktrees of our own for a moment: a commit's or a tree's files, on no branch."""

from __future__ import annotations

from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import UnknownRevisionError
from agentdeck.git.identity import commit_tree
from agentdeck.git.locks import worktrees_locked
from agentdeck.git.repository import Repository
from agentdeck.git.worktrees import remove_worktree

_NOTE = "agentdeck: files to check"


def make_scratch(repo: Repository, path: Path, at: str) -> str:
    """Check out a commit or a tree in a new folder; gives the commit.

    A tree is given a commit of its own that no branch holds.

    Raises:
        UnknownRevisionError: If there is no such object.
        AgentDeckError: If git cannot write the files.
    """
    kind = commands.read(repo.root, "cat-file", "-t", at, ok=(0, 1, 128)).text
    if kind not in ("commit", "tree"):
        raise UnknownRevisionError(f"There is no commit or tree {at!r}.", name=at)
    commit = at if kind == "commit" else commit_tree(repo.root, at, [], _NOTE)
    with worktrees_locked(repo.git_dir):
        words = ["worktree", "add", "--quiet", "--detach", "--", str(path), commit]
        commands.write(repo.root, *words)
    return commit


def remove_scratch(repo: Repository, path: Path) -> None:
    """Remove such a folder, wholly made or not.

    Raises:
        AgentDeckError: If it cannot be removed.
    """
    if path.exists() or path in _known(repo):
        remove_worktree(repo, path, force=True)


def _known(repo: Repository) -> set[Path]:
    records = commands.read(repo.root, "worktree", "list", "--porcelain", "-z")
    words = (record.partition(" ") for record in records.records())
    return {Path(value) for key, _, value in words if key == "worktree"}
