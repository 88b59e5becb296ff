"""The overlap radar, updates from the base and conflicts, with a real host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deck import Deck
from tests.integration.test_turns import SAY

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

TEXT = "".join(f"line {number}\n" for number in range(1, 21))


def based(deck: Deck) -> None:
    """A base with a file of twenty lines."""
    (deck.repo / "f").write_text(TEXT)
    deck.git("add", "-A")
    deck.git("commit", "-q", "-m", "text")


def editing(deck: Deck, name: str, line: int, *more: str) -> None:
    """A session that changes a line, says that it rests, and stays."""
    edit = f'sed -i "{line}s/.*/{name}/" f'
    rest = 'say \'{"activity":"idle"}\' 1'
    deck.shell(name, SAY + "; ".join((edit, *more, rest, "read line")))


def test_collisions_are_seen_while_they_work(deck: Deck) -> None:
    based(deck)
    editing(deck, "a", 5)
    editing(deck, "b", 5, "git commit -qam b")
    editing(deck, "c", 15)
    rows = deck.until(lambda all_: all_["a"]["collides"] and all_["c"]["same_files"])
    assert rows["a"]["collides"] == ["b"]
    assert rows["b"]["collides"] == ["a"]
    assert rows["c"]["collides"] == []
    assert rows["c"]["same_files"] == ["a", "b"]
    names = {s["name"] for s in filtered(deck, "is:overlapping")}
    assert names == {"a", "b"}
    listed = json.loads(deck.run("overlaps", "a", "--json").stdout)
    (pair,) = [p for p in listed["pairs"] if p["conflicts"]]
    lines = {"ours": [5, 5], "theirs": [5, 5]}
    assert pair["conflicts"] == [{"path": "f", "lines": [lines]}]
    assert "b ≠ a  f:5" in deck.run("overlaps", "b").stdout
    text = deck.run("overlaps", "a", "b").stdout
    assert "<<<<<<< a\na\n=======\nb\n>>>>>>> b" in text
    deck.run("stop", "b", "--yes")
    deck.run("discard", "b", "--yes")
    deck.until(lambda all_: not all_["a"]["collides"])
    objects = list((deck.repo / ".git" / "objects").rglob("*"))
    assert all(p.is_dir() or p.stat().st_size < 4096 for p in objects)


def filtered(deck: Deck, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        deck.run("ls", "--filter", query, "--json").stdout
    )
    return rows


def test_the_base_moves_and_a_session_is_brought_up_to_it(deck: Deck) -> None:
    based(deck)
    editing(deck, "a", 5, "git commit -qam a")
    editing(deck, "b", 5, "git commit -qam b")
    deck.until(lambda all_: all(all_[n]["ahead"] for n in "ab"))
    (deck.repo / "f").write_text(TEXT.replace("line 15\n", "base 15\n"))
    deck.git("commit", "-qam", "base")
    deck.until(lambda all_: all_["a"]["behind"] == 1)
    assert "has all of main now" in deck.run("update", "a").stdout
    worktree = Path(deck.sessions()["a"]["worktree"])
    assert "base 15" in (worktree / "f").read_text()
    deck.until(lambda all_: all_["a"]["behind"] == 0 and not all_["a"]["dirty"])
    assert "all of 'main' already" in deck.run("update", "a", status=4).stderr
    deck.run("update", "b", "--rebase")
    subjects = deck.git("log", "--format=%s", "agentdeck/b").splitlines()
    assert subjects == ["b", "base", "text", "first"]
    deck.run("merge", "a", "--yes")
    rows = deck.until(lambda all_: all_["b"]["collides_with_base"])
    assert rows["b"]["behind"] == 3
    assert "resolve" in deck.run("update", "b", status=4).stderr
    here = deck.run("resolve", "b", "--here")
    assert "to settle: f" in here.stderr
    worktree = Path(here.stdout.strip())
    assert "<<<<<<<" in (worktree / "f").read_text()
    assert deck.sessions()["b"]["resolving"] == "main"
    (worktree / "f").write_text(TEXT)
    deck.git("-C", str(worktree), "commit", "-qam", "settled")
    deck.until(lambda all_: not all_["b"]["resolving"])
    deck.until(lambda all_: not all_["b"]["collides_with_base"])


CONFIG = """
[agents.talker]
command = ["bash", "{script}", "{{prompt}}"]
resume = ["bash", "{script}", "again"]
"""
TALKER = SAY + (
    'turn() { say \'{"activity":"working"}\' $1a; "${@:2}";'
    ' say \'{"activity":"idle"}\' $1b; }\n'
    "begin() { sed -i '5s/.*/mine/' f; git commit -qam mine; }\n"
    "settle() { until test -f $0.go; do sleep 0.1; done;"
    " git merge -q main; sed -i '/^[<=>]/d' f; git commit -qam settled; }\n"
    '[ "$1" = again ] && turn 0 true || turn 1 begin\n'
    "while read line; do case $line in *conflicts*) turn 2 settle;; esac; done\n"
)


@pytest.mark.parametrize("is_over", [False, True], ids=["resting", "over"])
def test_an_agent_gets_its_conflicts_as_a_task(
    deck: Deck, tmp_path: Path, is_over: bool
) -> None:
    based(deck)
    script = tmp_path / "talker"
    script.write_text(TALKER)
    config = deck.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(CONFIG.format(script=script))
    deck.run("run", "begin", "--agent", "talker", "--name", "a")
    deck.until(lambda all_: all_["a"]["ahead"] == 1)
    assert "does not conflict" in deck.run("resolve", "a", status=4).stderr
    (deck.repo / "f").write_text(TEXT.replace("line 5\n", "base 5\n"))
    deck.git("commit", "-qam", "base")
    deck.until(lambda all_: all_["a"]["collides_with_base"])
    if is_over:
        deck.run("stop", "a", "--yes")
        deck.until(lambda all_: all_["a"]["phase"] == "ended")
    deck.run("resolve", "a")
    assert deck.sessions()["a"]["resolving"] == "main"
    script.with_name("talker.go").touch()
    deck.until(lambda all_: not all_["a"]["resolving"])
    done = json.loads(deck.run("merge", "a", "--yes", "--json").stdout)
    assert done[0]["ok"]


def test_a_command_takes_no_task_and_one_at_work_is_left(deck: Deck) -> None:
    based(deck)
    deck.shell("a", "sed -i '5s/.*/a/' f; git commit -qam a; sleep 60")
    deck.until(lambda all_: all_["a"]["ahead"] == 1)
    assert "--here" in deck.run("resolve", "a", status=4).stderr
    assert "at work" in deck.run("update", "a", status=4).stderr
    assert "at work" in deck.run("resolve", "a", "--here", status=4).stderr
