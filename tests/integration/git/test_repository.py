from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from agentdeck.git import commands
from agentdeck.git.errors import (
    GitError,
    GitTooOldError,
    NoCommitError,
    NotARepositoryError,
    UnknownRevisionError,
    UntrustedRepositoryError,
)
from agentdeck.git.repository import (
    branches,
    checkouts_in,
    head_name,
    open_repository,
    resolve_base,
)
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def test_finds_the_main_repository_from_below_and_from_a_linked_worktree(
    sandbox: Sandbox,
) -> None:
    (sandbox.root / "deep" / "er").mkdir(parents=True)
    linked = sandbox.session("one").path
    for place in (sandbox.root / "deep" / "er", linked, sandbox.root):
        repo = open_repository(place)
        assert repo.root == sandbox.root
        assert repo.git_dir == sandbox.root / ".git"
        assert repo.checked_out == "main"
        assert not repo.is_bare


def test_says_what_to_do_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match=r"git init.*--repo PATH"):
        open_repository(tmp_path)
    with pytest.raises(NotARepositoryError, match="no folder"):
        open_repository(tmp_path / "nowhere")


def test_refuses_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(NoCommitError, match="no commit yet"):
        open_repository(tmp_path)


def test_unborn_branch_beside_others_needs_a_named_base(sandbox: Sandbox) -> None:
    git(sandbox.root, "symbolic-ref", "HEAD", "refs/heads/empty")
    repo = open_repository(sandbox.root)
    with pytest.raises(NoCommitError, match="main"):
        resolve_base(repo, None)
    assert resolve_base(repo, "main").is_branch


def test_explains_a_repository_of_another_user(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UntrustedRepositoryError, match=r"--add safe\.directory /"):
        open_repository(sandbox.root)


def test_inherited_git_variables_do_not_redirect(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Sandbox.made(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.repo.git_dir))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "odd"))
    assert open_repository(sandbox.root).root == sandbox.root
    assert not (tmp_path / "odd").exists()


def test_bare_submodule_and_shallow_repositories(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(sandbox.root), "bare.git")
    bare = open_repository(tmp_path / "bare.git")
    assert (bare.root, bare.is_bare) == (tmp_path / "bare.git", True)
    super_project = Sandbox.made(tmp_path / "super")
    git(super_project.root, "submodule", "add", "-q", str(sandbox.root), "sub")
    inside = open_repository(super_project.root / "sub")
    assert inside.root == super_project.root / "sub"
    commit_file(sandbox.root, "b", "b")
    url = sandbox.root.as_uri()
    git(tmp_path, "clone", "-q", "--depth=1", url, "shallow")
    assert resolve_base(open_repository(tmp_path / "shallow"), None).name == "main"


def test_bases(sandbox: Sandbox) -> None:
    repo, first = sandbox.repo, sandbox.tip()
    git(sandbox.root, "tag", "main")
    commit_file(sandbox.root, "b", "b")
    assert resolve_base(repo, None).name == "main"
    assert resolve_base(repo, "main").commit == sandbox.tip() != first
    expression = resolve_base(repo, "main~1")
    assert (expression.commit, expression.is_branch) == (first, False)
    assert resolve_base(repo, first[:10]).commit == first
    assert not resolve_base(repo, "HEAD").is_branch
    git(sandbox.root, "checkout", "-q", "--detach", first)
    assert head_name(repo) is None
    base = resolve_base(repo, None)
    assert (base.commit, base.is_branch) == (first, False)


@pytest.mark.parametrize("name", ["mian", "--upload-pack=x", "", "a\0b", "-"])
def test_unknown_base_names_what_comes_close(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(UnknownRevisionError) as caught:
        resolve_base(sandbox.repo, name)
    if name == "mian":
        assert "'main'" in caught.value.message


def test_branches_newest_first(sandbox: Sandbox) -> None:
    git(sandbox.root, "branch", "äöü/x")
    assert sorted(branches(sandbox.repo)) == ["main", "äöü/x"]


def test_an_old_git_is_refused_once_and_clearly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.25.1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    commands.require_git.cache_clear()
    try:
        with pytest.raises(GitTooOldError, match=r"2\.38 or newer; this is git 2\.25"):
            commands.require_git()
    finally:
        commands.require_git.cache_clear()


def test_repository_at_an_odd_path(tmp_path: Path) -> None:
    odd = Sandbox.made(tmp_path / 'it\'s "odd" ünï -x')
    assert odd.repo.root == tmp_path / 'it\'s "odd" ünï -x'
    made = odd.session("one", ("a", "a"))
    assert made.path.parent.name == 'it\'s "odd" ünï -x.worktrees'
    broken = tmp_path / "line\nbreak"
    broken.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=broken, check=True)
    with pytest.raises(NotARepositoryError, match="line break"):
        open_repository(broken)


def test_a_list_that_meets_a_worktree_in_the_making_is_asked_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's failure lasts microseconds, so its first answer is made up."""
    original, calls = commands.read, list[str]()

    def racing(where: Path, *args: str, **named: Any) -> commands.Output:
        calls.append(args[0])
        if len(calls) == 1:
            gone = "fatal: failed to read '.git/worktrees/x/locked': No such file"
            raise GitError("failed", stderr=gone)
        return original(where, *args, **named)

    monkeypatch.setattr(commands, "read", racing)
    assert checkouts_in(sandbox.root)[0].is_main
    assert calls == ["worktree", "worktree"]
