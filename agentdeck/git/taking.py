"""Takes one file from one worktree into another."""

from __future__ import annotations

from pathlib import Path

from agentdeck.core.errors import RefusedError
from agentdeck.git import commands
from agentdeck.git.files import files_of


def take_file(source: Path, target: Path, path: str) -> None:
    """Have a file in one worktree as it is now in another of the same repository.

    What the source has not committed counts. The target's file is staged there, not
    committed. Where it has a change of its own that is not committed, nothing is done.

    Args:
        source: The worktree that has the file.
        target: The one that gets it.
        path: Below the repository's top; no pattern.

    Raises:
        RefusedError: If the source has no such file, or the target's is changed.
        AgentDeckError: If git fails.
    """
    literal = f":(top,literal){path}"
    tree = files_of(source).tree
    listed = commands.read(
        source, "ls-tree", "-r", "-z", "--full-tree", "--name-only", tree
    )
    if path not in listed.records():
        raise RefusedError(f"There is no file {path} in {source.name}.")
    changed = commands.read(
        target, "status", "--porcelain", "-z", "--untracked-files=all", "--", literal
    )
    if changed.stdout.strip():
        raise RefusedError(
            f"{path} has changes in {target.name} that are not committed; commit or "
            "drop them first."
        )
    commands.write(target, "checkout", tree, "--", literal)
