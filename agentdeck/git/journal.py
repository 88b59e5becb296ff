"""Moves a branch and its checkouts together, and survives being killed between.

Before the files of a checkout move, what is about to happen is written to a file
in the git directory; it is removed when the branch has moved. Whoever holds the
merge lock next finds it and finishes or takes back the step.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

from agentdeck.core.errors import AgentDeckError
from agentdeck.git import checkouts as folders
from agentdeck.git import commands
from agentdeck.git.errors import BranchMovedError, GitError, StorageError
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, commit_of

logger = logging.getLogger(__name__)

JOURNAL_FILE = "agentdeck-merge.json"


def follow(
    repo: Repository,
    followers: list[Path],
    branch: str,
    old: str,
    new: str,
    note: str,
) -> None:
    """Move a branch from one commit to another, its clean checkouts with it.

    The caller holds the merge lock. When a step fails, those before it are taken
    back, so that branch and checkouts still belong together.

    Raises:
        BranchMovedError: If the branch is no longer at `old`.
        WorktreeDirtyError: If an untracked file is in the way.
    """
    if followers:
        _write_journal(repo, followers, branch, old, new)
    moved: list[Path] = []
    try:
        for checkout in followers:
            folders.move(checkout, branch, old, new)
            moved.append(checkout)
        where = followers[0] if followers else repo.root
        _update_ref(where, branch, old, new, note)
    except BaseException:
        for checkout in reversed(moved):
            folders.move(checkout, branch, new, old)
        _remove_journal(repo)
        raise
    _remove_journal(repo)


def recover(repo: Repository) -> None:
    """Finish or take back the step of a process that was killed.

    A checkout is only touched if its index is exactly what that process had made
    of it; a person's later work stays. The caller holds the merge lock.
    """
    path = repo.git_dir / JOURNAL_FILE
    try:
        entry = json.loads(path.read_bytes())
        branch, old, new = (str(entry[key]) for key in ("branch", "old", "new"))
        followers = [Path(name) for name in entry["checkouts"]]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        logger.warning("merge_journal_unreadable", extra={"path": str(path)})
        path.unlink(missing_ok=True)
        return
    tip = commit_of(repo, full_ref(branch))
    source, target = (old, new) if tip == new else (new, old)
    if tip in (old, new):
        for checkout in followers:
            _settle(checkout, branch, source, target)
    _remove_journal(repo)


def _settle(checkout: Path, branch: str, source: str, target: str) -> None:
    if not (checkout / ".git").exists():
        return
    try:
        index_tree = commands.write(checkout, "write-tree").text
        source_tree = commands.read(checkout, "rev-parse", f"{source}^{{tree}}").text
        if index_tree == source_tree:
            commands.write(checkout, "update-index", "--refresh", ok=(0, 1))
            folders.move(checkout, branch, source, target)
    except AgentDeckError:
        logger.exception("merge_not_recovered", extra={"worktree": str(checkout)})


def _update_ref(where: Path, branch: str, old: str, new: str, note: str) -> None:
    try:
        commands.write(
            where, "update-ref", "-m", note, "--", full_ref(branch), new, old
        )
    except GitError as error:
        complaint = str(error.data.get("stderr", ""))
        if "but expected" not in complaint and "unable to resolve" not in complaint:
            raise
        raise BranchMovedError(
            f"{branch!r} moved while it was being merged into. Try again.",
            branch=branch,
        ) from error


def _write_journal(
    repo: Repository, followers: list[Path], branch: str, old: str, new: str
) -> None:
    entry = {
        "version": 1,
        "branch": branch,
        "old": old,
        "new": new,
        "checkouts": [str(path) for path in followers],
    }
    path = repo.git_dir / JOURNAL_FILE
    draft = path.with_suffix(".tmp")
    try:
        # Not synced to the disk: it is for killed processes, not for power cuts,
        # and would be the slowest step of a merge.
        draft.write_text(json.dumps(entry))
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise StorageError(
            f"{path} cannot be written ({error.strerror}), so nothing was merged. Free"
            " some space, or make the repository writable.",
            path=str(path),
        ) from error


def _remove_journal(repo: Repository) -> None:
    with suppress(OSError):
        (repo.git_dir / JOURNAL_FILE).unlink()
