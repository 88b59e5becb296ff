"""The main job, end to end: real host, runners, ptys, agents, worktrees, merges."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

NUMBERED = "for i in $(seq 1 400); do echo line $i; sleep 0.01; done"


def commit_script(file: str, text: str) -> str:
    return f"echo {text} > {file} && git add -A && git commit -qm 'Change {file}'"


def test_agents_outlive_a_killed_host_and_no_byte_is_lost(deck: Deck) -> None:
    for number in range(6):
        deck.shell(f"count-{number}", NUMBERED)
    os.kill(deck.host_pid(), signal.SIGKILL)
    sessions = deck.sessions()
    assert len(sessions) == 6
    deck.until(lambda all_: all(s["phase"] == "ended" for s in all_.values()))
    expected = "".join(f"line {n}\r\n" for n in range(1, 401)).encode()
    for name in sessions:
        raw = subprocess.run(
            [sys.executable, "-m", "agentdeck", "logs", name, "--raw"],
            env=deck.env,
            capture_output=True,
            check=True,
        )
        assert raw.stdout == expected


def test_a_pool_of_four_never_runs_a_fifth_and_all_twenty_end(deck: Deck) -> None:
    deck.run("pool", "--limit", "4", "--pause")
    for number in range(20):
        deck.shell(f"job-{number}", f"sleep 0.3; {commit_script(f'f{number}', 'x')}")
    deck.run("pool", "--resume")
    deck.until(lambda all_: all(s["phase"] == "ended" for s in all_.values()))
    live: set[str] = set()
    most = 0
    for line in deck.run("events", "--since", "0", "--json").stdout.splitlines():
        event = json.loads(line)
        session = event["data"].get("session")
        if session is None:
            continue
        is_live = session["phase"] in ("preparing", "running", "stopping")
        live = live | {session["id"]} if is_live else live - {session["id"]}
        most = max(most, len(live))
    assert most == 4
    branches = deck.git("branch", "--list", "agentdeck/*").split()
    assert len([b for b in branches if b.startswith("agentdeck/")]) == 20
    counted = deck.until(lambda all_: all(s["ahead"] == 1 for s in all_.values()))
    assert {s["exit_code"] for s in counted.values()} == {0}


def test_a_bulk_merge_lands_three_and_refuses_the_conflict(deck: Deck) -> None:
    for name in ("a", "b", "c"):
        deck.shell(name, commit_script(f"{name}.txt", name))
    deck.shell("clash", commit_script("shared.txt", "theirs"))
    deck.until(lambda all_: all(s["ahead"] == 1 for s in all_.values()))
    (deck.repo / "shared.txt").write_text("mine\n")
    deck.git("commit", "-qam", "mine")
    done = deck.run("merge", "a", "b", "c", "clash", status=4)
    assert "shared.txt" in done.stderr + done.stdout
    assert deck.git("status", "--porcelain") == ""
    for name in ("a", "b", "c"):
        assert (deck.repo / f"{name}.txt").read_text() == f"{name}\n"
    assert (deck.repo / "shared.txt").read_text() == "mine\n"
    sessions = deck.sessions()
    assert [sessions[n]["merged_into"] for n in ("a", "b", "c", "clash")] == [
        "main",
        "main",
        "main",
        None,
    ]


def test_a_question_is_shown_and_answered_and_the_work_lands(deck: Deck) -> None:
    script = "/permission Allow it?\n/edit a.txt hello\n/commit Say hello"
    deck.run("run", script, "--agent", "scripted", "--name", "asks")
    asking = deck.until(lambda all_: all_["asks"]["needs"] is not None)["asks"]
    assert asking["activity"] == "needs-input"
    assert asking["needs"]["kind"] == "permission"
    assert asking["needs"]["choices"][0] == "Yes"
    assert "hook" in deck.run("explain", "asks").stdout
    deck.run("keys", "asks", "1")
    ended = deck.until(
        lambda all_: all_["asks"]["phase"] == "ended" and all_["asks"]["ahead"] == 1
    )
    assert ended["asks"]["exit_code"] == 0
    deck.run("merge", "asks", "--strategy", "squash")
    assert (deck.repo / "a.txt").read_text() == "hello\n"
    deck.run("discard", "asks", "--yes")
    assert deck.sessions() == {}
    assert deck.git("branch", "--list", "agentdeck/*") == ""
    assert not Path(asking["worktree"]).exists()


def test_status_is_kept_over_a_host_restart(deck: Deck) -> None:
    deck.run("run", "/question Which? | A | B", "--agent", "scripted", "--name", "q")
    before = deck.until(lambda all_: all_["q"]["needs"] is not None)["q"]
    os.kill(deck.host_pid(), signal.SIGKILL)
    after = deck.sessions()["q"]
    assert after["needs"] == before["needs"]
    assert after["activity"] == "needs-input"


def test_a_killed_runner_makes_its_session_lost_and_it_can_be_resumed(
    deck: Deck,
) -> None:
    deck.shell("victim", "sleep 100")
    deck.shell("other", "sleep 100")
    folder = deck.home / "state" / "sessions" / deck.sessions()["victim"]["id"]
    runner = json.loads((folder / "runner.json").read_text())
    os.kill(runner["pid"], signal.SIGKILL)
    deck.until(lambda all_: all_["victim"]["phase"] == "lost")
    assert deck.sessions()["other"]["phase"] == "running"
    deck.run("resume", "victim")
    deck.until(lambda all_: all_["victim"]["phase"] == "running")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["run", "--", "no-such-command-here"], 2, "no command"),
        (["run", "x", "--agent", "cloude"], 2, "No agent"),
        (["run", "x", "--agent", "scripted", "--base", "mian"], 2, "main"),
        (["run", "x", "--agent", "scripted", "--repo", "/"], 2, "git"),
        (["stop", "nobody"], 3, "nobody"),
        (["ls", "--filter", "colour:red"], 2, "colour"),
    ],
)
def test_bad_input_is_one_clear_sentence_and_leaves_nothing(
    deck: Deck, words: list[str], status: int, says: str
) -> None:
    done = deck.run(*words, status=status)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert deck.sessions() == {}
    assert deck.git("branch", "--list", "agentdeck/*") == ""
    assert not Path(f"{deck.repo}.worktrees").exists()


def test_a_repository_without_a_commit_and_a_taken_name_are_refused(
    deck: Deck, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=empty, check=True)
    done = deck.run("run", "x", "--agent", "scripted", "--repo", str(empty), status=2)
    assert "commit" in done.stderr
    deck.shell("taken", "true")
    again = deck.run("run", "--name", "taken", "--", "true", status=4)
    assert "taken" in again.stderr
    assert list(deck.sessions()) == ["taken"]


def test_two_apps_show_the_same_and_one_killed_leaves_the_other(deck: Deck) -> None:
    deck.run(
        "run", "/idle", "--agent", "scripted", "--name", "greeter", "--title", "greeter"
    )
    deck.until(lambda all_: all_["greeter"]["activity"] == "idle")
    first, second = AppTerminal(deck), AppTerminal(deck)
    try:
        first.until_shown("greeter")
        second.until_shown("greeter")
        first.close()
        deck.run(
            "run", "/idle", "--agent", "scripted", "--name", "later", "--title", "later"
        )
        second.until_shown("later")
        assert deck.sessions()["greeter"]["phase"] == "running"
    finally:
        first.close()
        second.close()


def test_a_queue_goes_on_over_a_host_restart(deck: Deck) -> None:
    deck.run("pool", "--limit", "2", "--pause")
    for number in range(6):
        deck.shell(f"job-{number}", f"sleep 0.5; {commit_script(f'f{number}', 'x')}")
    deck.run("pool", "--resume")
    deck.until(lambda all_: any(s["phase"] == "ended" for s in all_.values()))
    deck.run("host", "restart")
    ended = deck.until(lambda all_: all(s["phase"] == "ended" for s in all_.values()))
    assert {s["exit_code"] for s in ended.values()} == {0}
    assert len(ended) == 6
