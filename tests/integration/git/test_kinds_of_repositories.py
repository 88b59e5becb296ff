"""Sparse checkouts, submodules, LFS, shallow and bare repositories: all the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.core.errors import AgentDeckError
from agentdeck.git import commands
from agentdeck.git.discards import discard, restore
from agentdeck.git.errors import NestedRepositoryError
from agentdeck.git.files import files_of
from agentdeck.git.included import bring_files
from agentdeck.git.merges import merge
from agentdeck.git.repository import open_repository
from agentdeck.git.status import snapshot
from agentdeck.git.submodules import check_out_submodules
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def there_and_back(sandbox: Sandbox, made: Worktree) -> Worktree:
    """Discard a session with an untracked file, and bring it back exactly."""
    (made.path / "untracked").write_text("mine\n")
    before = git(made.path, "status", "--porcelain")
    ref = discard(sandbox.repo, made.path, made.branch, "x")
    assert not made.path.exists()
    back = restore(sandbox.repo, ref, made.path, made.branch)
    assert git(back.path, "status", "--porcelain") == before
    assert (back.path / "untracked").read_text() == "mine\n"
    sandbox.assert_sound()
    return back


@pytest.fixture
def sparse(sandbox: Sandbox) -> Sandbox:
    """Only `in/` is checked out, `out/` is not."""
    commit_file(sandbox.root, "in/a", "a\n")
    commit_file(sandbox.root, "out/b", "b\n")
    git(sandbox.root, "sparse-checkout", "set", "in")
    assert not (sandbox.root / "out").exists()
    return sandbox


def test_a_sparse_checkout_is_inherited(sparse: Sandbox) -> None:
    made = sparse.session("a", ("in/new", "n\n"))
    assert (made.path / "in/a").exists()
    assert not (made.path / "out").exists()
    assert git(made.path, "status", "--porcelain") == ""
    tree = files_of(made.path).tree
    assert tree == git(made.path, "rev-parse", "HEAD^{tree}")
    merge(sparse.repo, made.branch, "main")
    assert git(sparse.root, "ls-tree", "--name-only", "main:out") == "b"
    assert not (sparse.root / "out").exists()
    sparse.assert_sound()


def test_sparse_work_is_discarded_and_comes_back_also_from_outside(
    sparse: Sandbox,
) -> None:
    made = sparse.session("a")
    (made.path / "in/a").write_text("changed\n")
    (made.path / "out").mkdir()
    (made.path / "out/new").write_text("outside the cone\n")
    back = there_and_back(sparse, made)
    assert (back.path / "out/new").read_text() == "outside the cone\n"
    assert (back.path / "in/a").read_text() == "changed\n"
    assert not (back.path / "out/b").exists()


@pytest.fixture
def parent(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A repository with a submodule `sub`."""
    library = Sandbox.made(tmp_path / "library")
    url = library.root.as_uri()
    git(sandbox.root, "submodule", "add", "-q", url, "sub")
    git(sandbox.root, "commit", "-qm", "add a submodule")
    return sandbox


def test_submodules_break_nothing_without_being_checked_out(parent: Sandbox) -> None:
    made = parent.session("a", ("f", "x\n"))
    assert not list((made.path / "sub").iterdir())
    assert git(made.path, "status", "--porcelain") == ""
    merge(parent.repo, made.branch, "main")
    there_and_back(parent, made)


def test_submodules_are_checked_out_on_request(parent: Sandbox) -> None:
    made = parent.session("a")
    check_out_submodules(made.path)
    assert (made.path / "sub/README").exists()
    assert git(made.path, "status", "--porcelain") == ""
    commit_file(made.path, "f", "x\n")
    merge(parent.repo, made.branch, "main")
    back = there_and_back(parent, made)
    assert not list((back.path / "sub").iterdir())


@pytest.mark.parametrize("what", ["commit", "change", "untracked"])
def test_work_in_a_submodule_is_never_thrown_away(parent: Sandbox, what: str) -> None:
    made = parent.session("a")
    check_out_submodules(made.path)
    if what == "commit":
        commit_file(made.path / "sub", "new", "x\n")
    else:
        name = "README" if what == "change" else "other"
        (made.path / "sub" / name).write_text("x\n")
    with pytest.raises(NestedRepositoryError, match="sub"):
        discard(parent.repo, made.path, made.branch, "x")
    assert (made.path / "sub/README").exists()


