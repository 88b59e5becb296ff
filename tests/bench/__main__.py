"""`python -m tests.bench [NAME…]`: the budgets, measured; a table and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bench import (
    big,
    first_paint,
    flood,
    latency,
    listing,
    merging,
    restart,
    reviewing,
    soak,
    standing,
)
from tests.bench.measure import Row, in_ms, paired
from tests.integration.deck import Deck

FILES = big.FILES


def ls(deck: Deck) -> list[Row]:
    """`agentdeck ls` with a host that runs."""
    deck.shell("one", "sleep 300")
    ours, against = paired(
        lambda: deck.run("ls"),
        lambda: subprocess.run([sys.executable, "-c", "import asyncio"], check=True),
        7,
    )
    return [Row("ls, host running", in_ms(ours), in_ms(against), ours / against, 3.0)]


def new_session(deck: Deck) -> list[Row]:
    """A session up to its worktree, against `git worktree add` alone."""
    big.many_files(deck, FILES)
    numbers = iter(range(1000))

    def ours() -> None:
        deck.run("run", "--name", f"n{next(numbers)}", "--", "true")

    def bare() -> None:
        number = next(numbers)
        path = str(deck.repo.parent / f"bare{number}")
        deck.git("worktree", "add", "-q", "-b", f"bare{number}", path)

    deck.run("ls")
    mine, bare_s = paired(ours, bare)
    command_s, _ = paired(lambda: deck.run("ls"), lambda: None)
    label = f"new session, {FILES} files (less the command's own start)"
    ratio = (mine - command_s) / bare_s
    return [Row(label, in_ms(mine - command_s), in_ms(bare_s), ratio, 1.2)]


BENCHES: dict[str, Callable[[Deck], list[Row]]] = {
    "start": first_paint.rows,
    "ls": ls,
    "flood": flood.rows,
    "echo": latency.echo,
    "painted": latency.painted,
    "idle": standing.idle,
    "hidden": standing.hidden,
    "memory": standing.memory,
    "attention": latency.attention,
    "commits": latency.commits,
    "new": new_session,
    "merge": merging.rows,
    "big": big.rows,
    "restart": restart.rows,
    "list": listing.rows,
    "quiet": standing.quiet,
    "nine": standing.nine,
    "soak": soak.rows,
    "review": reviewing.rows,
}


def main(names: list[str]) -> int:
    """Run the benchmarks that are named, or all."""
    rows: list[Row] = []
    for name in names or list(BENCHES):
        with tempfile.TemporaryDirectory() as folder:
            deck = Deck(Path(folder))
            try:
                measured = BENCHES[name](deck)
            finally:
                deck.close()
        rows += measured
        for row in measured:
            met = "met" if row.is_met else "NOT MET"
            sys.stdout.write(
                f"{row.what:55} {row.ours:>10} {row.against:>10} "
                f"{row.ratio:6.2f} (budget {row.budget}) {met}\n"
            )
        sys.stdout.flush()
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    values = [
        {"what": r.what, "ratio": r.ratio, "budget": r.budget, "met": r.is_met}
        for r in rows
    ]
    (results / "latest.json").write_text(json.dumps(values, indent=2))
    return 0


if __name__ == "__main__":
    psutil.cpu_count()
    raise SystemExit(main(sys.argv[1:]))
