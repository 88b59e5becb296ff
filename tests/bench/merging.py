"""Bulk merge of twenty clean branches, against the same merges in a shell loop."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from agentdeck.git.batches import How, Wanted, merge_many
from agentdeck.git.repository import open_repository
from tests.bench.measure import Row, paired
from tests.integration.deck import Deck

BRANCHES = 20
FILES = 2_000

LOOP = """
set -e
for name in $(seq 0 {last}); do
  tree=$(git merge-tree --write-tree main m$name)
  old=$(git rev-parse main)
  commit=$(git commit-tree $tree -p main -p m$name -m "Merge m$name")
  git update-ref refs/heads/main $commit $old
done
"""


def rows(deck: Deck) -> list[Row]:
    """With the base checked out nowhere, and in the person's checkout."""
    for number in range(FILES):
        file = deck.repo / f"d{number % 50}" / f"f{number}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number}\n" * 20)
    deck.git("add", "-A")
    deck.git("commit", "-qm", "many files")
    for number in range(BRANCHES):
        deck.git("checkout", "-qb", f"m{number}", "main")
        (deck.repo / f"new{number}").write_text("new\n")
        deck.git("add", "-A")
        deck.git("commit", "-qm", f"new {number}")
        deck.git("checkout", "-q", "main")
        path = str(deck.repo.parent / f"w{number}")
        deck.git("worktree", "add", "-q", path, f"m{number}")
    # Git trusts no index that is as young as its files; an agent's own git
    # commands make it so within a second or two.
    time.sleep(1.1)
    for number in range(BRANCHES):
        deck.git("-C", str(deck.repo.parent / f"w{number}"), "status")
    start = deck.git("rev-parse", "main")
    return [
        _row(deck.repo, start, "elsewhere", "base not checked out"),
        _row(deck.repo, start, "main", "base checked out"),
    ]


def _row(root: Path, start: str, branch: str, label: str) -> Row:
    repo = open_repository(root)
    wanted = [Wanted(f"m{number}") for number in range(BRANCHES)]

    def run(script: str) -> None:
        subprocess.run(["bash", "-c", script], cwd=root, check=True)

    def back() -> None:
        run(
            f"git checkout -qf --detach {start} && git branch -qf main {start} &&"
            f" git checkout -q -B {branch} {start}"
        )

    def ours() -> None:
        merge_many(repo, wanted, "main", How())

    def loop() -> None:
        run(LOOP.format(last=BRANCHES - 1))

    mine, theirs = paired(ours, loop, before=back)
    back()
    what = f"bulk merge of {BRANCHES}, {label}"
    return Row(
        what, f"{mine * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", mine / theirs, 1.5
    )
