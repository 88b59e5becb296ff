"""Worktrees that are ready to work in, through the command line and the real host."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from tests.integration.deck import Deck
from tests.integration.test_checks import WAITS, deck_start, gone, trusted, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def worktree_of(deck: Deck, name: str) -> Path:
    return Path(deck.sessions()[name]["worktree"])


def test_files_and_setup_come_before_the_agent(deck: Deck) -> None:
    (deck.repo / ".gitignore").write_text(".env\nmodules/\n")
    (deck.repo / ".worktreeinclude").write_text(".env\n")
    deck.git("add", "-A")
    deck.git("commit", "-qm", "ignore")
    (deck.repo / ".env").write_text("A=1")
    (deck.repo / "modules").mkdir()
    trusted(
        deck,
        '[worktree]\nlink = ["modules"]\n'
        'setup = ["cat .env > made; echo $MORE $AGENTDECK_NAME >> made"]\n'
        '[env]\nMORE = "more"\n',
    )
    deck.shell("a", "cat made > seen; test -d modules; echo $MORE >> seen")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert sessions["a"]["setup"] == "done"
    seen = (worktree_of(deck, "a") / "seen").read_text()
    assert seen == "A=1more a\nmore\n"
    assert "cat .env" in deck.run("setup", "a", "--log").stdout
    (deck.repo / "modules" / "kept").touch()
    deck.run("discard", "a")
    assert (deck.repo / "modules" / "kept").exists()
    deck.run("undo")
    back = worktree_of(deck, "a")
    assert (back / ".env").read_text() == "A=1"
    assert (back / "modules" / "kept").exists()


def test_without_trust_it_starts_without_its_setup_and_says_so(deck: Deck) -> None:
    text = '[worktree]\nsetup = ["touch ran"]\n'
    (deck.repo / ".agentdeck.toml").write_text(text)
    deck.shell("a", "true")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert sessions["a"]["setup"] == "untrusted"
    assert not (worktree_of(deck, "a") / "ran").exists()
    assert "not trusted" in deck.run("explain", "a").stdout
    assert "untrusted" in deck.run("show", "a").stdout
    assert "without its setup" in deck.run("events", "--json").stdout
    assert "not trusted" in deck.run("setup", "a", "--rerun", status=4).stderr
    deck.run("trust", "--yes")
    deck.run("setup", "a", "--rerun")
    assert (worktree_of(deck, "a") / "ran").exists()


def test_a_failing_setup_fails_the_session_and_a_resume_tries_again(deck: Deck) -> None:
    trusted(deck, '[worktree]\nsetup = ["test -e ../ok || { echo no ok; exit 5; }"]\n')
    deck.shell("a", "touch began")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "failed")
    assert "setup failed: no ok · " in sessions["a"]["reason"]
    assert not (worktree_of(deck, "a") / "began").exists()
    assert "no ok" in deck.run("setup", "a", "--log", status=1).stdout
    (deck.repo.parent / "repo.worktrees" / "ok").touch()
    deck.run("resume", "a")
    deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert (worktree_of(deck, "a") / "began").exists()


def test_it_starts_all_the_same_where_the_repository_says_so(deck: Deck) -> None:
    trusted(deck, '[worktree]\nsetup = ["false"]\non_setup_failure = "start"\n')
    deck.shell("a", "true")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert sessions["a"]["setup"] == "failed"


def test_a_long_setup_is_not_waited_for_and_stop_ends_it(deck: Deck) -> None:
    trusted(
        deck, '[worktree]\nsetup = ["setsid sleep 300 & echo $! > pid; sleep 300"]\n'
    )
    assert "preparing" in deck.run("run", "--name", "a", "--", "true").stdout
    sessions = deck.until(lambda all_: "setting up" in all_["a"]["reason"])
    pid = Path(sessions["a"]["worktree"]) / "pid"
    until(lambda: pid.exists() and pid.read_text().strip())
    deck.run("stop", "a")
    session = deck.sessions()["a"]
    assert (session["phase"], session["setup"]) == ("ended", "failed")
    assert "before its agent started" in session["reason"]
    until(lambda: gone(int(pid.read_text())))


def test_its_limit_ends_it(deck: Deck) -> None:
    trusted(deck, '[worktree]\nsetup = ["sleep 300"]\nsetup_timeout_s = 1\n')
    deck.shell("a", "true")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "failed")
    assert "over its limit" in sessions["a"]["reason"]


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_host_that_goes_in_the_middle_prepares_again(deck: Deck, how: str) -> None:
    trusted(deck, f'[worktree]\nsetup = ["echo $$ >> pids; {WAITS}"]\n')
    deck.run("run", "--name", "a", "--", "true")
    pids = worktree_of(deck, "a") / "pids"
    until(lambda: pids.exists() and pids.read_text().strip())
    if how == "killed":
        host = psutil.Process(deck.host_pid())
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    else:
        deck.run("host", "stop")
    deck.until(lambda _: len(pids.read_text().split()) == 2)
    assert gone(int(pids.read_text().split()[0]))
    (pids.parent / "go").touch()
    deck.until(lambda all_: all_["a"]["phase"] == "ended")


def test_teardown_comes_before_a_discard_and_none_stops_it(deck: Deck) -> None:
    trusted(
        deck,
        '[worktree]\nteardown = ["cp shared.txt ../kept; echo $$ > ../pid; exit 3"]\n',
    )
    deck.shell("a", "true")
    deck.until(lambda all_: all_["a"]["phase"] == "ended")
    worktree = worktree_of(deck, "a")
    (worktree.parent / "stay").touch()
    deck.run("discard", "a")
    assert (worktree.parent / "kept").read_text() == "one\n"
    assert not worktree.exists()
    assert "teardown of a failed" in deck.run("events", "--json").stdout


def test_copying_is_shown_and_can_be_stopped(deck: Deck) -> None:
    (deck.repo / ".gitignore").write_text("big/\n")
    (deck.repo / ".worktreeinclude").write_text("big/\n")
    deck.git("add", "-A")
    deck.git("commit", "-qm", "ignore")
    for folder in range(40):
        place = deck.repo / "big" / str(folder)
        place.mkdir(parents=True)
        for number in range(400):
            (place / str(number)).write_text("x")
    starting = deck_start(deck, "run", "--name", "a", "--", "true")
    seen = []

    def copying(all_: dict[str, dict[str, object]]) -> bool:
        reason = str(all_.get("a", {}).get("reason", ""))
        seen.append(reason)
        return "of 16,000 files" in reason or all_.get("a", {}).get("phase") == "ended"

    deck.until(copying)
    deck.run("stop", "a", status=None)
    starting.wait(60)
    session = deck.until(lambda all_: all_["a"]["phase"] == "ended")["a"]
    # A quick disk may have copied all before the stop came.
    if session["started_at"] is None:
        assert "before its agent started" in session["reason"]
    deck.run("discard", "a")


def test_a_bare_repository_has_its_settings_from_its_head(deck: Deck) -> None:
    text = '[worktree]\nsetup = ["touch ran"]\n[checks]\ncommands = ["test -e ran"]\n'
    (deck.repo / ".agentdeck.toml").write_text(text)
    deck.git("add", "-A")
    deck.git("commit", "-qm", "settings")
    bare = deck.repo.parent / "bare.git"
    deck.git("clone", "-q", "--bare", ".", str(bare))
    deck.run("trust", str(bare), "--yes")
    deck.run("run", "--repo", str(bare), "--name", "a", "--", "sh", "-c", "echo > f")
    sessions = deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert (sessions["a"]["setup"], sessions["a"]["repo"]) == ("done", str(bare))
    deck.run("check", "a")
    assert sessions["a"]["base"] == "main"
    deck.run("discard", "a")
    deck.run("trash", "restore", "a")
    assert (worktree_of(deck, "a") / "f").exists()


def test_submodules_come_where_trusted_settings_ask_for_them(deck: Deck) -> None:
    library = deck.repo.parent / "library"
    deck.git("clone", "-q", ".", str(library))
    deck.env |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    allowed = ("-c", "protocol.file.allow=always")
    deck.git(*allowed, "submodule", "add", "-q", library.as_uri(), "sub")
    deck.git("commit", "-qm", "a submodule")
    deck.shell("before", "true")
    deck.until(lambda all_: all_["before"]["phase"] == "ended")
    assert not (worktree_of(deck, "before") / "sub" / "shared.txt").exists()
    trusted(deck, "[worktree]\nsubmodules = true\n")
    deck.shell("a", "test -e sub/shared.txt")
    sessions = deck.until(lambda all_: all_["a"]["phase"] in ("ended", "failed"))
    assert sessions["a"]["exit_code"] == 0
    deck.run("discard", "a", "before")
