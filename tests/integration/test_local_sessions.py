"""Local sessions: at once, beside the pool; in one's own checkout nothing is changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def everything_in(folder: Path) -> dict[str, str]:
    """Every file of a checkout with git's own but for what reading leaves there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_local_session_starts_though_the_pool_is_full(deck: Deck) -> None:
    deck.run("pool", "--limit", "1")
    deck.shell("busy", "sleep 300")
    deck.shell("waits", "sleep 300")
    deck.run("run", "--local", "--name", "mine", "--", "sleep", "300")
    sessions = deck.until(lambda s: s["mine"]["phase"] == "running")
    assert sessions["waits"]["phase"] == "queued"
    assert sessions["mine"]["type"] == "local"
    assert sessions["mine"]["worktree"] != str(deck.repo)
    pool = json.loads(deck.run("host", "status", "--json").stdout)
    assert (pool["running"], pool["queued"]) == (1, 1)
    rows = json.loads(deck.run("ls", "--json", "--filter", "type:local").stdout)
    assert [row["name"] for row in rows] == ["mine"]


def test_nothing_is_done_in_ones_own_checkout(deck: Deck) -> None:
    """Every verb that changes a worktree leaves a checkout as it is, and says so."""
    (deck.repo / ".agentdeck.toml").write_text(
        '[worktree]\nsetup = ["touch set-up"]\nteardown = ["touch torn-down"]\n'
    )
    (deck.repo / "shared.txt").write_text("mine, not committed\n")
    (deck.repo / "new.txt").write_text("new\n")
    deck.run("trust", "--yes")
    deck.git("branch", "other")
    was = everything_in(deck.repo)
    deck.run(
        "run", "--here", "--name", "mine", "--auto-commit", "--", "bash", "-c", "read"
    )
    session = deck.until(lambda s: s["mine"]["phase"] == "running")["mine"]
    assert session["in_checkout"]
    assert session["worktree"] == str(deck.repo)
    assert session["branch"] == "main"
    refused = (
        ("merge", "mine", "--yes"),
        ("merge", "mine", "--into", "other", "--yes"),
        ("resolve", "mine"),
        ("update", "mine"),
        ("setup", "mine", "--rerun"),
        ("pr", "create", "mine", "--base", "other", "--yes"),
        ("rewind", "mine", "0", "--force"),
    )
    for words in refused:
        done = deck.run(*words, status=None)
        assert done.returncode != 0, words
        assert "your own checkout" in done.stdout + done.stderr, (words, done)
    deck.run("stop", "mine", "--yes")
    deck.until(lambda s: s["mine"]["phase"] == "ended")
    deck.run("host", "stop")
    deck.until(lambda s: s["mine"]["phase"] == "ended")
    deck.run("discard", "mine", "--yes")
    assert "mine" not in deck.sessions()
    deck.run("undo")
    assert deck.sessions()["mine"]["in_checkout"]
    deck.run("discard", "mine", "--yes")
    now = everything_in(deck.repo)
    # A lock's empty file is no part of what the person has there.
    now.pop(".git/agentdeck.lock", None)
    changed = {
        path for path in was.keys() | now.keys() if was.get(path) != now.get(path)
    }
    assert not changed
    assert deck.git("branch", "--format=%(refname:short)") == "main\nother"


def test_it_tells_the_branch_that_is_checked_out_by_now(deck: Deck) -> None:
    deck.run("run", "--here", "--name", "mine", "--", "bash", "-c", "echo up; read")
    deck.until(lambda s: s["mine"]["phase"] == "running")
    deck.git("checkout", "-q", "-b", "topic")
    deck.git("commit", "-q", "--allow-empty", "-m", "by hand")
    session = deck.until(lambda s: s["mine"]["ahead"] == 1)["mine"]
    assert session["branch"] == "topic"


def test_another_sessions_worktree_is_not_ones_own(deck: Deck) -> None:
    deck.shell("theirs", "sleep 300")
    worktree = deck.sessions()["theirs"]["worktree"]
    done = deck.run("run", "--here", "--repo", worktree, "--", "sleep", "300", status=4)
    assert "the worktree of theirs" in done.stderr
