from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentdeck.core.errors import AgentDeckError
from agentdeck.git import discards
from agentdeck.git.discards import discard, forget, keep, kept, restore
from agentdeck.git.errors import (
    BranchInUseError,
    BranchMissingError,
    BranchMovedError,
    NameTakenError,
    NestedRepositoryError,
    StorageError,
    UnknownRevisionError,
    WorktreeProtectedError,
)
from agentdeck.git.worktrees import (
    branch_exists,
    create_worktree,
    list_worktrees,
    remove_worktree,
)
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def content(root: Path) -> dict[str, object]:
    """Every file, link and mode below a folder, without git's own."""
    found: dict[str, object] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = path.readlink()
        elif path.is_file() and name != ".git":
            found[name] = (path.read_bytes(), os.access(path, os.X_OK))
    return found


def make_a_mess(worktree: Path) -> None:
    commit_file(worktree, "kept", "committed\n")
    (worktree / "README").write_text("staged\n")
    git(worktree, "add", "README")
    (worktree / "README").write_bytes(b"unstaged\r\nlines\n")
    (worktree / "dir").mkdir()
    (worktree / "dir" / 'new é\n"').write_bytes(b"\0binary\r\n")
    (worktree / "run").write_text("#!/bin/sh\n")
    (worktree / "run").chmod(0o755)
    (worktree / "link").symlink_to("nowhere")
    (worktree / "staged-new").write_text("x")
    git(worktree, "add", "staged-new")
    (worktree / "kept").unlink()


@pytest.mark.parametrize("autocrlf", ["false", "true", "input"])
def test_discard_and_restore_bring_all_back(sandbox: Sandbox, autocrlf: str) -> None:
    made = sandbox.session("one")
    git(sandbox.root, "config", "core.autocrlf", autocrlf)
    make_a_mess(made.path)
    files = content(made.path)
    status = git(made.path, "status", "--porcelain")
    staged = git(made.path, "diff", "--cached")
    tip = sandbox.tip(made.branch)
    ref = discard(sandbox.repo, made.path, made.branch, "id-1")
    assert ref == "refs/agentdeck/trash/id-1"
    assert not made.path.exists()
    assert not branch_exists(sandbox.repo, made.branch)
    git(sandbox.root, "gc", "-q", "--prune=now")
    restore(sandbox.repo, ref, made.path, made.branch)
    assert sandbox.tip(made.branch) == tip
    assert content(made.path) == files
    assert git(made.path, "status", "--porcelain") == status
    assert git(made.path, "diff", "--cached") == staged
    sandbox.assert_sound()


def test_keep_changes_nothing(sandbox: Sandbox) -> None:
    made = sandbox.session("one")
    make_a_mess(made.path)
    index, files = (made.git_dir / "index").read_bytes(), content(made.path)
    refs = git(sandbox.root, "for-each-ref", "refs/heads")
    first = keep(sandbox.repo, made.path, made.branch, "../we ird")
    second = keep(sandbox.repo, made.path, made.branch, "../we ird")
    assert first != second
    assert (made.git_dir / "index").read_bytes() == index
    assert content(made.path) == files
    assert git(sandbox.root, "for-each-ref", "refs/heads") == refs
    listed = kept(sandbox.repo)
    assert {k.ref for k in listed} == {first, second}
    assert {(k.session_id, k.branch) for k in listed} == {("../we ird", made.branch)}
    forget(sandbox.repo, first)
    assert [k.ref for k in kept(sandbox.repo)] == [second]


