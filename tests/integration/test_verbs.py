"""Verbs of the command line that wait, follow or say no, with the real host."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentdeck.config.paths import paths_from_environment
from agentdeck.rpc.client import connected
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.mark.parametrize(("script", "status"), [("true", 0), ("exit 3", 1)])
def test_run_wait_ends_with_the_agent(deck: Deck, script: str, status: int) -> None:
    words = ["run", "--wait", "--name", "w", "--", "sh", "-c", script]
    deck.run(*words, status=status)
    assert deck.sessions()["w"]["phase"] in ("ended", "failed")


def test_run_wait_ends_when_the_agent_asks(deck: Deck) -> None:
    script = "/question Which? | A | B"
    done = deck.run("run", script, "--agent", "scripted", "--name", "q", "--wait")
    assert "Which?" in done.stdout
    deck.run("send", "q", "my own answer")
    deck.until(lambda all_: all_["q"]["phase"] == "ended")
    assert "Going with my own answer." in deck.run("screen", "q").stdout


def test_following_a_log_ends_with_the_session(deck: Deck) -> None:
    deck.shell("counts", "for i in 1 2 3; do echo n$i; sleep 0.3; done")
    done = deck.run("logs", "-f", "counts")
    assert done.stdout.split() == ["n1", "n2", "n3"]


def test_why_says_how_it_ended(deck: Deck) -> None:
    deck.run("run", "--wait", "--name", "w", "--", "sh", "-c", "exit 3", status=1)
    why = json.loads(deck.run("explain", "w", "--json").stdout)["why"]
    assert why["detail"] == "ended with status 3"


def test_the_app_without_a_terminal_is_one_sentence(deck: Deck) -> None:
    done = deck.run(status=2)
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_comes_and_goes(deck: Deck, tmp_path: Path) -> None:
    del deck.env["AGENTDECK_HOME"]
    deck.env["TMPDIR"] = "/tmp"
    made = json.loads(deck.run("demo", "--no-app", "--json").stdout)
    folder = Path(made["folder"])
    try:
        assert len(made["sessions"]) == 6
        assert (folder / "orchard" / ".git").is_dir()
    finally:
        deck.run("demo", "--stop")
        deck.env["AGENTDECK_HOME"] = str(deck.home)
    assert not folder.exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB with a repository of 1 MB on it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    repo = disk / "repo"
    repo.mkdir()
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost"]
    (repo / "big").write_bytes(os.urandom(900_000))
    for words in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], cwd=repo, check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("left_bytes", [0, 700_000], ids=["full", "full at checkout"])
def test_a_full_disk_leaves_nothing_half_made(
    deck: Deck, small_disk: Path, left_bytes: int
) -> None:
    room = os.statvfs(small_disk)
    (small_disk / "fill").write_bytes(b"x" * (room.f_bavail * 4096 - left_bytes))
    repo = str(small_disk / "repo")
    words = ["run", "--repo", repo, "--name", "a", "--", "true"]
    done = deck.run(*words, status=1)
    assert "Free some" in done.stderr
    _assert_nothing_of_a_session(deck, small_disk)


def test_a_read_only_disk_leaves_nothing_half_made(
    deck: Deck, small_disk: Path
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    repo = str(small_disk / "repo")
    done = deck.run("run", "--repo", repo, "--name", "a", "--", "true", status=1)
    assert "Read-only" in done.stderr
    _assert_nothing_of_a_session(deck, small_disk)


def _assert_nothing_of_a_session(deck: Deck, disk: Path) -> None:
    assert deck.sessions() == {}
    assert not (disk / "repo.worktrees").exists()
    listed = subprocess.run(
        ["git", "branch", "--list", "agentdeck/*"],
        cwd=disk / "repo",
        check=True,
        capture_output=True,
    )
    assert listed.stdout == b""


async def test_an_answer_to_a_question_that_is_gone_is_refused(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "/question First? | A | B\n/question Second? | C | D"
    deck.run("run", script, "--agent", "scripted", "--name", "q")
    first = deck.until(lambda all_: all_["q"]["needs"] is not None)["q"]
    deck.run("keys", "q", "1")

    def asks_second(all_: dict[str, dict[str, Any]]) -> bool:
        needs = all_["q"]["needs"]
        return needs is not None and needs["text"] == "Second?"

    session = deck.until(asks_second)["q"]
    monkeypatch.setenv("AGENTDECK_HOME", str(deck.home))
    async with connected(paths_from_environment()) as client:
        for asked, is_fine in ((first, False), (session, True)):
            since = {session["id"]: asked["needs_since"]}
            answer = await client.call(
                "session.answer", ids=[session["id"]], choice=2, since=since
            )
            assert answer["results"][0]["ok"] is is_fine
    deck.until(lambda all_: all_["q"]["phase"] == "ended")
    assert "Going with D." in deck.run("screen", "q").stdout
