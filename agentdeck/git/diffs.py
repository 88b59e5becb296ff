"""What a session changed: text and counts, with uncommitted and untracked files.

Nothing here writes to a worktree or its index; untracked files are seen through
a temporary index.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import BranchMissingError, GitError
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, branch_exists
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


def diff(
    repo: Repository,
    worktree: Path,
    base: str,
    *,
    branch: str | None = None,
    stat: bool = False,
    names: bool = False,
    color: bool = False,
) -> str:
    """Everything a worktree has that its merge base with `base` has not.

    Args:
        repo: The repository.
        worktree: The session's worktree; if it is gone, the branch is shown.
        base: A commit, or the full name of a ref.
        branch: The session's branch, for when the worktree is gone.
        stat: A summary by file in place of the text.
        names: Only a letter and a path for each file.
        color: With the terminal colours that git is set to.

    Raises:
        BranchMissingError: If both the worktree and the branch are gone.
    """
    shape = ["--stat"] if stat else ["--name-status"] if names else ["--patch"]
    shown = _compare(
        repo,
        worktree,
        base,
        branch,
        [f"--color={'always' if color else 'never'}", "--find-renames", *shape],
    )
    return shown.stdout.decode("utf-8", "replace")


def changed_files(
    repo: Repository, worktree: Path, base: str, *, branch: str | None = None
) -> list[ChangedFile]:
    """The files that `diff` would show, with their counts of lines.

    Raises:
        BranchMissingError: If both the worktree and the branch are gone.
    """
    options = ["--numstat", "-z", "--find-renames"]
    return parse_numstat(_compare(repo, worktree, base, branch, options).records())


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


def _compare(
    repo: Repository,
    worktree: Path,
    base: str,
    branch: str | None,
    options: list[str],
) -> commands.Output:
    if not (worktree / ".git").exists():
        if branch is None or not branch_exists(repo, branch):
            raise BranchMissingError(
                f"Neither the worktree {worktree} nor its branch is there any more, so"
                " there is nothing to compare.",
                worktree=str(worktree),
            )
        return diff_from_merge_base(repo.root, options, base, full_ref(branch))
    with index_copy(worktree) as index:
        commands.write(
            worktree,
            "add",
            "--intent-to-add",
            "--ignore-errors",
            "--sparse",
            "--",
            ".",
            index=index,
            ok=(0, 1),
        )
        return diff_from_merge_base(worktree, options, base, index=index)
