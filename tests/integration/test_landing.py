"""Merging, undoing and bringing back, through the command line and the real host."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from agentdeck.config.paths import paths_from_environment
from agentdeck.host.batches import Landed, Record
from agentdeck.host.store import Store
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def committed(deck: Deck, *names: str, file: str = "") -> None:
    """Sessions that commit a file each and end."""
    for name in names:
        path = file or name
        deck.shell(name, f"echo {name} > {path}; git add -A; git commit -qm {name}")
    deck.until(lambda all_: all(all_[n]["phase"] == "ended" for n in names))


def results(deck: Deck, *words: str, status: int = 0) -> list[dict[str, Any]]:
    done = deck.run("merge", *words, "--json", status=status)
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    return listed


def test_dry_run_merge_and_undo_of_a_batch(deck: Deck) -> None:
    committed(deck, "a", "b")
    committed(deck, "c", file="a")
    before = deck.git("rev-parse", "main")
    dry = results(deck, "a", "b", "c", "--dry-run", status=4)
    assert [r["verdict"] for r in dry] == [
        "clean",
        "clean",
        "conflicts with an earlier one",
    ]
    assert dry[2]["earlier"] == ["a"]
    assert deck.git("rev-parse", "main") == before
    done = results(deck, "a", "b", "c", status=4)
    assert [r["ok"] for r in done] == [True, True, False]
    assert (deck.repo / "b").exists()
    assert deck.sessions()["a"]["merged_into"] == "main"
    assert deck.sessions()["c"]["merged_into"] is None
    assert "before the merge of a, b" in deck.run("undo").stdout
    assert deck.git("rev-parse", "main") == before
    assert not (deck.repo / "b").exists()
    assert deck.git("status", "--porcelain") == ""
    assert deck.sessions()["a"]["merged_into"] is None
    assert "no merge or discard" in deck.run("undo", status=4).stderr


def test_squash_names_its_commits_and_unknown_strategies_are_refused(
    deck: Deck,
) -> None:
    script = "for n in 1 2; do echo $n > f$n; git add -A; git commit -qm c$n; done"
    deck.shell("s", script)
    deck.until(lambda all_: all_["s"]["phase"] == "ended")
    results(deck, "s", "--strategy", "squash")
    assert deck.git("log", "-1", "--format=%b") == "* c1\n* c2"
    assert (
        "one of merge, squash"
        in deck.run("merge", "s", "--strategy", "x", status=2).stderr
    )


def test_discarded_work_comes_back_exactly(deck: Deck) -> None:
    committed(deck, "a", "b")
    worktree = Path(deck.sessions()["a"]["worktree"])
    (worktree / "untracked").write_text("mine\n")
    (worktree / "a").write_text("changed\n")
    head = deck.git("rev-parse", "agentdeck/a")
    deck.run("discard", "a", "b")
    assert deck.sessions() == {}
    assert {e["name"] for e in json.loads(deck.run("trash", "--json").stdout)} == {
        "a",
        "b",
    }
    deck.run("trash", "restore", "a")
    assert (worktree / "untracked").read_text() == "mine\n"
    assert (worktree / "a").read_text() == "changed\n"
    assert deck.git("rev-parse", "agentdeck/a") == head
    assert set(deck.sessions()) == {"a"}
    assert "back from the trash" in deck.run("undo").stdout
    assert set(deck.sessions()) == {"a", "b"}
    assert deck.git("for-each-ref", "refs/agentdeck/trash/") == ""
    deck.run("trash", "restore", "a", status=3)


def test_merging_may_discard_what_landed(deck: Deck) -> None:
    committed(deck, "a")
    results(deck, "a", "--discard")
    assert deck.sessions() == {}
    assert (deck.repo / "a").exists()
    assert "agentdeck/a" not in deck.git("branch", "--list")


def test_old_work_goes_by_prune_and_when_the_host_starts(deck: Deck) -> None:
    committed(deck, "a", "b")
    deck.run("discard", "a", "b")
    marks = sorted(deck.home.rglob("discarded.json"))
    assert len(marks) == 2
    for mark, days in zip(marks, (8, 31), strict=True):
        noted = json.loads(mark.read_text())
        mark.write_text(json.dumps({**noted, "at": time.time() - days * 86400}))
    assert len(deck.git("for-each-ref", "refs/agentdeck/trash/").splitlines()) == 2
    deck.run("host", "restart")
    assert len(deck.git("for-each-ref", "refs/agentdeck/trash/").splitlines()) == 1
    done = deck.run("prune", "--older-than", "7")
    assert "cannot be brought back" in done.stderr
    assert deck.git("for-each-ref", "refs/agentdeck/trash/") == ""
    assert "empty" in deck.run("trash").stderr


@pytest.mark.parametrize("landed", [True, False])
async def test_a_killed_host_finds_out_what_became_of_its_batch(
    deck: Deck, landed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment between record and move is staged: killed, the record written."""
    committed(deck, "a")
    session = deck.sessions()["a"]
    before, head = deck.git("rev-parse", "main"), deck.git("rev-parse", "agentdeck/a")
    host = psutil.Process(deck.host_pid())
    host.kill()
    host.wait(10)
    if landed:
        deck.git("merge", "-q", "--ff-only", "agentdeck/a")
    item = Landed(session_id=session["id"], name="a", head=head, commit=head)
    record = Record(
        id="x",
        at=time.time(),
        repo=str(deck.repo),
        into="main",
        previous=before,
        final=head,
        items=(item,),
    )
    monkeypatch.setenv("AGENTDECK_HOME", str(deck.home))
    store = Store(paths_from_environment().database)
    await store.open()
    await store.save_batch("x", record.model_dump_json(), keep=9)
    await store.close()
    merged = deck.sessions()["a"]["merged_into"]
    assert merged == ("main" if landed else None)
    deck.run("undo", status=0 if landed else 4)
    assert deck.git("rev-parse", "main") == before
