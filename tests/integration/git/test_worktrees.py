from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentdeck.git.errors import (
    BranchInUseError,
    BranchMissingError,
    GitError,
    InvalidNameError,
    LockedError,
    NameTakenError,
    NoCommitError,
    WorktreeDirtyError,
    WorktreeProtectedError,
)
from agentdeck.git.names import branch_name, worktree_path
from agentdeck.git.worktrees import (
    branch_exists,
    create_worktree,
    list_worktrees,
    name_is_taken,
    remove_worktree,
)
from tests.integration.git.repositories import Sandbox, git

pytestmark = pytest.mark.integration


def test_create_list_and_remove(sandbox: Sandbox) -> None:
    path = worktree_path(None, sandbox.root, "fix")
    assert path == sandbox.root.parent / "proj.worktrees" / "fix"
    assert not name_is_taken(sandbox.repo, "agentdeck/fix", path)
    made = sandbox.session("fix")
    assert name_is_taken(sandbox.repo, "agentdeck/fix", path)
    assert made.git_dir == sandbox.repo.git_dir / "worktrees" / "fix"
    assert git(path, "status", "--porcelain", "--branch") == "## agentdeck/fix"
    assert [c.branch for c in list_worktrees(sandbox.repo)] == ["main", "agentdeck/fix"]
    remove_worktree(sandbox.repo, path)
    remove_worktree(sandbox.repo, path)
    assert not path.parent.exists()
    assert branch_exists(sandbox.repo, "agentdeck/fix")
    sandbox.assert_sound()


def test_twenty_at_once(sandbox: Sandbox) -> None:
    gate = threading.Barrier(20)

    def make(number: int) -> str:
        gate.wait()
        return sandbox.session(f"s{number}").branch

    with ThreadPoolExecutor(20) as threads:
        made = list(threads.map(make, range(20)))
    assert len(set(made)) == 20
    assert len(list_worktrees(sandbox.repo)) == 21
    sandbox.assert_sound()


def test_existing_branch(sandbox: Sandbox, tmp_path: Path) -> None:
    git(sandbox.root, "branch", "feature")
    made = create_worktree(
        sandbox.repo, tmp_path / "f", "feature", "", existing_branch=True
    )
    assert made.commit == sandbox.tip()
    with pytest.raises(BranchInUseError, match="another worktree"):
        create_worktree(
            sandbox.repo, tmp_path / "g", "feature", "", existing_branch=True
        )
    assert branch_exists(sandbox.repo, "feature")
    assert not (tmp_path / "g").exists()
    with pytest.raises(BranchMissingError, match="no branch 'nope'"):
        create_worktree(sandbox.repo, tmp_path / "g", "nope", "", existing_branch=True)


def test_taken_names_change_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    git(sandbox.root, "branch", "a")
    tip = sandbox.tip()
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    (occupied / "mine").write_text("x")
    cases = [
        (tmp_path / "n", "a", "exists already"),
        (tmp_path / "n", "a/b", "not both"),
        (occupied, "free", "exists already"),
    ]
    for path, branch, sentence in cases:
        with pytest.raises(NameTakenError, match=sentence):
            create_worktree(sandbox.repo, path, branch, tip)
    assert (occupied / "mine").exists()
    assert not (tmp_path / "n").exists()
    assert not branch_exists(sandbox.repo, "free")


