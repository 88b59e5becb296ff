"""Trust and checks, through the command line and the real host."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

WAITS = "while [ ! -e go ]; do sleep 0.05; done"


def settings(deck: Deck, text: str) -> None:
    (deck.repo / ".agentdeck.toml").write_text(text)


def trusted(deck: Deck, text: str) -> None:
    settings(deck, text)
    deck.run("trust", "--yes")


def shown(deck: Deck) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(deck.run("trust", "--json").stdout)
    return told


def ended(deck: Deck, name: str, script: str, *words: str) -> Path:
    deck.run("run", "--name", name, *words, "--", "bash", "-c", script)
    sessions = deck.until(lambda all_: all_[name]["phase"] == "ended")
    return Path(sessions[name]["worktree"])


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"


def until(holds: Any) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def test_nothing_of_a_repository_runs_before_a_person_trusts_it(deck: Deck) -> None:
    settings(deck, '[checks]\ncommands = ["touch ran"]\n')
    worktree = ended(deck, "a", "true")
    told = deck.run("check", "a", status=4).stderr
    assert "agentdeck trust" in told
    assert "--yes" in deck.run("trust", status=4).stderr
    assert not (worktree / "ran").exists()
    assert "touch ran" in deck.run("trust", "--yes").stdout
    deck.run("check", "a")
    assert (worktree / "ran").exists()
    assert deck.sessions()["a"]["check"] == "passed"


def test_a_changed_file_asks_again_and_says_what_changed(deck: Deck) -> None:
    trusted(deck, '[checks]\ncommands = ["true"]\n')
    worktree = ended(deck, "a", "true")
    deck.run("check", "a")
    settings(deck, '[checks]\ncommands = ["touch ran"]\n')
    told = shown(deck)
    assert told["needs_trust"]
    assert '-commands = ["true"]' in told["changes"]
    deck.run("check", "a", status=4)
    assert not (worktree / "ran").exists()
    deck.run("trust", "--yes")
    deck.run("host", "restart")
    assert shown(deck)["trusted"]
    deck.run("trust", "--revoke")
    assert not shown(deck)["trusted"]
    deck.run("check", "a", status=4)


def test_the_worktrees_own_file_is_never_read(deck: Deck) -> None:
    trusted(deck, '[checks]\ncommands = ["true"]\n')
    worktree = ended(deck, "a", "true")
    (worktree / ".agentdeck.toml").write_text('[checks]\ncommands = ["touch ran"]\n')
    deck.run("check", "a")
    assert not (worktree / "ran").exists()


def test_a_file_that_cannot_be_read_runs_nothing_and_says_where(deck: Deck) -> None:
    settings(deck, "[checks]\ncommand = []\n")
    ended(deck, "a", "true")
    assert "line 2: checks.command" in deck.run("check", "a", status=4).stderr
    assert "line 2" in deck.run("trust", status=4).stderr


def test_output_status_and_note(deck: Deck) -> None:
    ended(deck, "good", "true", "--check", "echo fine")
    ended(deck, "bad", "true", "--check", "true", "--check", "echo broken; exit 7")
    done = deck.run("check", "good")
    assert "fine\n" in done.stdout
    assert "good  passed" in done.stdout
    done = deck.run("check", "bad", "good", "--json", status=1)
    by_name = {row["name"]: row for row in json.loads(done.stdout)}
    assert by_name["bad"]["check"] == "failed"
    assert by_name["bad"]["note"] == "echo broken; exit 7: exit 7"
    assert by_name["good"]["commit"] == deck.git("rev-parse", "main")
    assert "broken" in deck.run("check", "bad", "--log").stdout
    (listed,) = json.loads(deck.run("ls", "--json", "--filter", "check:failed").stdout)
    assert listed["name"] == "bad"
    assert "CHECK" in deck.run("ls").stdout
    assert "checks    failed" in deck.run("show", "bad").stdout
    assert "check     failed" in deck.run("explain", "bad").stdout


def test_a_result_is_stale_once_the_files_are_others(deck: Deck) -> None:
    script = (
        f"{WAITS}; echo x > f; {WAITS.replace('go', 'on')}; git add f; git commit -qm f"
    )
    deck.run("run", "--name", "a", "--check", "test ! -e f", "--", "bash", "-c", script)
    worktree = Path(deck.sessions()["a"]["worktree"])
    deck.run("check", "a")
    assert deck.sessions()["a"]["check"] == "passed"
    (worktree / "go").touch()
    until((worktree / "f").exists)
    (worktree / "on").touch()
    deck.until(lambda all_: all_["a"]["ahead"] == 1 and all_["a"]["check"] == "stale")
    deck.run("check", "a", status=1)


def test_committing_what_was_checked_does_not_make_it_stale(deck: Deck) -> None:
    worktree = ended(deck, "a", "echo x > f", "--check", "test -e f; touch made")
    deck.run("check", "a")
    deck_git(worktree, "add", "-A")
    deck_git(worktree, "commit", "-qm", "all of it")
    deck.until(lambda all_: all_["a"]["ahead"] == 1)
    assert deck.sessions()["a"]["check"] == "passed"


def deck_git(where: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=where, check=True, capture_output=True)


def test_the_limit_kills_all_of_it(deck: Deck) -> None:
    escapes = "setsid sleep 300 & echo $! > pids; sleep 300 & echo $! >> pids; wait"
    trusted(deck, f'[checks]\ncommands = ["{escapes}"]\ntimeout_s = 1.5\n')
    worktree = ended(deck, "a", "true")
    done = deck.run("check", "a", status=1)
    assert "over its limit" in done.stdout
    pids = [int(each) for each in (worktree / "pids").read_text().split()]
    assert len(pids) == 2
    until(lambda: all(gone(pid) for pid in pids))


def test_cancel_ends_a_check_and_says_so(deck: Deck) -> None:
    ended(deck, "a", "true", "--check", "echo $$ > pid; sleep 300")
    worktree = Path(deck.sessions()["a"]["worktree"])
    waiting = deck_start(deck, "check", "a", "--json")
    until(
        lambda: (worktree / "pid").exists() and (worktree / "pid").read_text().strip()
    )
    deck.run("check", "a", "--cancel")
    assert waiting.wait(30) == 1
    assert deck.sessions()["a"]["check"] == "interrupted"
    until(lambda: gone(int((worktree / "pid").read_text())))


def deck_start(deck: Deck, *words: str) -> Any:
    return subprocess.Popen(
        [sys.executable, "-m", "agentdeck", *words],
        cwd=deck.repo,
        env=deck.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_check_that_died_with_the_host_is_interrupted(deck: Deck, how: str) -> None:
    script = (
        "setsid sleep 300 & echo $! > pids; trap '' TERM; echo $$ >> pids; sleep 300"
    )
    ended(deck, "a", "true", "--check", script)
    worktree = Path(deck.sessions()["a"]["worktree"])
    waiting = deck_start(deck, "check", "a")
    pids = worktree / "pids"
    until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    if how == "killed":
        host = psutil.Process(deck.host_pid())
        host.send_signal(signal.SIGKILL)
        host.wait(10)
    else:
        deck.run("host", "stop")
    waiting.wait(30)
    assert deck.sessions()["a"]["check"] == "interrupted"
    until(lambda: all(gone(int(pid)) for pid in pids.read_text().split()))
    assert not list((deck.home / "state" / "runs").iterdir())


def test_checks_have_a_pool_of_their_own(deck: Deck) -> None:
    (deck.home / "config").mkdir(parents=True, exist_ok=True)
    (deck.home / "config" / "config.toml").write_text("[checks]\nlimit = 1\n")
    log = deck.repo.parent / "log"
    script = f"echo in >> {log}; sleep 0.3; echo out >> {log}"
    for name in ("a", "b", "c"):
        ended(deck, name, "true", "--check", script)
    deck.run("check", "--all", "--json")
    assert log.read_text().split() == ["in", "out"] * 3


def test_at_the_end_of_a_turn_where_it_is_asked_for(deck: Deck) -> None:
    trusted(deck, '[checks]\ncommands = ["echo >> ../turns"]\nwhen = "end-of-turn"\n')
    deck.run("run", "/edit f hello\n/idle", "--name", "a", "--agent", "scripted")
    deck.until(lambda all_: all_["a"]["check"] == "passed")


def test_a_discard_ends_the_check_first(deck: Deck) -> None:
    ended(deck, "a", "true", "--check", "echo $$ > pid; sleep 300")
    worktree = Path(deck.sessions()["a"]["worktree"])
    waiting = deck_start(deck, "check", "a")
    until(
        lambda: (worktree / "pid").exists() and (worktree / "pid").read_text().strip()
    )
    pid = int((worktree / "pid").read_text())
    deck.run("discard", "a")
    waiting.wait(30)
    until(lambda: gone(pid))
    assert not worktree.exists()
    deck.run("undo")
    assert deck.sessions()["a"]["check"] == "interrupted"


def test_an_agent_and_its_checks_see_the_sessions_variables(deck: Deck) -> None:
    printed = "printenv AGENTDECK_NAME AGENTDECK_PORT AGENTDECK_PORTS AGENTDECK_BRANCH"
    first = ended(deck, "a", f"{printed} > seen", "--check", f"{printed} > checked")
    second = ended(deck, "b", f"{printed} > seen")
    deck.run("check", "a")
    name, port, ports, branch = (first / "seen").read_text().split()
    assert (name, ports, branch) == ("a", "10", "agentdeck/a")
    assert (first / "checked").read_text() == (first / "seen").read_text()
    assert int((second / "seen").read_text().split()[1]) == int(port) + 10
    deck.run("resume", "a")
    deck.until(lambda all_: all_["a"]["phase"] == "ended")
    assert (first / "seen").read_text().split()[1] == port
