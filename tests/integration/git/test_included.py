"""Ignored files in new worktrees: what comes, what never does."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agentdeck.git.errors import StorageError
from agentdeck.git.included import Brought, bring_files
from agentdeck.git.worktrees import Worktree
from tests.integration.git.repositories import Sandbox, commit_file, git

pytestmark = pytest.mark.integration


def write(root: Path, **files: str) -> None:
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def made(sandbox: Sandbox) -> Worktree:
    commit_file(sandbox.root, ".gitignore", "/env\n*.key\nmodules/\nbuild/\n.wt/\n")
    return sandbox.session("a")


def bring(
    sandbox: Sandbox, made: Worktree, *copied: str, link: tuple[str, ...] = ()
) -> Brought:
    return bring_files(sandbox.repo, made.path, copied, link, lambda _done, _of: None)


def test_only_ignored_files_that_are_selected(sandbox: Sandbox, made: Worktree) -> None:
    root = sandbox.root
    write(root, env="secret", modules__a__x="1", modules__b="2", untracked="no")
    write(root, build__out="3", src__deep__my__key="k")
    (root / "src/deep/my.key").write_text("k")
    (root / "env").chmod(0o640)
    brought = bring(
        sandbox, made, "env", "untracked", "*.key", "modules/", "!modules/b"
    )
    assert brought.copied == 3
    assert (made.path / "env").read_text() == "secret"
    assert stat.S_IMODE((made.path / "env").stat().st_mode) == 0o640
    assert (made.path / "env").stat().st_mtime_ns == (root / "env").stat().st_mtime_ns
    assert (made.path / "src/deep/my.key").exists()
    assert (made.path / "modules/a/x").exists()
    for missing in ("untracked", "build", "modules/b"):
        assert not (made.path / missing).exists()
    assert git(made.path, "status", "--porcelain") == ""


def test_what_is_there_stays_as_it_is(sandbox: Sandbox, made: Worktree) -> None:
    write(sandbox.root, env="theirs")
    write(made.path, env="mine")
    assert bring(sandbox, made, "env").copied == 0
    assert (made.path / "env").read_text() == "mine"


def test_links_come_as_links_and_are_never_followed(
    sandbox: Sandbox, made: Worktree, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    write(outside, secret="s")
    (sandbox.root / "modules").mkdir()
    (sandbox.root / "modules/away").symlink_to(outside)
    (sandbox.root / "modules/dead").symlink_to("nowhere")
    assert bring(sandbox, made, "modules/").copied == 2
    assert (made.path / "modules/away").readlink() == outside
    assert (made.path / "modules/dead").is_symlink()


def test_nothing_is_written_through_a_link_of_the_branch(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The branch holds a link where the main checkout has a folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    commit_file(sandbox.root, ".gitignore", "*.key\n")
    git(sandbox.root, "checkout", "-qb", "evil")
    (sandbox.root / "conf").symlink_to(outside)
    git(sandbox.root, "add", "-A")
    git(sandbox.root, "commit", "-qm", "a link")
    evil = git(sandbox.root, "rev-parse", "HEAD")
    git(sandbox.root, "checkout", "-q", "main")
    write(sandbox.root, conf__my="x", conf__sub__b="y")
    (sandbox.root / "conf/my.key").write_text("k")
    (sandbox.root / "conf/sub/b.key").write_text("k")
    from agentdeck.git.worktrees import create_worktree

    made = create_worktree(sandbox.repo, tmp_path / "w", "agentdeck/e", evil)
    brought = bring(sandbox, made, "*.key")
    assert brought.failed == 2
    assert "conf/my.key: the branch has a link or a file in its way" in brought.problems
    assert not list(outside.iterdir())


def test_odd_files_are_noted_and_the_rest_comes(
    sandbox: Sandbox, made: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sandbox.root / "modules"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")
        (folder / os.fsdecode(b"b\xff\n")).write_text("odd name")
        (folder / "fine").write_text("x")
        brought = bring(sandbox, made, "modules/")
    assert brought.copied == 2
    assert brought.failed == 2
    assert (made.path / "modules" / os.fsdecode(b"b\xff\n")).exists()


def test_other_repositories_and_worktrees_are_left_out(sandbox: Sandbox) -> None:
    commit_file(sandbox.root, ".gitignore", ".wt/\nmodules/\n")
    from agentdeck.git.worktrees import create_worktree

    tip = sandbox.tip()
    made = create_worktree(sandbox.repo, sandbox.root / ".wt/a", "agentdeck/a", tip)
    write(sandbox.root, modules__nested__f="x", modules__g="y")
    git(sandbox.root / "modules/nested", "init", "-q")
    brought = bring(sandbox, made, "*")
    assert (brought.copied, brought.failed) == (1, 0)
    assert not (made.path / ".wt").exists()


def test_a_linked_folder_is_ignored_in_the_worktree(
    sandbox: Sandbox, made: Worktree
) -> None:
    write(sandbox.root, modules__a="1", src__modules__b="2", env="e")
    brought = bring(sandbox, made, "modules/", "env", link=("modules",))
    assert (brought.linked, brought.copied) == (2, 1)
    assert (made.path / "modules").readlink() == sandbox.root / "modules"
    assert (made.path / "src/modules/b").read_text() == "2"
    assert git(made.path, "status", "--porcelain") == ""
    git(made.path, "add", "-A")
    assert git(made.path, "diff", "--cached", "--name-only") == ""
    before = (sandbox.repo.git_dir / "info/exclude").read_text()
    bring(sandbox, sandbox.session("b"), link=("modules",))
    assert (sandbox.repo.git_dir / "info/exclude").read_text() == before
    sandbox.assert_sound()


def test_it_ends_when_it_is_told_to(sandbox: Sandbox, made: Worktree) -> None:
    for number in range(20):
        write(sandbox.root, **{f"modules__f{number}": "x"})
    seen: list[tuple[int, int]] = []

    def stop_at_five(done: int, of: int) -> None:
        seen.append((done, of))
        if done == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        bring_files(sandbox.repo, made.path, ["modules/"], [], stop_at_five)
    assert seen[-1] == (5, 20)
    assert len(list((made.path / "modules").iterdir())) == 5


def test_a_full_disk_is_an_error_and_leaves_no_half_file(
    sandbox: Sandbox, made: Worktree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up cannot be mounted here, so its error is raised."""
    write(sandbox.root, env="x" * 100)

    def full(_: int, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentdeck.git.included.fcntl.ioctl", lambda *_: 1 / 0)
    monkeypatch.setattr(
        "agentdeck.git.included._Bringer._fill", lambda *_: full(0, b"")
    )
    with pytest.raises(StorageError, match="full"):
        bring(sandbox, made, "env")
    assert not (made.path / "env").exists()


@pytest.mark.parametrize("is_nameless", [True, False])
def test_a_half_written_file_is_never_taken_for_it(
    sandbox: Sandbox, made: Worktree, is_nameless: bool
) -> None:
    write(sandbox.root, env="x" * 100)
    code = f"""
import os
from pathlib import Path
from agentdeck.git import included
from agentdeck.git.repository import open_repository
{"" if is_nameless else "del os.O_TMPFILE"}

def half(self, reading, writing):
    os.write(writing, os.read(reading, 50))
    os.kill(os.getpid(), 9)

included._Bringer._fill = half
repo = open_repository(Path({str(sandbox.root)!r}))
included.bring_files(repo, Path({str(made.path)!r}), ["env"], [], lambda a, b: None)
"""
    died = subprocess.run([sys.executable, "-c", code], check=False)
    assert died.returncode == -9
    assert not (made.path / "env").exists()
    assert bool(list(made.path.glob(".agentdeck-*"))) is not is_nameless
    assert bring(sandbox, made, "env").copied == 1
    assert (made.path / "env").read_text() == "x" * 100
