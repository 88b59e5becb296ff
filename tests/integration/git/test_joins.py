"""Branches joined into one commit, beside every checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agentdeck.git.joins import Tip, join, missing_from
from agentdeck.git.repository import open_repository

pytestmark = pytest.mark.integration


def git(repo: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=repo, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Tester")
    git(folder, "config", "user.email", "tester@localhost")
    (folder / "shared.txt").write_text("one\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def branch(repo: Path, name: str, file: str, text: str, at: str = "main") -> Tip:
    """A branch with one commit that writes a file."""
    git(repo, "checkout", "-q", "-b", name, at)
    (repo / file).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", name)
    tip = Tip(name, git(repo, "rev-parse", "HEAD"))
    git(repo, "checkout", "-q", "main")
    return tip


def test_all_are_merged_one_on_the_other(repo: Path) -> None:
    tips = [branch(repo, n, f"{n}.txt", n) for n in ("a", "b", "c")]
    refs = git(repo, "for-each-ref")
    joined = join(open_repository(repo), tips, "all")
    assert not joined.left_out
    files = git(repo, "ls-tree", "--name-only", joined.commit).split()
    assert files == ["a.txt", "b.txt", "c.txt", "shared.txt"]
    assert (
        git(repo, "log", "-1", "--format=%s", joined.commit)
        == "Merge branch 'c' into all"
    )
    assert git(repo, "for-each-ref") == refs
    assert git(repo, "status", "--porcelain") == ""
    assert (
        missing_from(open_repository(repo), joined.commit, [t.commit for t in tips])
        == []
    )


def test_one_that_has_the_others_is_taken_as_it_is(repo: Path) -> None:
    first = branch(repo, "a", "a.txt", "a")
    second = branch(repo, "b", "b.txt", "b", at="a")
    repository = open_repository(repo)
    assert join(repository, [first, second], "all").commit == second.commit
    assert join(repository, [second, first], "all").commit == second.commit
    assert join(repository, [first], "all").commit == first.commit


def test_what_conflicts_is_left_out_and_the_rest_goes_on(repo: Path) -> None:
    first = branch(repo, "a", "shared.txt", "a\n")
    clash = branch(repo, "b", "shared.txt", "b\n")
    other = branch(repo, "c", "c.txt", "c")
    repository = open_repository(repo)
    joined = join(repository, [first, clash, other], "all")
    (left,) = joined.left_out
    assert (left.tip, left.files) == (clash, ("shared.txt",))
    assert git(repo, "show", f"{joined.commit}:shared.txt") == "a"
    assert "c.txt" in git(repo, "ls-tree", "--name-only", joined.commit)
    assert missing_from(repository, joined.commit, [clash.commit]) == [clash.commit]
