"""Throws a session's work away in a way that can be taken back.

All of it is kept as commits under `refs/agentdeck/trash/`: the worktree's files as
the tree of a commit, whose parents are the branch's head and a commit of the
index. Files that git ignores are not kept.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from agentdeck.core.errors import AgentDeckError
from agentdeck.git import commands
from agentdeck.git.diffs import index_copy
from agentdeck.git.errors import (
    BranchInUseError,
    BranchMissingError,
    BranchMovedError,
    GitError,
    NestedRepositoryError,
    UnknownRevisionError,
    WorktreeProtectedError,
)
from agentdeck.git.identity import commit_tree
from agentdeck.git.names import full_ref
from agentdeck.git.repository import NO_COMMIT, Repository, checkouts, commit_of
from agentdeck.git.submodules import submodules_with_work
from agentdeck.git.worktrees import Worktree, create_worktree, remove_worktree

TRASH = "refs/agentdeck/trash/"
# Line ends are kept as they are, whatever the person's settings make of them.
EXACT = ("-c", "core.autocrlf=false", "-c", "core.safecrlf=false")


@dataclass(frozen=True, slots=True)
class Kept:
    """Work that was discarded and can be restored."""

    ref: str
    session_id: str
    branch: str
    at: datetime


def keep(repo: Repository, worktree: Path, branch: str, session_id: str) -> str:
    """Store a branch and its uncommitted files; answer the ref that holds them.

    Changes neither. The worktree's folder may be gone.

    Raises:
        BranchMissingError: If both the branch and the worktree are gone.
        NestedRepositoryError: If there is another repository in the worktree.
    """
    described = {"version": 1, "session_id": session_id, "branch": branch}
    commit = kept_commit(repo, worktree, branch, described)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", session_id) or "session"
    refs = (f"{TRASH}{name}-{n}" if n > 1 else f"{TRASH}{name}" for n in count(1))
    return store(repo, commit, refs)


def kept_commit(
    repo: Repository, worktree: Path, branch: str, described: Mapping[str, object]
) -> str:
    """A commit that holds a branch, its uncommitted files and its index.

    No ref names it yet. Raises as `keep` does.
    """
    tip = commit_of(repo, full_ref(branch))
    is_present = (worktree / ".git").exists()
    head = _head_of(worktree) if is_present else tip
    if head is None:
        raise BranchMissingError(
            f"Neither the branch {branch!r} nor its worktree is there any more, so there"
            " is nothing to keep.",
            branch=branch,
        )
    tip = tip or head
    tree = index_tree = f"{tip}^{{tree}}"
    if is_present:
        _refuse_work_in_submodules(worktree)
        tree, index_tree = _trees(worktree, head)
    note = f"agentdeck: index of {branch}"
    index_commit = commit_tree(repo.root, index_tree, [head], note)
    message = f"agentdeck: kept {branch}\n\n{json.dumps(described)}"
    return commit_tree(repo.root, tree, [tip, index_commit], message)


def store(repo: Repository, commit: str, refs: Iterable[str]) -> str:
    """Put a commit under the first of some refs that is free; gives that ref."""
    for ref in refs:
        try:
            commands.write(repo.root, "update-ref", "--", ref, commit, NO_COMMIT)
        except GitError as error:
            if "already exists" not in str(error.data.get("stderr", "")):
                raise
        else:
            return ref
    raise GitError("None of the refs to keep work under is free.")


def discard(repo: Repository, worktree: Path, branch: str, session_id: str) -> str:
    """Keep a session's work, then remove its worktree and branch.

    Answers the ref to give to `restore`.

    Raises:
        WorktreeProtectedError: If the worktree is the repository's main one.
        BranchInUseError: If another worktree has the branch.
        BranchMovedError: If the branch got a commit meanwhile; it then stays.
    """
    if worktree == repo.root:
        raise WorktreeProtectedError(
            f"{worktree} is the repository's main worktree, so it is not discarded.",
            path=str(worktree),
        )
    for checkout in checkouts(repo):
        if checkout.branch == branch and checkout.path != worktree.resolve():
            if checkout.is_missing or checkout.is_bare:
                continue
            raise BranchInUseError(
                f"The branch {branch!r} is checked out in {checkout.path}. Switch to"
                " another branch there first.",
                branch=branch,
                checkout=str(checkout.path),
            )
    ref = keep(repo, worktree, branch, session_id)
    remove_worktree(repo, worktree, force=True)
    tip = commit_of(repo, f"{ref}^1")
    if tip is not None and commit_of(repo, full_ref(branch)) is not None:
        _delete(repo, branch, tip)
    return ref


def restore(repo: Repository, ref: str, path: Path, branch: str) -> Worktree:
    """Bring back a branch, its worktree, and its uncommitted files.

    What was staged is staged again. The ref stays. When it fails, neither branch
    nor folder stays.

    Raises:
        UnknownRevisionError: If nothing is kept under that ref.
        NameTakenError: If the branch or the folder exists.
    """
    tip = commit_of(repo, f"{ref}^1") if ref.startswith(TRASH) else None
    if tip is None:
        raise UnknownRevisionError(
            f"Nothing is kept under {ref!r}; it may have expired.", ref=ref
        )
    made = create_worktree(repo, path, branch, tip)
    try:
        bring_back(made.path, tip, ref)
    except (AgentDeckError, OSError):
        remove_worktree(repo, made.path, force=True)
        _delete(repo, branch, tip)
        raise
    return made


def kept(repo: Repository) -> list[Kept]:
    """What is kept of discarded sessions, the newest first."""
    fields = ("%(refname)", "%(committerdate:unix)", "%(contents:body)")
    shown = commands.read(
        repo.root,
        "for-each-ref",
        "--sort=-committerdate",
        f"--format={'%00'.join(fields)}%00",
        TRASH,
    )
    words = shown.text.split("\0")
    found = []
    for ref, seconds, body in zip(words[::3], words[1::3], words[2::3], strict=False):
        try:
            described = json.loads(body)
            session_id, branch = described["session_id"], described["branch"]
        except (ValueError, KeyError, TypeError):
            continue
        at = datetime.fromtimestamp(int(seconds), UTC)
        found.append(Kept(ref.strip(), str(session_id), str(branch), at))
    return found


def forget(repo: Repository, ref: str) -> None:
    """Stop keeping discarded work; git removes it when it next cleans up."""
    if ref.startswith(TRASH):
        commands.write(repo.root, "update-ref", "-d", "--", ref)


def bring_back(worktree: Path, tip: str, ref: str) -> None:
    """Make a clean worktree at a commit what was kept of it: files and index."""
    _bring_back_files(worktree, tip, ref)
    commands.write(worktree, "read-tree", f"{ref}^2^{{tree}}")
    _leave_out_again(worktree)
    commands.write(worktree, "update-index", "-q", "--refresh", ok=(0, 1))


def _bring_back_files(worktree: Path, tip: str, ref: str) -> None:
    """Write only the files that differ from the commit, byte for byte.

    All others are as the checkout has just made them, line ends included.
    """
    records = commands.read(
        worktree,
        "diff-tree",
        "-r",
        "-z",
        "--name-status",
        "--no-renames",
        tip,
        f"{ref}^{{tree}}",
    ).records()
    pairs = list(zip(records[::2], records[1::2], strict=True))
    for path in (worktree / name for letter, name in pairs if letter == "D"):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        for parent in path.relative_to(worktree).parents[:-1]:
            with suppress(OSError):
                (worktree / parent).rmdir()
    written = b"".join(
        os.fsencode(name) + b"\0" for letter, name in pairs if letter != "D"
    )
    commands.write(worktree, "read-tree", f"{ref}^{{tree}}")
    commands.write(
        worktree, *EXACT, "checkout-index", "--force", "-z", "--stdin", stdin=written
    )


def _leave_out_again(worktree: Path) -> None:
    """In a sparse checkout, have the index know again which files are left out.

    Reading a tree made it expect them all.
    """
    is_sparse = commands.read(
        worktree, "config", "--type=bool", "core.sparseCheckout", ok=(0, 1, 128)
    )
    if is_sparse.text == "true":
        commands.write(worktree, "sparse-checkout", "reapply")


def _head_of(worktree: Path) -> str | None:
    shown = commands.read(
        worktree, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128)
    )
    return shown.text or None


def _refuse_work_in_submodules(worktree: Path) -> None:
    holding = submodules_with_work(worktree)
    if holding:
        raise NestedRepositoryError(
            f"The submodule {holding[0]!r} in {worktree} holds changes or commits that"
            " are nowhere else, and they cannot be kept. Push them, or move them"
            " elsewhere, first.",
            path=str(worktree),
            nested=holding,
        )


def _trees(worktree: Path, head: str) -> tuple[str, str]:
    """The tree of a worktree's files, and that of its index."""
    with index_copy(worktree) as index:
        try:
            index_tree = commands.write(worktree, "write-tree", index=index).text
        except GitError:
            # An index with unsettled conflicts has no tree.
            index_tree = f"{head}^{{tree}}"
        added = commands.write(
            worktree,
            *EXACT,
            "add",
            "--all",
            "--sparse",
            "--",
            ".",
            index=index,
            ok=(0, 1, 128),
        )
        nested = re.findall(r"embedded git repository: (.+)", added.stderr)
        nested += re.findall(r"'(.+?)/?' does not have a commit", added.stderr)
        if nested:
            raise NestedRepositoryError(
                f"{worktree} holds another git repository, {nested[0]!r}, whose content"
                " could not be kept. Move it elsewhere or delete it first.",
                path=str(worktree),
                nested=nested,
            )
        if added.status != 0:
            raise commands.failure(["add", "--all"], added)
        return commands.write(worktree, "write-tree", index=index).text, index_tree


def _delete(repo: Repository, branch: str, tip: str) -> None:
    try:
        commands.write(repo.root, "update-ref", "-d", "--", full_ref(branch), tip)
    except GitError as error:
        raise BranchMovedError(
            f"{branch!r} got a new commit while it was being discarded, so the branch"
            " was left as it is. Discard it again to remove it.",
            branch=branch,
        ) from error
