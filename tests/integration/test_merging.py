"""Merges that are checked, cancelled, interrupted and gone on with."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agentdeck.config.paths import paths_from_environment
from agentdeck.rpc.client import connected
from tests.integration.deck import DEADLINE_S, Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


def committed(deck: Deck, name: str, check: str) -> None:
    """A session that commits a file and ends, with a command that checks it."""
    script = f"echo {name} > {name}; git add -A; git commit -qm {name}"
    deck.run("run", "--name", name, "--check", check, "--", "bash", "-c", script)


def all_ended(deck: Deck, *names: str) -> None:
    deck.until(lambda all_: all(all_[n]["phase"] == "ended" for n in names))


def begun(deck: Deck, *words: str) -> tuple[subprocess.Popen[str], list[str]]:
    """A merge under way, and the lines that it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agentdeck", "merge", *words],
        cwd=deck.repo,
        env=deck.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Tests may themselves run in the background of a shell, which ignores it.
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509 - no thread runs yet
            signal.SIGINT, signal.SIG_DFL
        ),
    )
    lines: list[str] = []
    stderr = process.stderr
    assert stderr is not None

    def read() -> None:
        with stderr:
            lines.extend(stderr)

    threading.Thread(target=read).start()
    return process, lines


def until_said(lines: list[str], text: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not any(text in line for line in lines):
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)


def test_each_is_checked_on_the_merged_files(deck: Deck) -> None:
    committed(deck, "a", "test -f a")
    committed(deck, "b", "test ! -f a")
    committed(deck, "c", "test -f a && test ! -f b && test -f c")
    all_ended(deck, "a", "b", "c")
    before = deck.git("rev-parse", "main")
    stopped = deck.run(
        "merge", "a", "b", "c", "--check", "--stop-on-failure", "--dry-run", status=4
    )
    assert "c: One before it" in stopped.stderr
    assert deck.git("rev-parse", "main") == before
    done = deck.run("merge", "a", "b", "c", "--check", "--yes", status=4)
    assert "1/3  a: clean" in done.stderr
    assert "b: b does not pass its checks" in done.stderr
    assert sorted(p.name for p in deck.repo.iterdir()) == [
        ".git",
        "a",
        "c",
        "shared.txt",
    ]
    rows = deck.sessions()
    assert [rows[n]["merged_into"] for n in "abc"] == ["main", None, "main"]
    assert deck.git("worktree", "list").count("\n") == 3
    assert json.loads(deck.run("merge", "b", "--no-check", "--json").stdout)[0]["ok"]


def test_a_cancelled_merge_has_merged_nothing(deck: Deck) -> None:
    committed(deck, "a", "true")
    committed(deck, "b", "sleep 100")
    all_ended(deck, "a", "b")
    before = deck.git("rev-parse", "main")
    process, lines = begun(deck, "a", "b", "--check", "--yes")
    until_said(lines, "b: checking")
    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 130
    until_said(lines, "cancelled")
    assert deck.git("rev-parse", "main") == before
    assert deck.sessions()["a"]["merged_into"] is None
    assert "none to go on" in deck.run("merge", "--resume", status=4).stderr
    deck.run("merge", "a", "--yes")


def test_a_client_that_leaves_does_not_end_it(deck: Deck, tmp_path: Path) -> None:
    go = tmp_path / "go"
    committed(deck, "a", f"until test -f {go}; do sleep 0.1; done")
    all_ended(deck, "a")
    process, lines = begun(deck, "a", "--check", "--yes")
    until_said(lines, "a: checking")
    process.kill()
    process.wait()
    go.touch()
    deck.until(lambda all_: all_["a"]["merged_into"] == "main")
    assert (deck.repo / "a").exists()


def test_after_a_crash_it_goes_on_without_checking_again(
    deck: Deck, tmp_path: Path
) -> None:
    go, ran = tmp_path / "go", tmp_path / "ran"
    committed(deck, "a", f"echo a >> {ran}")
    wait = f"echo b >> {ran}; until test -f {go}; do sleep 0.1; done"
    committed(deck, "b", wait)
    all_ended(deck, "a", "b")
    before = deck.git("rev-parse", "main")
    process, lines = begun(deck, "a", "b", "--check", "--yes", "--strategy", "squash")
    until_said(lines, "b: checking")
    os.kill(deck.host_pid(), signal.SIGKILL)
    process.wait(40)
    assert deck.git("rev-parse", "main") == before
    go.touch()
    events = deck.run("events", "--json").stdout
    deck.sessions()
    events = deck.run("events", "--json").stdout
    assert "was interrupted before it came to a, b" in events
    done = deck.run("merge", "--resume")
    assert "Goes on with a, b." in done.stderr
    assert deck.git("log", "--format=%s", f"{before}..main").splitlines()[-1:] == [
        deck.sessions()["a"]["title"]
    ]
    assert (deck.repo / "b").exists()
    assert ran.read_text().split() == ["a", "b", "b"]
    assert "none to go on" in deck.run("merge", "--resume", status=4).stderr


def test_messages_are_given_by_session(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(deck, "a", "true")
    committed(deck, "b", "true")
    all_ended(deck, "a", "b")
    monkeypatch.setenv("AGENTDECK_HOME", str(deck.home))
    rows = deck.sessions()
    ids = [rows[name]["id"] for name in "ab"]

    async def merged() -> list[dict[str, Any]]:
        async with connected(paths_from_environment()) as client:
            params: dict[str, Any] = {"ids": ids, "strategy": "squash"}
            look = await client.call("session.merge", **params, dry_run=True)
            assert [r["message"] for r in look["results"]] == [
                f"{rows[name]['title']}\n\n* {name}" for name in "ab"
            ]
            messages = {ids[1]: "Do b\n\nBecause."}
            done = await client.call("session.merge", **params, messages=messages)
            results: list[dict[str, Any]] = done["results"]
            return results

    assert all(result["ok"] for result in asyncio.run(merged()))
    assert deck.git("log", "-1", "--format=%B") == "Do b\n\nBecause."
