"""Sparse checkouts: what is left out is never lost and never taken for deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.git.checkpoints import checkpoint
from agentdeck.git.discards import discard, restore
from agentdeck.git.files import files_of
from agentdeck.git.merges import merge
from agentdeck.git.overlaps import Overlaps
from agentdeck.git.status import snapshot, uncommitted
from agentdeck.git.taking import take_file
from agentdeck.git.turns import rewind, turn_named, turns_of
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration

KINDS = {
    "cone": ("--cone", "in"),
    "patterns": ("--no-cone", "/in/", "/README", "!/in/never"),
    "sparse-index": ("--cone", "--sparse-index", "in"),
}
OUTSIDE = {"out/b": "b\n", "out/c": "c\n", "out/deep/d": "d\n"}


@pytest.fixture(params=KINDS)
def sparse(sandbox: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """Only `in/` is checked out, by each of the ways there are."""
    for name, content in {"in/a": "a\n", "in/z": "z\n", **OUTSIDE}.items():
        commit_file(sandbox.root, name, content)
    git(sandbox.root, "sparse-checkout", "set", *KINDS[request.param])
    assert not (sandbox.root / "out").exists()
    return sandbox


def work_everywhere(path: Path) -> None:
    """Change, add and delete inside; add and change outside."""
    (path / "in/a").write_text("changed\n")
    (path / "in/new").write_text("new\n")
    (path / "in/z").unlink()
    (path / "out").mkdir()
    (path / "out/new").write_text("outside\n")
    (path / "out/b").write_text("changed outside\n")


EXPECTED = {
    "README": "one\ntwo\nthree\n",
    "in/a": "changed\n",
    "in/new": "new\n",
    "out/b": "changed outside\n",
    "out/c": "c\n",
    "out/deep/d": "d\n",
    "out/new": "outside\n",
}


def tree_as_files(where: Path, tree: str) -> dict[str, str]:
    names = git(where, "ls-tree", "-r", "--name-only", tree).splitlines()
    return {
        name: git(where, "cat-file", "blob", f"{tree}:{name}") + "\n" for name in names
    }


def skipped(path: Path) -> set[str]:
    """What the index knows and the folder has not, by intent."""
    listed = git(path, "ls-files", "-t").splitlines()
    return {line[2:] for line in listed if line.startswith("S ")}


def test_a_checkpoint_takes_in_what_is_outside(sparse: Sandbox) -> None:
    made = sparse.session("a")
    work_everywhere(made.path)
    done = checkpoint(made.path, made.branch, "All of it")
    assert done is not None
    assert done.left_out == ()
    assert tree_as_files(made.path, done.commit) == EXPECTED
    assert git(made.path, "status", "--porcelain") == ""
    assert not (made.path / "out/c").exists()
    assert checkpoint(made.path, made.branch, "Nothing") is None
    merge(sparse.repo, made.branch, "main")
    assert tree_as_files(sparse.root, "main") == EXPECTED
    assert not (sparse.root / "out/c").exists()
    sparse.assert_sound()


def test_a_checkpoint_of_the_inside_leaves_the_outside_out(sparse: Sandbox) -> None:
    made = sparse.session("a")
    (made.path / "in/a").write_text("changed\n")
    before = skipped(made.path)
    done = checkpoint(made.path, made.branch, "Inside")
    assert done is not None
    changed = git(made.path, "diff", "--name-only", done.parent, done.commit)
    assert changed == "in/a"
    assert skipped(made.path) == before
    assert git(made.path, "status", "--porcelain") == ""


def test_files_are_read_through_a_copy_of_the_index(sparse: Sandbox) -> None:
    made = sparse.session("a")
    assert files_of(made.path).tree == git(made.path, "rev-parse", "HEAD^{tree}")
    work_everywhere(made.path)
    before = git(made.path, "status", "--porcelain")
    assert tree_as_files(made.path, files_of(made.path).tree) == EXPECTED
    assert git(made.path, "status", "--porcelain") == before
    state = snapshot(sparse.repo, made.path, made.branch, "main", sparse.tip())
    assert state.dirty
    assert state.files == 5
    assert set(uncommitted(made.path)) == {"in/a", "in/new", "in/z", "out/new", "out/b"}


def test_overlaps_see_the_outside(sparse: Sandbox, tmp_path: Path) -> None:
    mine, theirs = sparse.session("a"), sparse.session("b")
    work_everywhere(mine.path)
    (theirs.path / "out").mkdir()
    (theirs.path / "out/b").write_text("another\n")
    overlaps = Overlaps(sparse.repo, tmp_path / "scratch")
    found = [overlaps.state(w.path, w.branch, sparse.tip()) for w in (mine, theirs)]
    assert found[0] is not None
    assert found[1] is not None
    assert set(found[0].touched) == {"in/a", "in/new", "in/z", "out/new", "out/b"}
    assert set(found[1].touched) == {"out/b"}
    clashes = overlaps.compare(found[0], found[1]).clashes
    assert [each.path for each in clashes] == ["out/b"]


def there_and_back(sandbox: Sandbox, made: Worktree) -> Worktree:
    ref = discard(sandbox.repo, made.path, made.branch, "x")
    assert not made.path.exists()
    return restore(sandbox.repo, ref, made.path, made.branch)


def test_a_discard_comes_back_as_it_was(sparse: Sandbox) -> None:
    made = sparse.session("a")
    work_everywhere(made.path)
    git(made.path, "add", "in/new")
    before = git(made.path, "status", "--porcelain")
    back = there_and_back(sparse, made)
    assert git(back.path, "status", "--porcelain") == before
    assert (back.path / "out/new").read_text() == "outside\n"
    assert (back.path / "out/b").read_text() == "changed outside\n"
    assert not (back.path / "out/c").exists()
    assert {"out/c", "out/deep/d"} <= skipped(back.path) | {"out/deep/d"}
    clean = sparse.session("clean")
    back = there_and_back(sparse, clean)
    assert git(back.path, "status", "--porcelain") == ""
    assert not (back.path / "out").exists()
    sparse.assert_sound()


def test_back_to_a_turn_and_forth(sparse: Sandbox) -> None:
    made = sparse.session("a")
    start = sparse.tip()
    commit_file(made.path, "in/a", "first\n", "first")
    work_everywhere(made.path)
    before = git(made.path, "status", "--porcelain")

    def go(name: str) -> str:
        turns = turns_of(sparse.repo, made.branch, start, "s")
        turn = turn_named(turns, name)
        return rewind(sparse.repo, made.path, made.branch, "s", turn)

    assert go("0")
    assert git(made.path, "status", "--porcelain") == ""
    assert (made.path / "in/a").read_text() == "a\n"
    assert not (made.path / "out").exists()
    assert {"out/b", "out/c"} <= skipped(made.path)
    go("k1")
    assert git(made.path, "status", "--porcelain") == before
    assert (made.path / "out/b").read_text() == "changed outside\n"
    assert (made.path / "out/new").read_text() == "outside\n"
    assert not (made.path / "out/c").exists()
    sparse.assert_sound()


def test_a_turn_whose_commits_are_outside(sparse: Sandbox) -> None:
    made = sparse.session("a")
    start = sparse.tip()
    (made.path / "out").mkdir()
    (made.path / "out/b").write_text("turn 1\n")
    (made.path / "out/new").write_text("turn 1\n")
    one = checkpoint(made.path, made.branch, "Turn 1\n\nAgentDeck-Turn: 1")
    assert one is not None
    (made.path / "in/a").write_text("turn 2\n")
    assert checkpoint(made.path, made.branch, "Turn 2\n\nAgentDeck-Turn: 2")

    def go(name: str) -> None:
        turns = turns_of(sparse.repo, made.branch, start, "s")
        rewind(sparse.repo, made.path, made.branch, "s", turn_named(turns, name))

    go("0")
    assert git(made.path, "rev-parse", "HEAD") == start
    assert git(made.path, "status", "--porcelain") == ""
    go("k1")
    assert tree_as_files(made.path, "HEAD")["out/new"] == "turn 1\n"
    assert tree_as_files(made.path, "HEAD")["in/a"] == "turn 2\n"
    assert git(made.path, "status", "--porcelain") == ""
    sparse.assert_sound()


@pytest.mark.parametrize("path", ["in/a", "out/b", "out/new"])
def test_a_file_is_taken_from_another(sparse: Sandbox, path: str) -> None:
    source, target = sparse.session("a"), sparse.session("b")
    work_everywhere(source.path)
    take_file(source.path, target.path, path)
    assert (target.path / path).read_text() == EXPECTED[path]
    assert git(target.path, "diff", "--cached", "--name-only") == path
    assert git(target.path, "diff", "--name-only") == ""
