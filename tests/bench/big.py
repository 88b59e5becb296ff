"""A repository of 20,000 files with 50 worktrees: new session, commit, bulk merge."""

from __future__ import annotations

import itertools
import shutil

from tests.bench.host_client import HostClient
from tests.bench.latency import commit_row
from tests.bench.measure import Row, in_ms, paired
from tests.bench.merging import merge_rows
from tests.integration.deck import Deck

FILES = 20_000
WORKTREES = 50
MERGED = 20


def many_files(deck: Deck, count: int) -> None:
    """Commit so many files to the base."""
    for number in range(count):
        file = deck.repo / f"d{number % 50}" / f"f{number}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number}\n" * 20)
    deck.git("add", "-A")
    deck.git("commit", "-qm", "many files")


def rows(deck: Deck) -> list[Row]:
    """All three, in one such repository."""
    many_files(deck, FILES)
    client = HostClient(deck)
    try:
        client.call("pool.set", limit=WORKTREES + MERGED)
        for number in range(WORKTREES):
            client.start(f"c{number}", "sleep", "10000")
            client.until_running(number + 1)
        sessions = list(client.sessions().values())
        what = f"{WORKTREES} worktrees of {FILES} files"
        made = _new_session(deck, client)
        committed = commit_row(client, sessions, what)
        client.call("session.stop", ids=[s["id"] for s in sessions], force=True)
    finally:
        client.close()
    branches = [str(session["branch"]) for session in sessions[:MERGED]]
    return [made, committed, *merge_rows(deck.repo, branches, f"{MERGED} of {what}")]


def _new_session(deck: Deck, client: HostClient) -> Row:
    numbers = itertools.count()

    def ours() -> None:
        number = next(numbers)
        client.start(f"n{number}", "sleep", "10000")
        client.until_running(WORKTREES + number // 2 + 1)

    def bare() -> None:
        number = next(numbers)
        path = deck.repo.parent / f"bare{number}"
        deck.git("worktree", "add", "-q", "-b", f"bare{number}", str(path))
        shutil.rmtree(path)

    mine, bare_s = paired(ours, bare)
    what = f"new session beside {WORKTREES} worktrees of {FILES} files"
    return Row(what, in_ms(mine), in_ms(bare_s), mine / bare_s, 1.2)
