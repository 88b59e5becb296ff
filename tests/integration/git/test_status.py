from __future__ import annotations

import os
import shutil

import pytest

from agentdeck.git.commits import commits_between
from agentdeck.git.status import WorktreeState, snapshot
from agentdeck.git.watching import Affected, affected, watch_paths
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def state_of(sandbox: Sandbox, made: Worktree, base: str = "main") -> WorktreeState:
    return snapshot(sandbox.repo, made.path, made.branch, base, made.commit)


def test_state_through_a_session(sandbox: Sandbox) -> None:
    made = sandbox.session("one")
    fresh = state_of(sandbox, made)
    assert (fresh.ahead, fresh.behind, fresh.dirty, fresh.merged) == (
        0,
        0,
        False,
        False,
    )
    assert (fresh.last_commit_subject, fresh.branch) == ("", made.branch)
    (made.path / "new\nline").write_text("a\nb\nc")
    (made.path / "README").write_text("one\ntwo\n")
    changed = state_of(sandbox, made)
    assert (changed.dirty, changed.files) == (True, 2)
    assert (changed.added, changed.removed) == (3, 1)
    head = commit_file(made.path, "x", "x\n", "subject → here")
    commit_file(sandbox.root, "y", "y\n")
    done = state_of(sandbox, made)
    assert (done.head, done.ahead, done.behind) == (head, 1, 1)
    assert (done.added, done.removed, done.files, done.dirty) == (4, 1, 3, False)
    assert done.last_commit_subject == "subject → here"
    git(sandbox.root, "merge", "-q", made.branch)
    merged = state_of(sandbox, made)
    assert (merged.merged, merged.ahead, merged.added) == (True, 0, 0)


def test_worktree_or_branch_or_base_that_is_gone(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "1\n2\n"))
    git(sandbox.root, "checkout", "-q", "-b", "other")
    git(sandbox.root, "branch", "-D", "main")
    assert state_of(sandbox, made).ahead == 1
    shutil.rmtree(made.path)
    gone = state_of(sandbox, made)
    assert (gone.missing, gone.ahead, gone.added, gone.files) == (True, 1, 2, 1)
    assert gone.head == sandbox.tip(made.branch)
    git(sandbox.root, "worktree", "prune")
    git(sandbox.root, "branch", "-D", made.branch)
    assert state_of(sandbox, made) == WorktreeState(None, None, missing=True)


def test_conflict_detached_and_special_files(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("README", "mine\n"))
    os.mkfifo(made.path / "pipe")
    (made.path / "link").symlink_to("/etc/passwd")
    (made.path / "binary").write_bytes(b"\0\n\n\n")
    assert state_of(sandbox, made).added == 1
    for name in ("pipe", "link", "binary"):
        (made.path / name).unlink()
    git(made.path, "checkout", "-q", "--detach")
    assert state_of(sandbox, made).branch is None
    commit_file(sandbox.root, "README", "theirs\n")
    git(made.path, "merge", "main", ok=(1,))
    conflicted = state_of(sandbox, made)
    assert (conflicted.conflicted, conflicted.dirty) == (True, True)


def test_reading_never_writes_to_the_index(sandbox: Sandbox) -> None:
    made = sandbox.session("one")
    (made.path / "untracked é").write_text("hello\n")
    os.utime(made.path / "README", (1, 1))
    index = made.git_dir / "index"
    before = index.read_bytes()
    (made.git_dir / "index.lock").write_text("")
    state_of(sandbox, made)
    assert index.read_bytes() == before


def test_commits_between(sandbox: Sandbox) -> None:
    made = sandbox.session("one", ("a", "1\n2\n"), ("b", "1\n"))
    git(made.path, "commit", "-qm", "[bold]empty", "--allow-empty")
    git(sandbox.root, "config", "log.showSignature", "true")
    found = commits_between(sandbox.repo, "main", made.branch)
    shape = [(c.subject, c.files, c.added, c.removed) for c in found]
    assert shape == [
        ("[bold]empty", 0, 0, 0),
        ("one: b", 1, 1, 0),
        ("one: a", 1, 2, 0),
    ]
    assert found[0].sha == sandbox.tip(made.branch)
    assert found[0].author == "Ada"
    assert found[0].at.tzinfo is not None
    assert len(commits_between(sandbox.repo, "main", made.branch, 1)) == 1
    assert commits_between(sandbox.repo, made.branch, "main") == []


def test_watched_paths_cover_a_commit_and_tell_what_moved(sandbox: Sandbox) -> None:
    made = sandbox.session("one")
    repo, git_dir = sandbox.repo, sandbox.repo.git_dir
    paths = watch_paths(repo, [made.path])
    assert {git_dir / "refs/heads", git_dir / "worktrees"} == paths.recursive
    assert paths.flat == {git_dir, made.path.parent}
    before = {p: p.stat().st_mtime_ns for p in git_dir.rglob("*") if p.is_file()}
    commit_file(made.path, "a", "a")
    touched = {
        p
        for p in git_dir.rglob("*")
        if p.is_file() and p.stat().st_mtime_ns != before.get(p)
    }
    seen = {p for p in touched if any(p.is_relative_to(r) for r in paths.recursive)}
    meanings = {affected(repo, path) for path in seen} - {None}
    assert meanings == {Affected(branch=made.branch), Affected(worktree="one")}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("refs/heads/a/b", Affected(branch="a/b")),
        ("refs/heads/a.lock", None),
        ("packed-refs", Affected(everything=True)),
        ("worktrees/one", Affected(everything=True)),
        ("worktrees/one/index", Affected(worktree="one")),
        ("worktrees/one/COMMIT_EDITMSG", None),
        ("HEAD", Affected(worktree="")),
        ("config", None),
        ("objects/ab/cd", None),
    ],
)
def test_affected(sandbox: Sandbox, name: str, expected: Affected | None) -> None:
    assert affected(sandbox.repo, sandbox.repo.git_dir / name) == expected
