"""Checkpoints at the end of turns, and going back, with a real host and runner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SAY = """say() {
  echo "$1" > "$AGENTDECK_INBOX/.r"; mv "$AGENTDECK_INBOX/.r" "$AGENTDECK_INBOX/$2.json"
}
"""


def turns(deck: Deck, name: str) -> list[dict[str, Any]]:
    done = deck.run("turns", name, "--json")
    listed: list[dict[str, Any]] = json.loads(done.stdout)["turns"]
    return listed


def test_each_turn_becomes_a_commit_and_the_way_back_is_undone(deck: Deck) -> None:
    script = SAY + (
        'say \'{"activity":"working","prompt":"Write one"}\' 1;'
        " echo 1 > one; sleep 0.3;"
        ' say \'{"activity":"idle","said":"One is written."}\' 2; read line;'
        ' say \'{"activity":"working"}\' 3; echo 2 > two;'
        ' say \'{"activity":"idle"}\' 4; read line'
    )
    deck.run("run", "--auto-commit", "--name", "a", "--", "bash", "-c", script)
    deck.until(lambda all_: all_["a"]["ahead"] == 1)
    worktree = Path(deck.sessions()["a"]["worktree"])
    deck.run("send", "a", "Write two")
    row = deck.until(lambda all_: all_["a"]["ahead"] == 2)["a"]
    assert row["turns"] == 2
    subjects = [t["subject"] for t in turns(deck, "a")]
    assert subjects == ["Write two", "Write one", "first"]
    body = deck.git("log", "--format=%b", "main..agentdeck/a")
    assert "One is written." in body
    assert "AgentDeck-Session: a\nAgentDeck-Turn: 2" in body
    (worktree / "loose").write_text("loose\n")
    done = deck.run("rewind", "a", "1")
    assert "kept as k1" in done.stderr
    assert sorted(p.name for p in worktree.iterdir()) == [".git", "one", "shared.txt"]
    deck.until(lambda all_: all_["a"]["ahead"] == 1)
    assert "left behind: Write two and uncommitted" in deck.run("turns", "a").stdout
    assert "before it went" in deck.run("undo").stdout
    assert (worktree / "loose").exists()
    assert (worktree / "two").exists()
    assert "undo" in deck.run("undo", status=4).stderr


def test_nothing_is_committed_unless_asked_and_work_is_not_torn_away(
    deck: Deck,
) -> None:
    script = SAY + (
        'echo 1 > one; say \'{"activity":"idle"}\' 1; read line;'
        ' say \'{"activity":"working"}\' 2; read line; echo 2 > two'
    )
    deck.shell("a", script)
    deck.until(lambda all_: all_["a"]["activity"] == "idle" and all_["a"]["dirty"])
    answer = json.loads(deck.run("turns", "a", "--json").stdout)
    assert answer["auto_commit"] is False
    assert [t["id"] for t in answer["turns"]] == ["0"]
    deck.run("send", "a", "go")
    deck.until(lambda all_: all_["a"]["activity"] == "working")
    assert "at work" in deck.run("rewind", "a", "0", status=4).stderr
    deck.run("turns", "a", "--auto-commit")
    deck.run("send", "a", "on")
    row = deck.until(lambda all_: all_["a"]["phase"] == "ended" and all_["a"]["ahead"])
    assert row["a"]["turns"] == 1
    worktree = Path(row["a"]["worktree"])
    assert deck.git("-C", str(worktree), "status", "--porcelain") == ""
    assert deck.run("rewind", "a", "9", status=2).stderr.count("no turn '9'")


def test_a_claim_without_a_commit_is_told(deck: Deck) -> None:
    script = SAY + (
        'say \'{"activity":"idle","said":"Hello."}\' 1; read line;'
        ' say \'{"activity":"working"}\' 2; echo 1 > one;'
        ' say \'{"activity":"idle","said":"I have committed the change."}\' 3; read l'
    )
    deck.shell("a", script)
    deck.until(lambda all_: all_["a"]["activity"] == "idle")
    deck.run("send", "a", "go")
    deck.until(lambda all_: "no new commit" in all_["a"]["turn_note"])
    assert "no new commit" in deck.run("explain", "a").stdout


def test_a_half_done_rebase_is_left_and_said(deck: Deck) -> None:
    script = SAY + (
        "echo a > shared.txt; git commit -qam a; git -C ../../repo "
        "-c user.name=T -c user.email=t@l commit -q --allow-empty -m x; "
        "mkdir -p $(git rev-parse --git-dir)/rebase-merge; echo b > b;"
        ' say \'{"activity":"idle"}\' 1; read line'
    )
    deck.run("run", "--auto-commit", "--name", "a", "--", "bash", "-c", script)
    row = deck.until(lambda all_: all_["a"]["turn_note"])["a"]
    assert "middle of a rebase" in row["turn_note"]
    assert (row["ahead"], row["dirty"]) == (1, True)
