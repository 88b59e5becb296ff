"""The files that a repository tracks."""

from __future__ import annotations

from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.repository import Repository


def tracked_files(repo: Repository) -> list[str]:
    """The paths of all tracked files, below the repository's root. Blocks."""
    return commands.read(repo.root, "ls-files", "-z", "--cached").records()


def index_stamp(repo: Repository) -> tuple[int, int]:
    """What changes whenever the list of tracked files does."""
    index = Path(repo.git_dir) / "index"
    try:
        status = index.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
