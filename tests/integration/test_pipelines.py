"""Pipelines over a real host: branches, checks, decisions, and hosts that die."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

FIVE = """
[defaults]
agent = "scripted"
[[step]]
name = "feature"
prompt = "/edit log-feature.txt {prompt}\\n/commit feature\\n/idle"
checks = ["test -f mended.txt"]
retries = 1
retry-prompt = "/edit mended.txt yes\\n/commit mended\\n/idle"
[[step]]
name = "refactor"
after = ["feature"]
prompt = "/edit log-refactor.txt x\\n/sleep 1\\n/idle"
[[step]]
name = "tests"
after = ["feature"]
prompt = "/edit log-tests.txt x\\n/commit t"
[[step]]
name = "docs"
after = ["feature"]
approval = true
prompt = "/edit log-docs.txt x\\n/idle"
[[step]]
name = "all"
after = ["refactor", "tests", "docs"]
run = "test -f log-refactor.txt && test -f log-tests.txt && echo x >> log-all.txt"
"""


def start(deck: Deck, text: str, *words: str) -> str:
    """Start a pipeline of that text; gives the run's name."""
    file = deck.home / "p.toml"
    file.write_text(text)
    done = deck.run("pipeline", "run", str(file), "--json", *words)
    return str(json.loads(done.stdout)["name"])


def show(deck: Deck, run: str) -> dict[str, Any]:
    """A run, with its steps by name."""
    values = json.loads(deck.run("pipeline", "show", run, "--json").stdout)
    return {**values, "steps": {step["name"]: step for step in values["steps"]}}


def until(deck: Deck, run: str, holds: Callable[[dict[str, Any]], bool]) -> Any:
    """Wait until something holds of a run."""
    deadline = time.monotonic() + 2 * DEADLINE_S
    while not holds(now := show(deck, run)):
        assert time.monotonic() < deadline, now
        time.sleep(0.1)
    return now


def over(run: dict[str, Any]) -> bool:
    return bool(run["outcome"])


def states(run: dict[str, Any]) -> dict[str, str]:
    return {name: step["state"] for name, step in run["steps"].items()}


