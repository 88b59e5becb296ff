"""Overlaps of real worktrees: the same as git's own merge, and nothing left behind."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from agentdeck.core.overlaps import Lines
from agentdeck.git import overlaps as module
from agentdeck.git.overlaps import Overlaps, State
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TEXT = "".join(f"line {number}\n" for number in range(1, 21))


def changed(worktree: Worktree, name: str, *lines: int) -> None:
    """Change some lines of a file, uncommitted."""
    file = worktree.path / name
    rows = file.read_text().splitlines(keepends=True)
    for line in lines:
        rows[line - 1] = f"{worktree.branch} {line}\n"
    file.write_text("".join(rows))


def objects_of(sandbox: Sandbox) -> set[Path]:
    return set((sandbox.repo.git_dir / "objects").rglob("*"))


class Scene:
    """Sessions on a base with a file of twenty lines."""

    def __init__(self, sandbox: Sandbox, tmp_path: Path) -> None:
        self.sandbox = sandbox
        commit_file(sandbox.root, "f", TEXT, "text")
        commit_file(sandbox.root, "d/g", TEXT, "more")
        self.overlaps = Overlaps(sandbox.repo, tmp_path / "scratch")

    def state(self, worktree: Worktree) -> State:
        tip = self.overlaps.tip("main")
        assert tip is not None
        state = self.overlaps.state(worktree.path, worktree.branch, tip)
        assert state is not None
        return state


@pytest.fixture
def scene(sandbox: Sandbox, tmp_path: Path) -> Scene:
    return Scene(sandbox, tmp_path)


def test_uncommitted_lines_collide_and_leave_no_trace(scene: Scene) -> None:
    one, two, three = (scene.sandbox.session(name) for name in ("a", "b", "c"))
    changed(one, "f", 5, 6)
    changed(two, "f", 6)
    changed(three, "f", 15)
    (three.path / "new").write_text("new\n")
    before = objects_of(scene.sandbox)
    index = [git(w.path, "ls-files", "--debug") for w in (one, two, three)]
    states = [scene.state(w) for w in (one, two, three)]
    (clash,) = scene.overlaps.compare(states[0], states[1]).clashes
    assert clash.path == "f"
    assert clash.lines == (Lines((5, 6), (6, 6)),)
    clean = scene.overlaps.compare(states[0], states[2])
    assert (clean.clashes, clean.same) == ((), ("f",))
    text = scene.overlaps.text(states[0].commit, states[1].commit)
    assert "CONFLICT (content)" in text
    assert "agentdeck/a 6" in text
    assert objects_of(scene.sandbox) == before
    assert [git(w.path, "ls-files", "--debug") for w in (one, two, three)] == index
    assert git(one.path, "status", "--porcelain") == "M f"
    assert scene.state(one).commit == states[0].commit


def test_the_base_that_moved_collides(scene: Scene) -> None:
    one = scene.sandbox.session("a")
    changed(one, "f", 5)
    commit_file(scene.sandbox.root, "f", TEXT.replace("line 5\n", "base 5\n"))
    state = scene.state(one)
    tip = scene.overlaps.tip("main")
    assert tip is not None
    base = scene.overlaps.base_state(tip, state.fork)
    (clash,) = scene.overlaps.compare(state, base).clashes
    assert clash.lines == (Lines((5, 5), (5, 5)),)


def test_what_came_into_the_base_between_is_no_matter_of_two(scene: Scene) -> None:
    old = scene.sandbox.session("old", ("f", TEXT.replace("line 5\n", "old\n")))
    commit_file(scene.sandbox.root, "f", TEXT.replace("line 5\n", "base 5\n"))
    new = scene.sandbox.session("new")
    changed(new, "d/g", 1)
    changed(old, "d/g", 20)
    overlap = scene.overlaps.compare(scene.state(old), scene.state(new))
    assert (overlap.clashes, overlap.same) == ((), ("d/g",))


def test_pairs_without_a_common_file_are_not_merged(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = scene.sandbox.session("a"), scene.sandbox.session("b")
    changed(one, "f", 1)
    changed(two, "d/g", 1)
    states = scene.state(one), scene.state(two)

    def never(*_: object) -> None:
        raise AssertionError("it merged")

    monkeypatch.setattr(module.Overlaps, "_conflicts", never)
    assert scene.overlaps.compare(*states) == module.Overlap()


def test_nothing_changed_is_nothing(scene: Scene) -> None:
    one = scene.sandbox.session("a")
    tip = scene.overlaps.tip("main")
    assert tip is not None
    assert scene.overlaps.state(one.path, one.branch, tip) is None
    assert scene.overlaps.state(one.path, "agentdeck/gone", tip) is None


def test_deleted_against_changed_and_folder_against_file(scene: Scene) -> None:
    one, two = scene.sandbox.session("a"), scene.sandbox.session("b")
    (one.path / "f").unlink()
    (one.path / "x").write_text("file\n")
    changed(two, "f", 3)
    (two.path / "x").mkdir()
    (two.path / "x" / "y").write_text("in a folder\n")
    overlap = scene.overlaps.compare(scene.state(one), scene.state(two))
    assert {clash.path for clash in overlap.clashes} >= {"f"}
    assert len(overlap.clashes) == 2


def _edit(path: Path, chance: random.Random) -> None:
    names = ["f", "d/g", "n", "d/n", "d/e/n", "f2"]
    for _ in range(chance.randrange(1, 5)):
        file = path / chance.choice(names)
        match chance.randrange(7):
            case 0 if file.exists():
                file.unlink()
            case 1 if (path / "d").exists() and not (path / "moved").exists():
                (path / "d").rename(path / "moved")
                return
            case 2 if file.exists():
                file.rename(path / f"renamed-{chance.randrange(2)}")
            case _ if file.parent.exists() or not os.path.lexists(file.parent):
                file.parent.mkdir(parents=True, exist_ok=True)
                rows = file.read_text().splitlines() if file.exists() else []
                rows = rows or ["a", "b"]
                rows[chance.randrange(len(rows))] = f"{chance.randrange(3)}"
                file.write_text("\n".join(rows) + "\n")


def _own_merge(scene: Scene, where: Path, ours: str, theirs: str) -> set[str]:
    """What `git merge` itself leaves unmerged."""
    git(where, "checkout", "-q", "--force", "--detach", ours)
    git(where, "clean", "-qfdx")
    git(where, "merge", "--no-commit", "--no-ff", theirs, ok=(0, 1))
    unmerged = git(where, "ls-files", "--unmerged", "-z").split("\0")
    git(where, "reset", "-q", "--hard")
    return {entry.split("\t")[1] for entry in unmerged if entry}


@pytest.mark.parametrize("seed", range(6))
def test_random_sessions_collide_as_git_merges_them(
    scene: Scene, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    sessions = [scene.sandbox.session(f"s{n}") for n in range(5)]
    for session in sessions:
        _edit(session.path, chance)
        if chance.random() < 0.5:
            git(session.path, "add", "-A")
            git(session.path, "commit", "-qm", "some", "--allow-empty")
            _edit(session.path, chance)
    tip = scene.overlaps.tip("main")
    assert tip is not None
    states = [scene.overlaps.state(s.path, s.branch, tip) for s in sessions]
    referee = tmp_path / "referee"
    for session in sessions:
        git(session.path, "add", "-A")
        git(session.path, "commit", "-qm", "all", "--allow-empty")
    git(tmp_path, "clone", "-q", str(scene.sandbox.root), str(referee))
    merged = 0
    for n, one in enumerate(states):
        for m, other in enumerate(states[:n]):
            if one is None or other is None:
                continue
            merged += 1
            found = {c.path for c in scene.overlaps.compare(one, other).clashes}
            ours, theirs = sessions[n].branch, sessions[m].branch
            own = _own_merge(scene, referee, f"origin/{ours}", f"origin/{theirs}")
            assert found == own, (ours, theirs)
    assert merged


def test_many_pairs_at_once_are_as_one_by_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clean, colliding, with odd names, and one whose merge cannot even be tried."""
    chance = random.Random(7)
    odd = "d/new\nline \udcff"
    worktrees = [scene.sandbox.session(f"s{number}") for number in range(6)]
    for worktree in worktrees:
        for name in ("f", "d/g"):
            changed(worktree, name, *chance.sample(range(1, 21), 2))
        (worktree.path / odd).write_text(worktree.branch)
    states = [scene.state(worktree) for worktree in worktrees]
    pairs = [(a, b) for n, a in enumerate(states) for b in states[n + 1 :]]
    at_once = scene.overlaps.compare_many(pairs)
    assert all(any(c.path == odd for c in each.clashes) for each in at_once)
    assert {len(each.clashes) for each in at_once} > {1}
    monkeypatch.setattr(module, "_MANY_MERGES", (99,))
    assert scene.overlaps.compare_many(pairs) == at_once
    assert [scene.overlaps.compare(*pair) for pair in pairs] == at_once
    git(scene.sandbox.root, "checkout", "-q", "--orphan", "alone")
    commit_file(scene.sandbox.root, "f", "alone\n")
    tip = scene.sandbox.tip("alone")
    stranger = State(tip, tip, {"f": "M"})
    monkeypatch.undo()
    found = scene.overlaps.compare_many([*pairs, (states[0], stranger)])
    assert found[:-1] == at_once
    assert found[-1].clashes == ()
