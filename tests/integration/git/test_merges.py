from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentdeck.git import journal
from agentdeck.git.errors import (
    BranchMissingError,
    BranchMovedError,
    ConflictError,
    LockedError,
    NothingToMergeError,
    UnrelatedHistoriesError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import Author
from agentdeck.git.merges import merge, preview, undo_merge
from agentdeck.git.repository import open_repository
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def parents(sandbox: Sandbox, commit: str) -> list[str]:
    return git(sandbox.root, "rev-parse", f"{commit}^@").split()


def test_fast_forwardable_branch_gets_a_merge_commit(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    old = sandbox.tip()
    assert preview(sandbox.repo, made.branch, "main").fast_forward
    result = merge(sandbox.repo, made.branch, "main")
    assert (result.previous, result.checkout) == (old, "moved")
    assert parents(sandbox, result.commit) == [old, sandbox.tip(made.branch)]
    assert sandbox.tip() == result.commit
    assert (sandbox.root / "a").read_text() == "a\n"
    assert git(sandbox.root, "log", "-1", "--format=%s|%an").startswith("Merge branch")
    sandbox.assert_sound()
    assert preview(sandbox.repo, made.branch, "main").already_merged
    with pytest.raises(NothingToMergeError, match="nothing to merge"):
        merge(sandbox.repo, made.branch, "main")
    undo_merge(sandbox.repo, result)
    assert sandbox.tip() == old
    assert not (sandbox.root / "a").exists()
    sandbox.assert_sound()


def test_squash_is_one_plain_commit(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"), ("b", "b\n"))
    commit_file(sandbox.root, "c", "c\n")
    old = sandbox.tip()
    result = merge(
        sandbox.repo,
        made.branch,
        "main",
        strategy="squash",
        message='-all of "it"\n\nbody ✓',
        author=Author("Bob", "bob@example.org"),
    )
    assert parents(sandbox, result.commit) == [old]
    shown = git(sandbox.root, "log", "-1", "--format=%an %cn %B")
    assert shown == 'Bob Ada -all of "it"\n\nbody ✓'
    assert (sandbox.root / "b").exists()
    sandbox.assert_sound()


def test_checkout_of_something_else_is_untouched(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    git(sandbox.root, "checkout", "-q", "-b", "mine")
    (sandbox.root / "README").write_text("dirty\n")
    result = merge(sandbox.repo, made.branch, "main")
    assert result.checkout == "untouched"
    assert sandbox.tip() == result.commit
    sandbox.assert_sound("M README")
    git(sandbox.root, "checkout", "-q", "--detach")
    git(sandbox.root, "branch", "-D", "mine")
    undo_merge(sandbox.repo, result)
    sandbox.assert_sound("M README")


def test_base_in_a_linked_worktree_follows(sandbox: Sandbox, tmp_path: Path) -> None:
    git(sandbox.root, "branch", "release")
    there = tmp_path / "rel ease"
    git(sandbox.root, "worktree", "add", "-q", str(there), "release")
    made = sandbox.session("one", ("a/b/c", "a\n"))
    merge(sandbox.repo, made.branch, "release")
    assert (there / "a/b/c").exists()
    assert git(there, "status", "--porcelain") == ""
    assert not (sandbox.root / "a").exists()
    sandbox.assert_sound()


def test_bare_repository(sandbox: Sandbox, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(sandbox.root), "b.git")
    bare = Sandbox(tmp_path / "b.git", open_repository(tmp_path / "b.git"))
    made = bare.session("one", ("a", "a\n"))
    result = merge(bare.repo, made.branch, "main")
    assert result.checkout is None
    assert bare.tip() == result.commit


@pytest.mark.parametrize(
    "how", ["changed", "staged", "untracked", "ignored", "merging"]
)
def test_dirty_base_checkout_refuses_and_stays(sandbox: Sandbox, how: str) -> None:
    made = sandbox.session("one", ("a", "theirs\n"))
    if how == "changed":
        (sandbox.root / "README").write_text("mine\n")
    elif how == "staged":
        (sandbox.root / "staged").write_text("mine\n")
        git(sandbox.root, "add", "staged")
    elif how == "merging":
        (sandbox.repo.git_dir / "MERGE_HEAD").write_text(sandbox.tip() + "\n")
    else:
        (sandbox.root / "a").write_text("mine\n")
        if how == "ignored":
            (sandbox.repo.git_dir / "info" / "exclude").write_text("a\n")
    status, old = git(sandbox.root, "status", "--porcelain"), sandbox.tip()
    with pytest.raises(WorktreeDirtyError, match=str(sandbox.root)) as caught:
        merge(sandbox.repo, made.branch, "main")
    assert caught.value.status == 4
    assert sandbox.tip() == old
    if how in ("untracked", "ignored"):
        assert (sandbox.root / "a").read_text() == "mine\n"
    sandbox.assert_sound(status)


def test_untracked_files_elsewhere_do_not_matter(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    (sandbox.root / "notes").write_text("mine\n")
    merge(sandbox.repo, made.branch, "main")
    sandbox.assert_sound("?? notes")


def test_folder_becomes_file_and_back(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, "d/f", "f\n")
    made = sandbox.session("one")
    git(made.path, "rm", "-rq", "d")
    commit_file(made.path, "d", "now a file\n")
    result = merge(sandbox.repo, made.branch, "main")
    assert (sandbox.root / "d").is_file()
    undo_merge(sandbox.repo, result)
    assert (sandbox.root / "d" / "f").is_file()
    sandbox.assert_sound()


def test_conflict_names_files_and_changes_nothing(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("README", "theirs\n"), ('o "é\n', "theirs\n"))
    commit_file(sandbox.root, "README", "mine\n")
    commit_file(sandbox.root, 'o "é\n', "mine\n")
    old = sandbox.tip()
    looked = preview(sandbox.repo, made.branch, "main")
    assert not looked.clean
    assert set(looked.conflicts) == {"README", 'o "é\n'}
    with pytest.raises(ConflictError, match="README") as caught:
        merge(sandbox.repo, made.branch, "main")
    assert caught.value.data["files"] == list(looked.conflicts)
    assert sandbox.tip() == old
    sandbox.assert_sound()


def test_uncommitted_work_of_the_session(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    (made.path / "b").write_text("b\n")
    with pytest.raises(WorktreeDirtyError, match="'b'"):
        merge(sandbox.repo, made.branch, "main")
    merge(sandbox.repo, made.branch, "main", allow_dirty=True)
    assert not (sandbox.root / "b").exists()
    assert (made.path / "b").exists()
    sandbox.assert_sound()


def test_worktree_removed_by_hand_still_merges(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    shutil.rmtree(made.path)
    merge(sandbox.repo, made.branch, "main")
    sandbox.assert_sound()


def test_branches_that_are_not(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    for branch, into in [
        (made.branch, "gone"),
        ("gone", "main"),
        (made.branch, sandbox.tip()),
        ("--output=x", "main"),
        (made.branch, "HEAD"),
    ]:
        with pytest.raises(BranchMissingError):
            merge(sandbox.repo, branch, into)
        with pytest.raises(BranchMissingError):
            preview(sandbox.repo, branch, into)
    git(sandbox.root, "symbolic-ref", "HEAD", "refs/heads/unborn")
    with pytest.raises(BranchMissingError, match="no commit yet"):
        merge(sandbox.repo, made.branch, "unborn")
    with pytest.raises(NothingToMergeError, match="itself"):
        merge(sandbox.repo, "main", "main")


def test_unrelated_histories_of_a_shallow_clone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    git(sandbox.root, "branch", "old")
    commit_file(sandbox.root, "a", "a\n")
    url = sandbox.root.as_uri()
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", url, "s")
    git(tmp_path / "s", "checkout", "-q", "old")
    commit_file(tmp_path / "s", "b", "b\n")
    shallow = Sandbox(tmp_path / "s", open_repository(tmp_path / "s"))
    git(shallow.root, "checkout", "-q", "main")
    with pytest.raises(UnrelatedHistoriesError, match="unshallow"):
        merge(shallow.repo, "old", "main")
    made = shallow.session("fine", ("c", "c\n"))
    merge(shallow.repo, made.branch, "main")
    assert (shallow.root / "c").exists()


def test_index_lock_of_the_base_checkout(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentdeck.git.commands.LOCK_PATIENCE_S", 0.2)
    made = sandbox.session("one", ("a", "a\n"))
    lock = sandbox.repo.git_dir / "index.lock"
    lock.write_text("theirs")
    old = sandbox.tip()
    with pytest.raises(LockedError, match=r"index\.lock"):
        merge(sandbox.repo, made.branch, "main")
    assert lock.read_text() == "theirs"
    assert sandbox.tip() == old
    lock.unlink()
    sandbox.assert_sound()


def test_base_moved_in_the_middle_is_merged_anew(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one moment that cannot be staged from outside is hooked into."""
    made = sandbox.session("one", ("a", "a\n"))
    other = commit_file(made.path.parent / "one", "z", "z\n")
    moved_to = git(
        sandbox.root, "commit-tree", "-p", "main", "-m", "theirs", "main^{tree}"
    )
    original = journal._update_ref
    calls: list[str] = []

    def meddled(where: Path, branch: str, old: str, new: str, note: str) -> None:
        calls.append(branch)
        if len(calls) == 1:
            git(sandbox.root, "update-ref", "refs/heads/main", moved_to)
        original(where, branch, old, new, note)

    monkeypatch.setattr(journal, "_update_ref", meddled)
    result = merge(sandbox.repo, made.branch, "main")
    assert len(calls) == 2
    assert parents(sandbox, result.commit) == [moved_to, other]
    sandbox.assert_sound()


def test_base_that_keeps_moving_is_left_whole(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sandbox.session("one", ("a", "a\n"))

    def always_moved(*_: object) -> None:
        raise BranchMovedError("moved")

    monkeypatch.setattr(journal, "_update_ref", always_moved)
    with pytest.raises(BranchMovedError, match="kept moving"):
        merge(sandbox.repo, made.branch, "main")
    assert not (sandbox.root / "a").exists()
    sandbox.assert_sound()


def test_undo_refuses_once_the_base_has_moved_on(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    result = merge(sandbox.repo, made.branch, "main")
    tip = commit_file(sandbox.root, "later", "x\n")
    with pytest.raises(BranchMovedError, match="git revert"):
        undo_merge(sandbox.repo, result)
    assert sandbox.tip() == tip
    sandbox.assert_sound()


def test_many_threads_merge_into_one_base(sandbox: Sandbox) -> None:
    made = [sandbox.session(f"s{n}", (f"f{n}", f"{n}\n")) for n in range(6)]
    gate = threading.Barrier(6)

    def land(number: int) -> None:
        gate.wait()
        merge(sandbox.repo, made[number].branch, "main")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(land, range(6)))
    assert {f"f{n}" for n in range(6)} <= {p.name for p in sandbox.root.iterdir()}
    sandbox.assert_sound()


def _merge_in_process(root: Path, branch: str) -> None:
    merge(open_repository(root), branch, "main")


def test_two_processes_queue(sandbox: Sandbox) -> None:
    made = [sandbox.session(f"s{n}", (f"f{n}", f"{n}\n")) for n in range(2)]
    spawn = multiprocessing.get_context("spawn")
    running = [
        spawn.Process(target=_merge_in_process, args=(sandbox.root, one.branch))
        for one in made
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(30)
    assert [process.exitcode for process in running] == [0, 0]
    assert (sandbox.root / "f0").exists()
    assert (sandbox.root / "f1").exists()
    sandbox.assert_sound()


def _die_between(root: Path, branch: str, after_ref: bool) -> None:
    original = journal._update_ref

    def killed(where: Path, into: str, old: str, new: str, note: str) -> None:
        if after_ref:
            original(where, into, old, new, note)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(journal, "_update_ref", killed)  # noqa: B010  # a function's type is its own
    merge(open_repository(root), branch, "main")


@pytest.mark.parametrize("after_ref", [False, True])
def test_killed_between_files_and_branch(sandbox: Sandbox, after_ref: bool) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    old = sandbox.tip()
    process = multiprocessing.get_context("spawn").Process(
        target=_die_between, args=(sandbox.root, made.branch, after_ref)
    )
    process.start()
    process.join(30)
    assert process.exitcode == -9
    assert (sandbox.root / "a").exists()
    journal.recover(sandbox.repo)
    assert (sandbox.root / "a").exists() is after_ref
    assert (sandbox.tip() != old) is after_ref
    sandbox.assert_sound()


def test_signing_and_hooks_of_the_repository_do_not_matter(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    made = sandbox.session("one", ("a", "a\n"))
    marker = tmp_path / "ran"
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n")
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-index-change", "post-merge"):
        shutil.copy(script, hooks / name)
    for key, value in {
        "commit.gpgSign": "true",
        "gpg.program": str(script),
        "core.fsmonitor": str(script),
        "core.hooksPath": str(hooks),
        "diff.external": str(script),
        "log.showSignature": "true",
    }.items():
        git(sandbox.root, "config", key, value)
    result = merge(sandbox.repo, made.branch, "main")
    preview(sandbox.repo, made.branch, "main")
    undo_merge(sandbox.repo, result)
    assert not marker.exists()


def test_identity_falls_back_only_when_there_is_none(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = sandbox.session("one", ("a", "a\n"))
    second = sandbox.session("two", ("b", "b\n"))
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    merge(sandbox.repo, first.branch, "main")
    shown = git(sandbox.root, "log", "-1", "--format=%an <%ae>|%cn <%ce>")
    assert shown == "|".join(["AgentDeck <agentdeck@localhost>"] * 2)
    git(sandbox.root, "config", "user.name", "Grace")
    merge(sandbox.repo, second.branch, "main")
    shown = git(sandbox.root, "log", "-1", "--format=%an <%ae>")
    assert shown == "Grace <agentdeck@localhost>"


def test_submodule_bump_merges(sandbox: Sandbox, tmp_path: Path) -> None:
    library = Sandbox.made(tmp_path / "lib")
    git(sandbox.root, "submodule", "add", "-q", str(library.root), "sub")
    git(sandbox.root, "commit", "-qm", "sub")
    made = sandbox.session("one", ("a", "a\n"))
    git(made.path, "submodule", "update", "-q", "--init")
    commit_file(made.path / "sub", "new", "new\n")
    git(made.path, "commit", "-qam", "bump")
    merge(sandbox.repo, made.branch, "main")
    git(sandbox.root, "fsck", "--strict", "--no-dangling")
    # As after `git merge`, the submodule's own files wait for `submodule update`.
    assert git(sandbox.root, "status", "--porcelain") == "M sub"
