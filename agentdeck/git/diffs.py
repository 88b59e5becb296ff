"""How diffs are asked for: safely, against a merge base, through a temporary index."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import GitError
from agentdeck.git.worktrees import worktree_git_dir

PLAIN = (
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=dirty",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
"""Options that keep a repository's settings from running programs in a diff."""


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file that differs from the merge base."""

    path: str
    added: int
    removed: int
    is_binary: bool = False
    old_path: str | None = None
    """Where it was, if it was renamed."""


def parse_numstat(records: list[str]) -> list[ChangedFile]:
    """Read what `--numstat -z` prints."""
    found: list[ChangedFile] = []
    remaining = iter(records)
    for record in remaining:
        added, removed, path = record.split("\t", 2)
        old_path = None
        if not path:
            old_path, path = next(remaining), next(remaining)
        found.append(
            ChangedFile(
                path=path,
                added=0 if added == "-" else int(added),
                removed=0 if removed == "-" else int(removed),
                is_binary=added == "-",
                old_path=old_path,
            )
        )
    return found


def diff_from_merge_base(
    where: Path, options: list[str], *revisions: str, index: Path | None = None
) -> commands.Output:
    """Compare with the merge base, or with the base itself if there is not one.

    Without a second revision, the worktree's files are compared.
    """
    words = ["diff", *PLAIN, *options]
    try:
        return commands.read(
            where, *words, "--merge-base", *revisions, "--", index=index
        )
    except GitError as error:
        if "merge base" not in str(error.data.get("stderr", "")):
            raise
        return commands.read(where, *words, *revisions, "--", index=index)


@contextmanager
def index_copy(worktree: Path) -> Iterator[Path]:
    """A copy of a worktree's index that may be written and is thrown away."""
    with tempfile.TemporaryDirectory(prefix="agentdeck-index-") as folder:
        copy = Path(folder) / "index"
        original = worktree_git_dir(worktree) / "index"
        if original.exists():
            # With its time: git compares it with the files' to see which of them may
            # have changed again within the clock's step.
            shutil.copy2(original, copy)
        yield copy