def test_worktree_that_is_gone_already(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    shutil.rmtree(made.path)
    ref = discard(sandbox.repo, made.path, made.branch, "id")
    assert len(list_worktrees(sandbox.repo)) == 1
    restore(sandbox.repo, ref, made.path, made.branch)
    assert (made.path / "a").exists()
    with pytest.raises(BranchMissingError, match="nothing to keep"):
        keep(sandbox.repo, made.path.parent / "never", "never", "id2")


def test_conflict_in_the_index_is_kept(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("README", "mine\n"))
    commit_file(sandbox.root, "README", "theirs\n")
    git(made.path, "merge", "main", ok=(1,))
    files = content(made.path)
    ref = discard(sandbox.repo, made.path, made.branch, "id")
    restore(sandbox.repo, ref, made.path, made.branch)
    assert content(made.path) == files


def test_detached_work_stays_reachable(sandbox: Sandbox) -> None:
    made = sandbox.session("one")
    git(made.path, "checkout", "-q", "--detach")
    lonely = commit_file(made.path, "a", "a\n")
    ref = discard(sandbox.repo, made.path, made.branch, "id")
    git(sandbox.root, "reflog", "expire", "--expire=now", "--all")
    git(sandbox.root, "gc", "-q", "--prune=now")
    git(sandbox.root, "cat-file", "-e", lonely)
    restore(sandbox.repo, ref, made.path, made.branch)
    assert (made.path / "a").read_text() == "a\n"


def test_refusals_leave_everything(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(WorktreeProtectedError, match="main worktree"):
        discard(sandbox.repo, sandbox.root, "main", "id")
    made = sandbox.session("one")
    Sandbox.made(made.path / "nested")
    with pytest.raises(NestedRepositoryError, match="nested"):
        discard(sandbox.repo, made.path, made.branch, "id")
    shutil.rmtree(made.path / "nested")
    git(made.path, "checkout", "-q", "--detach")
    git(sandbox.root, "checkout", "-q", made.branch)
    with pytest.raises(BranchInUseError, match="checked out in"):
        discard(sandbox.repo, made.path, made.branch, "id")
    assert made.path.exists()
    assert branch_exists(sandbox.repo, made.branch)
    assert kept(sandbox.repo) == []
    with pytest.raises(UnknownRevisionError):
        restore(sandbox.repo, "refs/heads/main", tmp_path / "x", "x")


def test_branch_that_moves_meanwhile_stays(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's commit between keeping and deleting is hooked in."""
    made = sandbox.session("one", ("a", "a\n"))
    original = remove_worktree

    def meddled(*args: object, **options: object) -> None:
        original(sandbox.repo, made.path, force=True)
        git(sandbox.root, "update-ref", f"refs/heads/{made.branch}", "main")

    monkeypatch.setattr(discards, "remove_worktree", meddled)
    with pytest.raises(BranchMovedError, match="left as it is"):
        discard(sandbox.repo, made.path, made.branch, "id")
    assert sandbox.tip(made.branch) == sandbox.tip()


def test_restore_beside_a_taken_name_changes_nothing(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    ref = keep(sandbox.repo, made.path, made.branch, "id")
    with pytest.raises(NameTakenError):
        restore(sandbox.repo, ref, made.path.parent / "two", made.branch)
    assert not (made.path.parent / "two").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 KB; only root may make one."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip("a file system of its own needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk_and_read_only_disk(sandbox: Sandbox, small_disk: Path) -> None:
    (sandbox.root / "big").write_bytes(os.urandom(900_000))
    commit_file(sandbox.root, "more", "x")
    tip = sandbox.tip()
    with pytest.raises(StorageError, match=r"disk (is|seems to be) full"):
        create_worktree(sandbox.repo, small_disk / "w" / "n", "b", tip)
    assert list(small_disk.iterdir()) == []
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match="read-only"):
        create_worktree(sandbox.repo, small_disk / "w" / "n", "b", tip)
    assert not branch_exists(sandbox.repo, "b")
    assert len(list_worktrees(sandbox.repo)) == 1
    sandbox.assert_sound()


def test_every_error_is_for_people() -> None:
    for name in ("GitError", "LockedError", "ConflictError"):
        kind = getattr(__import__("agentdeck.git.errors", fromlist=[name]), name)
        assert issubclass(kind, AgentDeckError)


def test_a_change_in_the_second_of_the_index_is_kept(sandbox: Sandbox) -> None:
    """Of the same length and time: git looks into it only by the index's own time."""
    made = sandbox.session("a")
    git(made.path, "config", "core.trustctime", "false")
    file, index = made.path / "README", made.git_dir / "index"
    then = int(file.stat().st_mtime) - 100
    os.utime(file, (then, then))
    git(made.path, "update-index", "--refresh")
    os.utime(index, (then, then))
    content = file.read_text().upper()
    file.write_text(content)
    os.utime(file, (then, then))
    ref = discard(sandbox.repo, made.path, made.branch, "x")
    back = restore(sandbox.repo, ref, made.path, made.branch)
    assert (back.path / "README").read_text() == content
