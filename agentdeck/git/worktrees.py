"""Creates, lists and removes worktrees; each change is whole or not made."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import (
    BranchInUseError,
    BranchMissingError,
    GitError,
    NameTakenError,
    NoCommitError,
    StorageError,
    WorktreeDirtyError,
    WorktreeProtectedError,
)
from agentdeck.git.locks import worktrees_locked
from agentdeck.git.names import branch_name, checked_branch, full_ref, worktree_path
from agentdeck.git.repository import (
    NO_COMMIT,
    Checkout,
    Repository,
    branch_exists,
    checkouts,
    commit_of,
)

__all__ = [
    "Worktree",
    "branch_exists",
    "branch_name",
    "create_worktree",
    "list_worktrees",
    "name_is_taken",
    "remove_worktree",
    "worktree_path",
]


@dataclass(frozen=True, slots=True)
class Worktree:
    """A worktree that was just made."""

    path: Path
    branch: str
    commit: str
    git_dir: Path
    """Its own git directory, inside the repository's `worktrees/`."""


def create_worktree(
    repo: Repository,
    path: Path,
    branch: str,
    base_commit: str,
    *,
    existing_branch: bool = False,
) -> Worktree:
    """Make a worktree with a new branch, or with one that exists.

    Blocks while git writes the files. When it fails, neither the branch nor the
    folder stays. No hook of the repository runs.

    Args:
        repo: The repository.
        path: The folder to make; it must not exist.
        branch: The branch to make, or to check out.
        base_commit: Where a new branch starts; not looked at for an existing one.
        existing_branch: Whether the branch is there already.

    Raises:
        InvalidNameError: If git would not take the branch's name.
        NameTakenError: If the branch or the folder exists.
        BranchMissingError: If an existing branch does not exist.
        BranchInUseError: If it is checked out elsewhere.
        StorageError: If the disk is full or cannot be written.
    """
    checked_branch(branch)
    path = path.absolute()
    with worktrees_locked(repo.git_dir):
        if os.path.lexists(path):
            raise NameTakenError(
                f"{path} exists already. Choose another name, or move that away.",
                path=str(path),
            )
        if existing_branch:
            commit = _tip_of_existing(repo, branch)
        else:
            commit = base_commit
            _create_branch(repo, branch, commit)
        first_missing = _first_missing_parent(path)
        try:
            commands.write(
                repo.root, "worktree", "add", "--quiet", "--", str(path), branch
            )
        except BaseException as error:
            if not _is_of_another(error):
                _clear_away(repo, path, first_missing)
            if not existing_branch:
                _delete_branch(repo, branch, commit)
            if isinstance(error, GitError):
                raise _explained(error, path, branch) from error
            raise
    return Worktree(path, branch, commit, worktree_git_dir(path))


def remove_worktree(repo: Repository, path: Path, *, force: bool = False) -> None:
    """Remove a worktree, also when its folder is gone or half gone already.

    The branch stays. Asking again for one that is gone does nothing.

    Args:
        repo: The repository.
        path: The worktree's folder.
        force: Also when it has uncommitted or untracked files, which are lost.

    Raises:
        WorktreeDirtyError: If it has such files and `force` is not given.
        WorktreeProtectedError: If it is the main worktree, locked, or not git's.
    """
    path = path.absolute()
    with worktrees_locked(repo.git_dir):
        words = ["worktree", "remove", *(["--force"] if force else [])]
        try:
            commands.write(repo.root, *words, "--", str(path))
        except (GitError, StorageError) as error:
            _settle_removal(repo, path, error, force=force)
        with suppress(OSError):
            if path.parent.name == f"{repo.root.name}.worktrees":
                path.parent.rmdir()


def list_worktrees(repo: Repository) -> list[Checkout]:
    """The main worktree and all linked ones, the main one first."""
    return checkouts(repo)


def name_is_taken(repo: Repository, branch: str, path: Path) -> bool:
    """Whether a new worktree of that branch and folder would meet an old one."""
    return os.path.lexists(path) or branch_exists(repo, branch)


def worktree_git_dir(path: Path) -> Path:
    """The git directory of a worktree, read from its `.git` file.

    Raises:
        OSError: If there is no such file or folder.
    """
    dot_git = path / ".git"
    if dot_git.is_dir():
        return dot_git
    text = os.fsdecode(dot_git.read_bytes())
    return (path / text.removeprefix("gitdir: ").removesuffix("\n")).resolve()


def _tip_of_existing(repo: Repository, branch: str) -> str:
    commit = commit_of(repo, full_ref(branch))
    if commit is None:
        raise BranchMissingError(
            f"There is no branch {branch!r} in {repo.root.name}. `git branch` lists"
            " those there are.",
            branch=branch,
        )
    return commit


