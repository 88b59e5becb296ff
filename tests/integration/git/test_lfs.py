"""Repositories with large files, by the real git-lfs and a store without a server."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from agentdeck.git.checkpoints import checkpoint
from agentdeck.git.discards import discard, restore
from agentdeck.git.merges import merge
from agentdeck.git.overlaps import Overlaps
from agentdeck.git.remotes import push, tips_on
from agentdeck.git.repository import open_repository
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        shutil.which("git-lfs") is None, reason="git-lfs is not installed"
    ),
]

FIRST, SECOND = "\0first\n" * 500, "\0second\n" * 500


def oid(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def stored(store: Path, content: str) -> bool:
    """Whether a store of git-lfs has a content."""
    name = oid(content)
    return (store / "lfs/objects" / name[:2] / name[2:4] / name).is_file()


@pytest.fixture
def large(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A repository with `big.bin` in git-lfs, pushed to a bare one."""
    git(sandbox.root, "lfs", "install", "--local", "--skip-repo")
    bare = tmp_path / "bare"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(sandbox.root, "remote", "add", "origin", bare.as_uri())
    git(sandbox.root, "config", "lfs.locksverify", "false")
    commit_file(sandbox.root, ".gitattributes", "*.bin filter=lfs -text\n")
    commit_file(sandbox.root, "big.bin", FIRST)
    assert oid(FIRST) in git(sandbox.root, "cat-file", "blob", "main:big.bin")
    git(sandbox.root, "lfs", "push", "origin", "main")
    git(sandbox.root, "push", "-q", "origin", "main")
    return sandbox


def test_a_worktree_has_the_contents_and_a_merge_brings_new_ones(
    large: Sandbox,
) -> None:
    made = large.session("a")
    assert (made.path / "big.bin").read_text() == FIRST
    assert git(made.path, "status", "--porcelain") == ""
    commit_file(made.path, "big.bin", SECOND)
    merge(large.repo, made.branch, "main")
    assert (large.root / "big.bin").read_text() == SECOND
    large.assert_sound()


def test_contents_that_are_not_here_come_from_the_store(
    large: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
    url = (tmp_path / "bare").as_uri()
    git(tmp_path, "clone", "-q", url, "clone")
    clone = Sandbox(tmp_path / "clone", open_repository(tmp_path / "clone"))
    git(clone.root, "lfs", "install", "--local", "--skip-repo")
    assert "git-lfs" in (clone.root / "big.bin").read_text()
    monkeypatch.delenv("GIT_LFS_SKIP_SMUDGE")
    made = clone.session("a")
    assert (made.path / "big.bin").read_text() == FIRST


def test_uncommitted_contents_are_discarded_and_come_back(large: Sandbox) -> None:
    made = large.session("a")
    (made.path / "big.bin").write_text(SECOND)
    (made.path / "new.bin").write_text(FIRST * 2)
    before = git(made.path, "status", "--porcelain")
    ref = discard(large.repo, made.path, made.branch, "x")
    assert oid(SECOND) in git(large.root, "cat-file", "blob", f"{ref}:big.bin")
    back = restore(large.repo, ref, made.path, made.branch)
    assert (back.path / "big.bin").read_text() == SECOND
    assert (back.path / "new.bin").read_text() == FIRST * 2
    assert git(back.path, "status", "--porcelain") == before


def test_a_checkpoint_leaves_them_uncommitted_and_says_so(large: Sandbox) -> None:
    made = large.session("a")
    (made.path / "big.bin").write_text(SECOND)
    (made.path / "plain").write_text("x\n")
    done = checkpoint(made.path, made.branch, "Turn 1")
    assert done is not None
    assert done.left_out == ("big.bin",)
    assert oid(FIRST) in git(made.path, "cat-file", "blob", "HEAD:big.bin")
    assert git(made.path, "status", "--porcelain") == "M big.bin"
    assert (made.path / "big.bin").read_text() == SECOND


def test_overlaps_run_no_filter(large: Sandbox, tmp_path: Path) -> None:
    made = large.session("a")
    (made.path / "plain").write_text("x\n")
    overlaps = Overlaps(large.repo, tmp_path / "scratch")
    state = overlaps.state(made.path, made.branch, large.tip())
    assert state is not None
    assert set(state.touched) == {"plain"}


def test_a_push_brings_the_contents_along(large: Sandbox, tmp_path: Path) -> None:
    """Its own hook would, and none runs: a remote without them is of no use."""
    made = large.session("a")
    commit_file(made.path, "big.bin", SECOND)
    there = tips_on(large.repo, "origin", made.branch)
    assert there == {}
    pushed = push(large.repo, "origin", made.branch, "")
    assert pushed.commit == git(made.path, "rev-parse", "HEAD")
    assert stored(tmp_path / "bare", SECOND)
    git(tmp_path, "clone", "-q", "-b", made.branch, (tmp_path / "bare").as_uri(), "c")
    git(tmp_path / "c", "lfs", "install", "--local", "--skip-repo")
    git(tmp_path / "c", "lfs", "pull")
    assert (tmp_path / "c/big.bin").read_text() == SECOND