def at(name: str, state: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a step is in a state."""
    return lambda run: bool(run["steps"][name]["state"] == state)


def kill_host(deck: Deck) -> None:
    """Kill the host as a crash would, and wait until it is gone."""
    host = psutil.Process(deck.host_pid())
    os.kill(host.pid, signal.SIGKILL)
    psutil.wait_procs([host], timeout=20)


def test_five_steps_over_hosts_that_die(deck: Deck) -> None:
    run = start(deck, FIVE, "--prompt", "hello")
    known = 0
    while known < 3:
        sessions = deck.until(lambda s, n=known: len(s) > n)  # type: ignore[misc]
        known = len(sessions)
        kill_host(deck)
    waiting = until(
        deck,
        run,
        lambda r: r["needs"] == ["docs"] and r["steps"]["tests"]["state"] == "done",
    )
    assert states(waiting)["all"] == "waiting"
    kill_host(deck)
    assert "docs" in deck.run("pipeline", "approve", run, "--note", "mind it").stdout
    kill_host(deck)
    done = until(deck, run, over)
    assert done["outcome"] == "done"
    assert set(states(done).values()) == {"done"}
    assert done["steps"]["feature"]["tries"] == 1
    sessions = deck.sessions()
    assert set(sessions) == {
        f"{run}-{n}" for n in ("feature", "refactor", "tests", "docs", "all")
    }
    assert {s["folder"] for s in sessions.values()} == {run}
    assert "mind it" in sessions[f"{run}-docs"]["prompt"]
    # Each agent began once, and the last branch has what all of them did.
    branch = sessions[f"{run}-all"]["branch"]
    files = deck.git("ls-tree", "--name-only", branch).split()
    assert {f for f in files if f.startswith("log-")} == {
        f"log-{n}.txt" for n in ("feature", "refactor", "tests", "docs", "all")
    }
    for name in ("feature", "refactor", "tests", "docs", "all"):
        lines = deck.git("show", f"{branch}:log-{name}.txt").splitlines()
        assert len(lines) == 1, name
    assert sessions[f"{run}-all"]["base"] == "main"
    text = deck.run("pipeline", "show", run).stdout
    assert "├─┼─▶" in text
    assert f"{run}-docs" in text


CONFLICT = """
[[step]]
name = "one"
agent = "scripted"
prompt = "/edit shared.txt one\\n/commit one"
[[step]]
name = "two"
agent = "scripted"
prompt = "/edit shared.txt two\\n/commit two"
[[step]]
name = "all"
after = ["one", "two"]
"""


def test_a_conflict_is_the_first_task_of_the_agent_and_has_to_be_done(
    deck: Deck,
) -> None:
    run = start(deck, CONFLICT + 'agent = "scripted"\nprompt = "/say hello\\n/idle"\n')
    failed = until(deck, run, over)
    step = failed["steps"]["all"]
    assert failed["outcome"] == "failed"
    assert step["reason"] == f"it has not merged agentdeck/{run}-two"
    session = deck.sessions()[f"{run}-all"]
    assert (
        f"- git merge agentdeck/{run}-two   (conflicts in 'shared.txt')"
        in session["prompt"]
    )
    deck.git(
        "-C", session["worktree"], "merge", "-q", "-X", "ours", f"agentdeck/{run}-two"
    )
    deck.run("pipeline", "retry", run)
    done = until(deck, run, over)
    # A person did it meanwhile, so there was nothing to send back.
    assert (done["outcome"], done["steps"]["all"]["tries"]) == ("done", 0)


def test_a_conflict_stops_a_command_with_the_reason(deck: Deck) -> None:
    run = start(deck, CONFLICT + 'run = "cat shared.txt"\n')
    failed = until(deck, run, over)
    reason = failed["steps"]["all"]["reason"]
    assert "changed the same lines of 'shared.txt'" in reason
    assert list(deck.sessions()) == [f"{run}-one", f"{run}-two"]
    deck.run("pipeline", "skip", run)
    assert until(deck, run, over)["outcome"] == "done"


def test_a_session_of_the_list_is_followed_once_its_work_is_committed(
    deck: Deck,
) -> None:
    deck.run(
        "run", "/edit a.txt a\n/commit a\n/idle", "--agent", "scripted",
        "--name", "first", "--check", "test -f a.txt",
    )  # fmt: skip
    resting = deck.until(
        lambda s: s["first"]["activity"] == "idle" and s["first"]["ahead"]
    )
    folder = Path(resting["first"]["worktree"])
    (folder / "left.txt").write_text("not committed\n")
    done = deck.run(
        "pipeline", "follow", "first", "--agent", "scripted",
        "--prompt", "/edit b.txt {b}\n/commit b", "--json",
    )  # fmt: skip
    run = json.loads(done.stdout)["name"]
    held = until(deck, run, at("next", "blocked"))
    assert "not committed: 'left.txt'" in held["steps"]["next"]["reason"]
    assert deck.sessions()["first"]["check"] == "passed"
    deck.git("-C", str(folder), "add", "-A")
    deck.git("-C", str(folder), "commit", "-q", "-m", "left")
    until(deck, run, over)
    sessions = deck.sessions()
    branch = sessions[f"{run}-next"]["branch"]
    assert {"a.txt", "b.txt", "left.txt"} <= set(
        deck.git("ls-tree", "--name-only", branch).split()
    )
    assert deck.git("show", f"{branch}:b.txt") == "{b}"
    # It was there before the run, so the run does not end its agent.
    assert sessions["first"]["phase"] == "running"


def test_work_that_a_dying_host_left_uncommitted_is_taken_along(deck: Deck) -> None:
    run = start(
        deck,
        """
[defaults]
agent = "scripted"
[[step]]
name = "one"
prompt = "/edit a.txt a\\n/idle"
[[step]]
name = "two"
after = ["one"]
approval = true
prompt = "/edit b.txt b"
""",
    )
    until(deck, run, at("two", "approval"))
    # As if the end of the turn had not been committed.
    worktree = deck.sessions()[f"{run}-one"]["worktree"]
    deck.git("-C", worktree, "reset", "-q", "--mixed", "HEAD~1")
    deck.run("pipeline", "approve", run)
    until(deck, run, over)
    branch = deck.sessions()[f"{run}-two"]["branch"]
    assert "a.txt" in deck.git("ls-tree", "--name-only", branch)


def test_merged_starts_from_where_it_landed_and_red_goes_another_way(
    deck: Deck,
) -> None:
    run = start(
        deck,
        """
[defaults]
agent = "scripted"
[[step]]
name = "work"
prompt = "/edit a.txt a\\n/commit a"
[[step]]
name = "notes"
after = {step = "work", when = "merged"}
prompt = "/edit b.txt b\\n/commit b"
[[step]]
name = "bad"
prompt = "/edit c.txt c\\n/commit c"
checks = ["false"]
[[step]]
name = "mend"
after = {step = "bad", when = "red"}
prompt = "/say {branch.bad} of {base}"
[[step]]
name = "never"
after = ["bad"]
prompt = "/say no"
""",
    )
    until(deck, run, at("mend", "done"))
    waiting = until(deck, run, at("work", "done"))
    assert waiting["steps"]["notes"]["reason"] == "work merged"
    (deck.repo / "other.txt").write_text("of another\n")
    deck.git("add", "-A")
    deck.git("commit", "-q", "-m", "other")
    deck.run("merge", f"{run}-work", "--discard")
    done = until(deck, run, over)
    assert states(done) == {
        "work": "done", "notes": "done", "bad": "failed", "mend": "done", "never": "passed-over",
    }  # fmt: skip
    assert done["outcome"] == "done"
    sessions = deck.sessions()
    branch = sessions[f"{run}-notes"]["branch"]
    assert "other.txt" in deck.git("ls-tree", "--name-only", branch)
    assert sessions[f"{run}-mend"]["prompt"] == f"/say agentdeck/{run}-bad of main"


def test_what_fails_is_begun_anew_and_decided_by_a_person(deck: Deck) -> None:
    run = start(
        deck,
        """
[[step]]
name = "try"
retries = 1
run = "test -f ../flag || { touch ../flag; exit 3; }"
[[step]]
name = "next"
after = ["try"]
approval = true
run = "true"
[[step]]
name = "last"
after = {step = "next", when = "failed"}
run = "sleep 100"
""",
    )
    until(deck, run, at("next", "approval"))
    assert set(deck.sessions()) == {f"{run}-try", f"{run}-try-2"}
    refused = deck.run("pipeline", "approve", run, "last", status=4)
    assert "last is waiting, so there is nothing to approve" in refused.stderr
    deck.run("pipeline", "approve", run, "lst", status=2)
    deck.run("pipeline", "retry", run, status=4)
    deck.run("pipeline", "deny", run, "--note", "not now")
    denied = until(deck, run, at("last", "working"))
    assert denied["steps"]["next"]["reason"] == "denied: not now"
    listed = json.loads(deck.run("pipeline", "list", "--json").stdout)
    assert [each["name"] for each in listed["runs"]] == [run]
    assert "feature-trio" in [each["name"] for each in listed["pipelines"]]
    deck.run("pipeline", "cancel", run, "--stop", "--yes")
    cancelled = until(deck, run, over)
    assert cancelled["outcome"] == "cancelled"
    assert deck.sessions()[f"{run}-last"]["phase"] == "ended"
    deck.run("pipeline", "cancel", run, "--yes", status=4)
    deck.run("pipeline", "retry", run, status=4)


def test_what_cannot_start_is_refused_before_anything_does(deck: Deck) -> None:
    file = deck.home / "p.toml"
    file.write_text('[[step]]\nname="a"\nprompt="x"\nafter="b"\n')
    wrong = deck.run("pipeline", "run", str(file), status=2)
    assert "p.toml: step 'a': is after 'b', which is no step" in wrong.stderr
    assert "is after 'b'" in deck.run("pipeline", "check", str(file), status=1).stdout
    file.write_text('[[step]]\nname="a"\nprompt="x"\nagent="nobody"\n')
    assert "step 'a'" in deck.run("pipeline", "run", str(file), status=2).stderr
    deck.run("pipeline", "run", "feature-trio", status=2)
    deck.run("pipeline", "run", "feature-trio", "--set", "prompt", status=2)
    deck.run("pipeline", "follow", "nobody", "--prompt", "x", status=3)
    deck.run("pipeline", "show", "none", status=2)
    assert not deck.sessions()
    assert json.loads(deck.run("pipeline", "list", "--json").stdout)["runs"] == []


@pytest.mark.parametrize(
    ("name", "last"), [("feature-trio", "integrate"), ("tournament", "judge")]
)
def test_what_is_shipped_runs(deck: Deck, name: str, last: str) -> None:
    prompt = "/edit made.txt made\n/commit make it"
    done = deck.run(
        "pipeline", "run", name, "--prompt", prompt, "--agent", "scripted", "--json"
    )
    run = json.loads(done.stdout)["name"]
    ended = until(deck, run, over)
    assert ended["outcome"] == "done"
    sessions = deck.sessions()
    assert len(sessions) == len(ended["steps"])
    told = sessions[f"{run}-{last}"]["prompt"]
    for step, _ in ((s["step"], s) for s in ended["steps"][last]["after"]):
        assert f"- {step}: branch {sessions[f'{run}-{step}']['branch']}" in told
    if name == "tournament":
        told = json.loads(deck.run("compare", run, "--json").stdout)
        assert len(told["variants"]) == 3


def test_a_message_to_an_agent_that_rests_goes_out_by_the_next_host(
    deck: Deck,
) -> None:
    deck.run("run", "/idle", "--agent", "scripted", "--name", "rests")
    deck.until(lambda s: s["rests"]["activity"] == "idle")
    host = psutil.Process(deck.host_pid())
    deck.run("send", "rests", "/edit sent.txt once", "--queue")
    # It waits for a moment of rest, in which the host dies.
    os.kill(host.pid, signal.SIGKILL)
    psutil.wait_procs([host], timeout=20)
    rests = deck.until(lambda s: not s["rests"]["queued"])["rests"]
    sent = Path(rests["worktree"]) / "sent.txt"
    deadline = time.monotonic() + DEADLINE_S
    while not sent.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert sent.read_text() == "once\n"