@pytest.mark.parametrize(
    "name", ["-x", "", "a..b", "a b", "a\nb", "HEAD", "x.lock", "a/.b", "é" * 200, "@"]
)
def test_unfit_branch_names(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidNameError, match="Choose another"):
        create_worktree(sandbox.repo, tmp_path / "n", name, sandbox.tip())
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("name", ["é'\"", "a/b/c", "x" * 250, "$(touch)x", "日本"])
def test_odd_branch_names_work(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    create_worktree(sandbox.repo, tmp_path / "odd dir", name, sandbox.tip())
    assert list_worktrees(sandbox.repo)[1].branch == name


def test_failure_half_way_leaves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """A required filter that fails stands for any failure while files are written."""
    (sandbox.root / ".gitattributes").write_text("*.big filter=broken\n")
    (sandbox.root / "x.big").write_text("x")
    git(sandbox.root, "add", "-A")
    git(sandbox.root, "commit", "-qm", "big")
    git(sandbox.root, "config", "filter.broken.smudge", "false")
    git(sandbox.root, "config", "filter.broken.required", "true")
    with pytest.raises(Exception, match="failed"):
        create_worktree(sandbox.repo, tmp_path / "p" / "q" / "n", "b", sandbox.tip())
    assert not (tmp_path / "p").exists()
    assert not branch_exists(sandbox.repo, "b")
    assert len(list_worktrees(sandbox.repo)) == 1
    with pytest.raises(NoCommitError):
        create_worktree(sandbox.repo, tmp_path / "n", "b", "1" * 40)


def test_place_that_cannot_be_written(sandbox: Sandbox) -> None:
    """/proc takes no folders, whoever asks."""
    with pytest.raises(GitError, match="/proc/none"):
        create_worktree(sandbox.repo, Path("/proc/none/n"), "b", sandbox.tip())
    assert not branch_exists(sandbox.repo, "b")


def test_held_ref_lock_is_named_and_left(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentdeck.git.commands.LOCK_PATIENCE_S", 0.2)
    lock = sandbox.repo.git_dir / "refs" / "heads" / "b.lock"
    lock.write_text("")
    with pytest.raises(LockedError, match=r"b\.lock exists"):
        create_worktree(sandbox.repo, tmp_path / "n", "b", sandbox.tip())
    assert lock.exists()


def test_lock_that_goes_away_is_waited_for(sandbox: Sandbox, tmp_path: Path) -> None:
    lock = sandbox.repo.git_dir / "refs" / "heads" / "b.lock"
    lock.write_text("")
    timer = threading.Timer(0.4, lock.unlink)
    timer.start()
    create_worktree(sandbox.repo, tmp_path / "n", "b", sandbox.tip())
    timer.join()


def test_removing_dirty_missing_main_and_strange_ones(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    made = sandbox.session("one")
    (made.path / "new").write_text("x")
    with pytest.raises(WorktreeDirtyError, match="not committed"):
        remove_worktree(sandbox.repo, made.path)
    (made.path / "ro").mkdir()
    (made.path / "ro" / "f").write_text("")
    (made.path / "ro").chmod(0o500)
    remove_worktree(sandbox.repo, made.path, force=True)
    assert not made.path.exists()
    other = sandbox.session("two").path
    git(other.parent, "--version")
    other.rename(tmp_path / "moved")
    remove_worktree(sandbox.repo, other)
    assert len(list_worktrees(sandbox.repo)) == 1
    with pytest.raises(WorktreeProtectedError, match="main worktree"):
        remove_worktree(sandbox.repo, sandbox.root, force=True)
    (tmp_path / "mine").mkdir()
    with pytest.raises(WorktreeProtectedError, match="left alone"):
        remove_worktree(sandbox.repo, tmp_path / "mine", force=True)
    assert (tmp_path / "mine").exists()


def test_no_program_of_the_repository_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    script = tmp_path / "hooks" / "evil"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    script.chmod(0o755)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        for folder in (sandbox.repo.git_dir / "hooks", script.parent):
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(script.read_bytes())
            (folder / name).chmod(0o755)
    made = sandbox.session("one")
    assert not marker.exists()
    git(sandbox.root, "config", "core.hooksPath", str(script.parent))
    git(sandbox.root, "config", "core.fsmonitor", str(script))
    git(made.path, "status")
    assert marker.exists(), "the trap itself has to work"
    marker.unlink()
    sandbox.session("two")
    remove_worktree(sandbox.repo, made.path)
    assert not marker.exists()


def test_templates(tmp_path: Path) -> None:
    root = tmp_path / "proj"
    assert worktree_path("wt/{name}-{slug}", root, "a") == tmp_path / "wt/proj-a"
    assert worktree_path("/x/{slug}", root, "{repo}") == Path("/x/{repo}")
    assert branch_name("me/{slug}", "a") == "me/a"
    for template in ("nothing", "{slug}{0}", "{slug.__class__}"):
        with pytest.raises(InvalidNameError):
            branch_name(template, "a")