def _create_branch(repo: Repository, branch: str, commit: str) -> None:
    """Make the branch, atomically: an existing one makes it fail.

    `git worktree add -b` would start one more process and leave it unclear, when
    it fails, whether the branch is ours to delete.
    """
    note = ("-m", "agentdeck: new session")
    words = ["update-ref", *note, "--", full_ref(branch), commit, NO_COMMIT]
    try:
        commands.write(repo.root, *words)
    except GitError as error:
        complaint = str(error.data.get("stderr", ""))
        if "reference already exists" in complaint:
            raise NameTakenError(
                f"The branch {branch!r} exists already. Choose another name, or delete"
                f" it with `git branch -D {branch}`.",
                branch=branch,
            ) from error
        if "cannot create" in complaint:
            raise NameTakenError(
                f"The branch {branch!r} cannot be made beside the branches there are:"
                " git takes either `a` or `a/b`, not both. Rename the other branch or"
                " set another branch template.",
                branch=branch,
                stderr=complaint,
            ) from error
        if "nonexistent object" in complaint or "not a valid SHA1" in complaint:
            raise NoCommitError(
                f"There is no commit {commit!r} in {repo.root.name} to start from."
                " Choose another base.",
                commit=commit,
            ) from error
        raise


def _delete_branch(repo: Repository, branch: str, commit: str) -> None:
    with suppress(GitError, StorageError):
        commands.write(repo.root, "update-ref", "-d", "--", full_ref(branch), commit)


def _first_missing_parent(path: Path) -> Path:
    missing = path
    while not os.path.lexists(missing.parent):
        missing = missing.parent
    return missing


def _is_of_another(error: BaseException) -> bool:
    """Whether the folder came from another process after we had looked."""
    complaint = error.data.get("stderr", "") if isinstance(error, GitError) else ""
    return "' already exists" in str(complaint)


def _clear_away(repo: Repository, path: Path, first_missing: Path) -> None:
    with suppress(GitError, StorageError):
        words = ["worktree", "remove", "--force", "--force", "--", str(path)]
        commands.write(repo.root, *words)
    shutil.rmtree(path, ignore_errors=True)
    for parent in path.parents:
        if not parent.is_relative_to(first_missing):
            break
        with suppress(OSError):
            parent.rmdir()


def _explained(error: GitError, path: Path, branch: str) -> Exception:
    complaint = str(error.data.get("stderr", ""))
    if "is already checked out at" in complaint or "already used by" in complaint:
        return BranchInUseError(
            f"The branch {branch!r} is checked out in another worktree. Choose another"
            " branch, or remove that worktree first.",
            branch=branch,
        )
    if "' already exists" in complaint:
        return NameTakenError(
            f"{path} exists already. Choose another name, or move that away.",
            path=str(path),
        )
    if "File name too long" in complaint:
        return NameTakenError(
            f"The path {path.name[:40]!r}… is too long for this disk. Choose a shorter"
            " name.",
            path=str(path),
        )
    return error


def _settle_removal(
    repo: Repository, path: Path, error: GitError | StorageError, *, force: bool
) -> None:
    complaint = str(error.data.get("stderr", ""))
    if "contains modified or untracked files" in complaint:
        raise WorktreeDirtyError(
            f"{path} has changes that are not committed. Commit them, or discard the"
            " session.",
            path=str(path),
        ) from error
    if "is a main working tree" in complaint or "locked working tree" in complaint:
        raise WorktreeProtectedError(
            f"{path} cannot be removed: it is the main worktree, or was locked with"
            " `git worktree lock`. Unlock it with `git worktree unlock` first.",
            path=str(path),
        ) from error
    if "submodules" in complaint and not force:
        raise WorktreeDirtyError(
            f"{path} holds submodules, which git removes only by force.",
            path=str(path),
        ) from error
    if "is not a working tree" in complaint:
        if not os.path.lexists(path):
            return
        raise WorktreeProtectedError(
            f"{path} is not a worktree of {repo.root}, so it was left alone. Remove it"
            " by hand if you do not need it.",
            path=str(path),
        ) from error
    if not force:
        raise error
    _remove_folder(path, error)


def _remove_folder(path: Path, error: Exception) -> None:
    """Remove what git could not, such as folders that an agent made read-only."""

    def make_writable(retry: Callable[..., object], name: str, _: object) -> None:
        with suppress(OSError):
            Path(name).parent.chmod(stat.S_IRWXU)
            Path(name).chmod(stat.S_IRWXU)
            retry(name)

    shutil.rmtree(path, onerror=make_writable)
    if os.path.lexists(path):
        raise StorageError(
            f"{path} could not be removed completely. Close the programs that use it"
            " and remove it by hand.",
            path=str(path),
        ) from error
