"""Variants over a real host: started, compared, a file taken, one picked, undone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(200)]

PROMPT = "/edit api.txt made\n/commit offer it\n/idle"


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    made = Deck(tmp_path)
    yield made
    made.close()


def variants(deck: Deck, *words: str) -> dict[str, dict[str, Any]]:
    """Start variants named api-N, and wait until each rests."""
    deck.run("run", PROMPT, "--agent", "scripted", "--name", "api", *words)
    rows: dict[str, dict[str, Any]] = deck.until(
        lambda s: all(row["activity"] == "idle" and row["ahead"] for row in s.values())
    )
    return rows


def test_they_are_a_group_with_what_is_different(deck: Deck) -> None:
    rows = variants(
        deck, "--variant", "GraphQL", "--variant", "model=m", "--variants", "3"
    )
    assert list(rows) == ["api-1", "api-2", "api-3"]
    (group,) = {row["group"] for row in rows.values()}
    assert [row["variant"] for row in rows.values()] == ["GraphQL", "m", ""]
    titles = [row["title"].rpartition(" · ")[2] for row in rows.values()]
    assert titles == ["GraphQL", "m", "3"]
    assert rows["api-1"]["prompt"].endswith("Approach: GraphQL")
    listed = json.loads(deck.run("ls", "--json", "--filter", f"group:{group}").stdout)
    assert len(listed) == 3
    told = json.loads(deck.run("compare", "api-2", "--json").stdout)
    assert [v["session"]["name"] for v in told["variants"]] == list(rows)
    first = told["variants"][0]
    assert (first["added"], first["commits"]) == (1, 1)
    assert first["files"] == [{"path": "api.txt", "added": 1, "removed": 0}]
    table = deck.run("compare", group).stdout.splitlines()
    assert table[0].split()[:3] == ["NAME", "WHAT", "STATE"]
    assert table[1].split()[:3] == ["api-1", "GraphQL", "idle"]
    assert "COST" not in table[0]
    assert "Groups:" in deck.run("compare", "nothing", status=3).stderr


def test_without_a_name_the_numbers_end_the_names(deck: Deck) -> None:
    deck.run(
        "run", "/idle", "--title", "Offer it", "--agent", "scripted", "--variants", "2"
    )
    assert list(deck.sessions()) == ["offer-1", "offer-2"]
    deck.run("run", "x", "--variants", "1", status=2)
    deck.run("run", "x", "--variant", "agnet=codex", "--variants", "2", status=2)


def test_one_is_picked_the_others_go_and_both_come_back(deck: Deck) -> None:
    rows = variants(deck, "--variants", "3")
    before = deck.git("rev-parse", "main")
    done = deck.run("pick", "api-2", "--yes").stdout
    assert "api-2  merged into main" in done
    assert "api-1  discarded" in done
    left = deck.sessions()
    assert list(left) == ["api-2"]
    assert left["api-2"]["merged_into"] == "main"
    assert deck.git("rev-parse", "main") != before
    deck.run("undo")
    assert set(deck.sessions()) == set(rows)
    deck.run("undo")
    assert deck.git("rev-parse", "main") == before


def test_where_the_winner_conflicts_nothing_is_discarded(deck: Deck) -> None:
    rows = variants(deck, "--variants", "2")
    (deck.repo / "api.txt").write_text("another\n")
    deck.git("add", "-A")
    deck.git("commit", "-q", "-m", "in the way")
    refused = deck.run("pick", "api-1", "--yes", status=4)
    assert "api-1" in refused.stderr
    assert list(deck.sessions()) == list(rows)
    assert all(row["phase"] == "running" for row in deck.sessions().values())


def test_a_file_is_taken_as_it_is_now_and_never_over_own_changes(deck: Deck) -> None:
    rows = variants(deck, "--variants", "2")
    one, two = (Path(row["worktree"]) for row in rows.values())
    (one / "api.txt").write_text("not committed\n")
    (one / "new [x] file").write_text("new\n")
    (two / "new x file").write_text("a pattern would match this\n")
    done = deck.run("take", "api.txt", "--from", "api-1", "--into", "api-2")
    assert "api.txt  from api-1 into api-2" in done.stdout
    assert (two / "api.txt").read_text() == "not committed\n"
    deck.run("take", "new [x] file", "--from", "api-1", "--into", "api-2")
    assert (two / "new [x] file").read_text() == "new\n"
    assert (two / "new x file").read_text().startswith("a pattern")
    (two / "api.txt").write_text("mine\n")
    refused = deck.run(
        "take", "api.txt", "--from", "api-1", "--into", "api-2", status=4
    )
    assert "not committed" in refused.stderr
    assert (two / "api.txt").read_text() == "mine\n"
    deck.run("take", "none", "--from", "api-1", "--into", "api-2", status=4)
    deck.run("take", "api.txt", "--from", "api-1", "--into", "api-1", status=4)


def test_a_hunk_goes_where_its_lines_are_and_nowhere_else(deck: Deck) -> None:
    lines = [f"line {number}\n" for number in range(40)]
    (deck.repo / "long.txt").write_text("".join(lines))
    deck.git("add", "-A")
    deck.git("commit", "-qm", "a long file")
    rows = variants(deck, "--variants", "2")
    one, two = (Path(row["worktree"]) for row in rows.values())
    early, late = lines.copy(), lines.copy()
    early[2], early[30] = "near the top\n", "near the end\n"
    late[1:4] = ["others\n", "are\n", "here\n"]
    (one / "long.txt").write_text("".join(early))
    pair = ("long.txt", "--from", "api-1", "--into", "api-2", "--hunk")
    done = deck.run("take", *pair, "2")
    assert "long.txt, hunk 2  from api-1 into api-2" in done.stdout
    taken = lines.copy()
    taken[30] = "near the end\n"
    assert (two / "long.txt").read_text() == "".join(taken)
    git = ("git", "-C", str(two))
    staged = subprocess.run(
        [*git, "diff", "--cached", "--name-only"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert staged.stdout == "long.txt\n"
    refused = deck.run("take", *pair, "1", status=4)
    assert "not committed" in refused.stderr
    (two / "long.txt").write_text("".join(late))
    subprocess.run([*git, "commit", "-qam", "other lines"], check=True)
    refused = deck.run("take", *pair, "1", status=4)
    assert "does not fit in api-2" in refused.stderr
    assert (two / "long.txt").read_text() == "".join(late)
    assert "has 2 hunks there, no 3" in deck.run("take", *pair, "3", status=4).stderr


def test_one_that_never_started_is_discarded_too(deck: Deck) -> None:
    deck.run("pool", "--limit", "1")
    deck.run("run", PROMPT, "--agent", "scripted", "--name", "api", "--variants", "3")
    deck.until(lambda s: s["api-1"]["activity"] == "idle" and s["api-1"]["ahead"])
    deck.run("stop", "api-3", "--yes")
    deck.run("pick", "api-1", "--yes")
    assert list(deck.sessions()) == ["api-1"]
