"""Going back to a turn, and back from it, on real worktrees."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from agentdeck.git import commands
from agentdeck.git.checkpoints import checkpoint
from agentdeck.git.errors import (
    BranchMovedError,
    UnknownRevisionError,
    WorktreeDirtyError,
)
from agentdeck.git.turns import Turn, left_behind, rewind, turn_named, turns_of
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


class Scene:
    """A session with three turns."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.repo = sandbox.repo
        self.base = sandbox.tip()
        self.work: Worktree = sandbox.session("a")
        self.path = self.work.path
        self.commit("one", "1\n", 1)
        self.commit("two", "2\n", 2)
        commit_file(self.path, "three", "3\n", "its own commit")

    def commit(self, name: str, content: str, turn: int) -> None:
        (self.path / name).write_text(content)
        message = f"Make {name}\n\nAgentDeck-Session: a\nAgentDeck-Turn: {turn}\n"
        assert checkpoint(self.path, self.work.branch, message)

    def turns(self) -> list[Turn]:
        return turns_of(self.repo, self.work.branch, self.base, "sid")

    def go(self, name: str) -> str:
        turn = turn_named(self.turns(), name)
        return rewind(self.repo, self.path, self.work.branch, "sid", turn)

    def state(self) -> dict[str, Any]:
        """All that a person could see: branch, staged, files byte for byte."""
        files = {
            str(file.relative_to(self.path)): file.read_bytes()
            for file in sorted(self.path.rglob("*"))
            if file.is_file() and file.name != ".git"
        }
        return {
            "tip": git(self.path, "rev-parse", "HEAD"),
            "status": git(self.path, "status", "--porcelain=v1"),
            "files": files,
        }


@pytest.fixture
def scene(sandbox: Sandbox) -> Scene:
    return Scene(sandbox)


def test_turns_are_listed_with_what_each_changed(scene: Scene) -> None:
    shown = [(t.id, t.kind, t.turn, t.commit.subject) for t in scene.turns()]
    assert shown == [
        ("3", "commit", None, "its own commit"),
        ("2", "checkpoint", 2, "Make two"),
        ("1", "checkpoint", 1, "Make one"),
        ("0", "start", None, "first"),
    ]
    assert [t.is_current for t in scene.turns()] == [True, False, False, False]
    assert scene.turns()[0].commit.added == 1
    with pytest.raises(UnknownRevisionError, match="no turn 'x'"):
        turn_named(scene.turns(), "x")
    sha = scene.turns()[1].commit.sha
    assert turn_named(scene.turns(), sha[:8]).id == "2"


def test_back_to_a_turn_and_forth_again_is_exact(scene: Scene) -> None:
    (scene.path / "one").write_text("changed\n")
    (scene.path / "untracked").write_bytes(b"\x00raw\r\n")
    (scene.path / "deep" / "er").mkdir(parents=True)
    (scene.path / "deep" / "er" / "f").write_text("f\n")
    (scene.path / "staged").write_text("staged\n")
    git(scene.path, "add", "staged")
    (scene.path / "staged").write_text("and more\n")
    (scene.path / "two").unlink()
    before = scene.state()
    ref = scene.go("1")
    assert ref
    state = scene.state()
    assert state["status"] == ""
    assert set(state["files"]) == {"README", "one"}
    assert state["files"]["one"] == b"1\n"
    left = scene.turns()[-1]
    assert (left.id, left.kind, left.commit.subject) == ("k1", "left", "its own commit")
    assert left.commit.files == 5
    assert scene.go("k1") == ""
    assert scene.state() == before
    assert left_behind(scene.repo, "sid") == []
    scene.sandbox.assert_sound()


def test_the_start_and_a_clean_forward_step(scene: Scene) -> None:
    before = scene.state()
    assert scene.go("0")
    assert scene.state()["tip"] == scene.base
    assert [t.id for t in scene.turns()] == ["0", "k1"]
    assert scene.go("k1") == ""
    assert scene.state() == before


def test_what_another_turn_left_is_kept_too(scene: Scene) -> None:
    scene.go("1")
    (scene.path / "else").write_text("other way\n")
    kept_first = scene.turns()[-1].tip
    second = scene.go("k1")
    assert second
    assert scene.state()["tip"] == kept_first
    assert not (scene.path / "else").exists()
    number = second.rsplit("/", 1)[1]
    scene.go(f"k{number}")
    assert (scene.path / "else").read_text() == "other way\n"


def test_ignored_files_stay_and_are_never_written_over(scene: Scene) -> None:
    commit_file(scene.path, ".env", "tracked\n", "a tracked one")
    git(scene.path, "rm", "-q", ".env")
    commit_file(scene.path, ".gitignore", ".env\n*.log\n", "ignore it")
    (scene.path / ".env").write_text("secret\n")
    (scene.path / "x.log").write_text("log\n")
    (scene.path / "one").write_text("changed\n")
    before = scene.state()
    with pytest.raises(WorktreeDirtyError, match=r"\.env"):
        scene.go("4")
    assert scene.state() == before
    assert left_behind(scene.repo, "sid") == []
    scene.go("1")
    assert (scene.path / ".env").read_text() == "secret\n"
    assert (scene.path / "x.log").exists()


def test_half_done_operations_and_other_branches_are_refused(scene: Scene) -> None:
    commit_file(scene.sandbox.root, "one", "other\n")
    git(scene.path, "merge", "main", ok=(1,))
    with pytest.raises(WorktreeDirtyError, match="merge"):
        scene.go("1")
    git(scene.path, "merge", "--abort")
    git(scene.path, "checkout", "-q", "--detach")
    with pytest.raises(BranchMovedError):
        scene.go("1")


def _killed(scene: Scene, name: str, point: int) -> bool:
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
            scene.go(name)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_killed_anywhere_nothing_is_lost(scene: Scene) -> None:
    """After a kill, all that was there is there still, or is kept as a turn."""
    point = 2
    while True:
        (scene.path / "one").write_text(f"changed {point}\n")
        (scene.path / "untracked").write_text(f"mine {point}\n")
        before = scene.state()
        was_killed = _killed(scene, "1", point)
        kept = [t.id for t in scene.turns() if t.kind == "left"]
        if kept:
            scene.go(kept[-1])
        assert scene.state() == before, point
        for left in left_behind(scene.repo, "sid"):
            git(scene.sandbox.root, "update-ref", "-d", left.ref)
        if not was_killed:
            break
        point += 1
    assert point > 20
    scene.sandbox.assert_sound()


def test_random_ways_there_and_back(scene: Scene) -> None:
    """Whatever is done, going to a turn and undoing it is exact."""
    chance = random.Random(7)
    for _ in range(12):
        _scramble(scene.path, chance)
        before = scene.state()
        ids = [t.id for t in scene.turns() if t.kind != "left"]
        ref = scene.go(chance.choice(ids))
        if ref:
            scene.go(f"k{ref.rsplit('/', 1)[1]}")
        assert scene.state() == before
        if chance.random() < 0.5:
            checkpoint(scene.path, scene.work.branch, "on")
    scene.sandbox.assert_sound()


def _scramble(path: Path, chance: random.Random) -> None:
    names = ["one", "two", "three", "four", "d/five", "d/six"]
    for name in chance.sample(names, 3):
        file = path / name
        match chance.randrange(4):
            case 0:
                file.unlink(missing_ok=True)
            case 1:
                file.parent.mkdir(exist_ok=True)
                file.write_text(f"{chance.random()}\r\n")
                git(path, "add", name)
                file.write_text(f"{chance.random()}\n")
            case _:
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(chance.randbytes(20))
