"""Bulk merge of twenty clean branches, against the same merges in a shell loop."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from agentdeck.git.batch_steps import How, Wanted
from agentdeck.git.batches import merge_many
from agentdeck.git.repository import commit_of, open_repository
from tests.bench.measure import Row, paired
from tests.integration.deck import Deck

BRANCHES = 20
FILES = 2_000

LOOP = """
set -e
for name in {branches}; do
  tree=$(git merge-tree --write-tree main $name)
  old=$(git rev-parse main)
  commit=$(git commit-tree $tree -p main -p $name -m "Merge $name")
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
    branches = [f"m{number}" for number in range(BRANCHES)]
    return merge_rows(deck.repo, branches, f"{BRANCHES}")


def merge_rows(root: Path, branches: list[str], what: str) -> list[Row]:
    """The merge of these branches into main, with main checked out and not."""
    tip = commit_of(open_repository(root), "refs/heads/main") or ""
    return [
        _row(root, branches, tip, "elsewhere", f"{what}, base not checked out"),
        _row(root, branches, tip, "main", f"{what}, base checked out"),
    ]


def _row(root: Path, branches: list[str], start: str, branch: str, label: str) -> Row:
    repo = open_repository(root)
    wanted = [Wanted(each) for each in branches]

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
        run(LOOP.format(branches=" ".join(branches)))

    mine, theirs = paired(ours, loop, before=back)
    back()
    what = f"bulk merge of {label}"
    return Row(
        what, f"{mine * 1000:.0f} ms", f"{theirs * 1000:.0f} ms", mine / theirs, 1.5
    )
