"""Checkpoints of real worktrees: all of the work, none of it run, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from agentdeck.git import checkpoints, commands
from agentdeck.git.checkpoints import checkpoint
from agentdeck.git.errors import BranchMovedError, LockedError, WorktreeDirtyError
from agentdeck.git.worktrees import Worktree, worktree_git_dir
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
def work(sandbox: Sandbox) -> Worktree:
    return sandbox.session("a", ("kept", "kept\n"), ("gone", "gone\n"))


def made(work: Worktree, message: str = "Do it\n\nAgentDeck-Turn: 1") -> str:
    done = checkpoint(work.path, work.branch, message)
    assert done is not None
    return done.commit


def test_all_that_is_uncommitted_becomes_a_commit(work: Worktree) -> None:
    (work.path / "kept").write_text("changed\n")
    (work.path / "gone").unlink()
    (work.path / "new dir").mkdir()
    (work.path / "new dir" / "é ü").write_text("new\n")
    (work.path / ".gitignore").write_text("*.log\n")
    (work.path / "x.log").write_text("noise\n")
    (work.path / "staged").write_text("staged\n")
    git(work.path, "add", "staged")
    before = git(work.path, "rev-parse", "HEAD")
    commit = made(work)
    assert git(work.path, "status", "--porcelain") == ""
    assert git(work.path, "rev-parse", "HEAD^") == before
    assert git(work.path, "rev-parse", f"refs/heads/{work.branch}") == commit
    listed = git(work.path, "-c", "core.quotePath=false", "ls-tree", "-r", "HEAD")
    names = {line.split("\t")[1] for line in listed.splitlines()}
    assert names == {"README", "kept", "new dir/é ü", ".gitignore", "staged"}
    shown = git(work.path, "log", "-1", "--format=%an %ae%n%(trailers:only)")
    assert shown == "Ada ada@example.org\nAgentDeck-Turn: 1"
    assert "checkpoint" in git(work.path, "reflog", "-1")
    assert checkpoint(work.path, work.branch, "again") is None


def test_no_hook_and_no_filter_runs(sandbox: Sandbox, work: Worktree) -> None:
    commit_file(work.path, ".gitattributes", "*.bin filter=evil\n")
    ran = sandbox.root.parent / "ran"
    for hook in ("pre-commit", "post-commit", "reference-transaction"):
        file = sandbox.repo.git_dir / "hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {hook} >> {ran}\n")
        file.chmod(0o755)
    git(sandbox.root, "config", "filter.evil.clean", f"echo clean >> {ran}; cat")
    git(sandbox.root, "config", "filter.evil.required", "true")
    (work.path / "data.bin").write_text("raw\n")
    (work.path / "kept").write_text("changed\n")
    done = checkpoint(work.path, work.branch, "m")
    assert done is not None
    assert done.left_out == ("data.bin",)
    assert not ran.exists()
    assert git(work.path, "show", "HEAD:kept") == "changed"
    ran.unlink(missing_ok=True)
    assert git(work.path, "ls-files", "data.bin") == ""
    assert (work.path / "data.bin").read_text() == "raw\n"


def test_nested_repositories_and_huge_files_are_left_out(
    work: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MAX_UNTRACKED_BYTES", 1000)
    for name, has_commit in (("empty", False), ("full", True)):
        (work.path / name).mkdir()
        git(work.path / name, "init", "-q")
        (work.path / name / "f").write_text("f\n")
        if has_commit:
            commit_file(work.path / name, "g", "g\n")
    (work.path / "big[1]*").write_bytes(b"x" * 2000)
    (work.path / "small").write_text("s\n")
    done = checkpoint(work.path, work.branch, "m")
    assert done is not None
    assert set(done.left_out) == {"big[1]*", "empty/", "full/"}
    assert git(work.path, "show", "--format=", "--name-only", "HEAD") == "small"


@pytest.mark.parametrize("operation", ["merge", "rebase"])
def test_a_half_done_operation_is_left_alone(
    sandbox: Sandbox, work: Worktree, operation: str
) -> None:
    commit_file(sandbox.root, "kept", "other\n")
    git(work.path, operation, "main", ok=(1,))
    before = git(work.path, "status", "--porcelain=v2", "--branch")
    with pytest.raises(WorktreeDirtyError, match=operation):
        checkpoint(work.path, work.branch, "m")
    assert git(work.path, "status", "--porcelain=v2", "--branch") == before


def test_another_branch_is_left_alone(work: Worktree) -> None:
    git(work.path, "checkout", "-qb", "elsewhere")
    (work.path / "kept").write_text("changed\n")
    with pytest.raises(BranchMovedError, match="elsewhere"):
        checkpoint(work.path, work.branch, "m")
    git(work.path, "checkout", "-q", "--detach")
    with pytest.raises(BranchMovedError):
        checkpoint(work.path, work.branch, "m")


def test_a_lock_of_another_git_stays(
    work: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "LOCK_PATIENCE_S", 0.2)
    lock = worktree_git_dir(work.path) / "index.lock"
    lock.write_text("theirs")
    (work.path / "kept").write_text("changed\n")
    before = git(work.path, "rev-parse", "HEAD")
    with pytest.raises(LockedError):
        checkpoint(work.path, work.branch, "m")
    assert lock.read_text() == "theirs"
    assert git(work.path, "rev-parse", "HEAD") == before


def test_an_agent_that_commits_meanwhile_loses_nothing(
    sandbox: Sandbox, work: Worktree
) -> None:
    """Commits from both sides at once: a line each, each file in the end as written."""
    stop = threading.Event()
    failures: list[Exception] = []

    def keep_checkpointing() -> None:
        while not stop.is_set():
            try:
                checkpoint(work.path, work.branch, "checkpoint")
            except (BranchMovedError, LockedError):
                continue
            except Exception as error:  # noqa: BLE001 - shown by the test
                failures.append(error)
                return

    thread = threading.Thread(target=keep_checkpointing)
    thread.start()
    committed = 0
    try:
        for number in range(40):
            (work.path / f"f{number}").write_text(f"{number}\n")
            subprocess.run(
                ["git", "add", "-A"], cwd=work.path, capture_output=True, check=False
            )
            done = subprocess.run(
                ["git", "commit", "-qm", f"own {number}"],
                cwd=work.path,
                capture_output=True,
                check=False,
            )
            committed += done.returncode == 0
    finally:
        stop.set()
        thread.join()
    assert not failures
    checkpoint(work.path, work.branch, "last")
    assert git(work.path, "status", "--porcelain") == ""
    for number in range(40):
        assert git(work.path, "show", f"HEAD:f{number}") == str(number)
    subjects = git(work.path, "log", "--format=%s", f"main..{work.branch}").splitlines()
    assert sum(s.startswith("own") for s in subjects) == committed
    git(work.path, "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("does", ["stages", "commits"])
def test_what_comes_between_looking_and_moving_is_taken_up(
    work: Worktree, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    commit_tree = checkpoints.commit_tree
    calls: list[str] = []

    def late(*args: Any, **named: Any) -> str:
        if not calls:
            (work.path / "late").write_text("late\n")
            git(work.path, "add", "late")
            if does == "commits":
                git(work.path, "commit", "-qm", "own")
            (work.path / "later").write_text("later\n")
        calls.append("")
        return commit_tree(*args, **named)

    monkeypatch.setattr(checkpoints, "commit_tree", late)
    (work.path / "kept").write_text("changed\n")
    made(work)
    assert len(calls) == 2
    for name, content in (("kept", "changed"), ("late", "late"), ("later", "later")):
        assert git(work.path, "show", f"HEAD:{name}") == content
    assert git(work.path, "status", "--porcelain") == ""


def _killed(work: Worktree, point: int) -> bool:
    """Fork a checkpoint that dies at one git process; says whether it was reached."""
    execute: Any = vars(commands)["_execute"]
    pid = os.fork()
    if pid == 0:
        calls = 0

        def counted(*args: Any, **named: Any) -> commands.Output:
            nonlocal calls
            calls += 1
            if calls == point // 2 and point % 2 == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            output: commands.Output = execute(*args, **named)
            if calls == point // 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return output

        commands._execute = counted  # type: ignore[assignment]
        try:
            checkpoint(work.path, work.branch, "m")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_killed_anywhere_it_can_be_done_again(sandbox: Sandbox, work: Worktree) -> None:
    point = 2
    while True:
        (work.path / "kept").write_text(f"{point}\n")
        (work.path / f"new{point}").write_text("new\n")
        was_killed = _killed(work, point)
        checkpoint(work.path, work.branch, "again")
        assert not (worktree_git_dir(work.path) / "index.lock").exists()
        assert git(work.path, "status", "--porcelain") == "", point
        assert git(work.path, "show", "HEAD:kept") == str(point)
        if not was_killed:
            break
        point += 1
    assert point > 10
    sandbox.assert_sound()


def test_a_split_index_and_line_ends_are_respected(
    sandbox: Sandbox, work: Worktree
) -> None:
    git(sandbox.root, "config", "core.autocrlf", "input")
    git(work.path, "update-index", "--split-index")
    (work.path / "kept").write_bytes(b"one\r\ntwo\r\n")
    made(work)
    assert git(work.path, "status", "--porcelain") == ""
    shown = subprocess.run(
        ["git", "show", "HEAD:kept"], cwd=work.path, check=True, capture_output=True
    )
    assert shown.stdout == b"one\ntwo\n"
    assert (work.path / "kept").read_bytes() == b"one\r\ntwo\r\n"


def test_a_missing_folder_is_an_error_with_a_name(
    work: Worktree, tmp_path: Path
) -> None:
    from agentdeck.git.errors import GitError

    with pytest.raises(GitError):
        checkpoint(tmp_path / "nowhere", work.branch, "m")