def test_a_submodules_url_runs_nothing(parent: Sandbox, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    url = f"ext::sh -c 'touch {marker}' %S"
    git(parent.root, "config", "-f", ".gitmodules", "submodule.sub.url", url)
    git(parent.root, "config", "-f", ".gitmodules", "submodule.sub.update", "none")
    git(parent.root, "commit", "-qam", "another url")
    git(parent.root, "config", "--unset", "submodule.sub.url")
    made = parent.session("a")
    with pytest.raises(AgentDeckError):
        check_out_submodules(made.path)
    assert not marker.exists()


LFS = """version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""


@pytest.mark.parametrize("is_required", [True, False])
def test_lfs_files_stay_pointers_where_git_lfs_is_missing(
    sandbox: Sandbox, is_required: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is installed, it is not found here: it often lies beside git itself."""
    found = commands.shutil.which
    monkeypatch.setattr(
        commands.shutil,
        "which",
        lambda name, *more, **how: (
            None if name == "git-lfs" else found(name, *more, **how)
        ),
    )
    commit_file(sandbox.root, "big.bin", LFS)
    commit_file(sandbox.root, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs\n")
    for name in ("clean", "smudge", "process"):
        git(sandbox.root, "config", f"filter.lfs.{name}", f"git-lfs-missing {name}")
    git(sandbox.root, "config", "filter.lfs.required", str(is_required).lower())
    made = sandbox.session("a")
    assert (made.path / "big.bin").read_text() == LFS
    (made.path / "big.bin").write_text(LFS.replace("12345", "54321"))
    (made.path / "other.bin").write_text(LFS)
    ref = discard(sandbox.repo, made.path, made.branch, "x")
    back = restore(sandbox.repo, ref, made.path, made.branch)
    assert "54321" in (back.path / "big.bin").read_text()
    assert (back.path / "other.bin").read_text() == LFS


def test_a_filter_of_the_persons_own_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    """What `git-lfs` does where it is installed, by a filter that stands for it."""
    program = tmp_path / "bin" / "git-lfs"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ntr a-z A-Z\n")
    program.chmod(0o755)
    commit_file(sandbox.root, "big.bin", "content\n")
    commit_file(sandbox.root, ".gitattributes", "*.bin filter=lfs\n")
    git(sandbox.root, "config", "filter.lfs.smudge", str(program))
    with pytest.MonkeyPatch.context() as patch:
        import os

        patch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        made = sandbox.session("a")
    assert (made.path / "big.bin").read_text() == "CONTENT\n"


def test_a_shallow_clone(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(3):
        commit_file(sandbox.root, "f", f"{number}\n")
    git(tmp_path, "clone", "-q", "--depth=1", sandbox.root.as_uri(), "s")
    shallow = Sandbox(tmp_path / "s", open_repository(tmp_path / "s"))
    made = shallow.session("a", ("g", "x\n"))
    state = snapshot(shallow.repo, made.path, made.branch, "main", shallow.tip())
    assert (state.ahead, state.behind) == (1, 0)
    merge(shallow.repo, made.branch, "main")
    there_and_back(shallow, made)


def test_a_bare_repository_with_worktrees(sandbox: Sandbox, tmp_path: Path) -> None:
    commit_file(sandbox.root, ".gitignore", "env\n")
    git(tmp_path, "clone", "-q", "--bare", str(sandbox.root), "b.git")
    bare = Sandbox(tmp_path / "b.git", open_repository(tmp_path / "b.git"))
    made = bare.session("a", ("f", "x\n"))
    assert made.path == tmp_path / "b.git.worktrees" / "a"
    brought = bring_files(bare.repo, made.path, ["env"], [], lambda _done, _of: None)
    assert brought.copied == 0
    assert merge(bare.repo, made.branch, "main").commit == bare.tip()
    (made.path / "untracked").write_text("mine\n")
    ref = discard(bare.repo, made.path, made.branch, "x")
    back = restore(bare.repo, ref, made.path, made.branch)
    assert (back.path / "untracked").read_text() == "mine\n"
