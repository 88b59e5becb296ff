"""`python -m tests.bench [NAME…]`: the budgets, measured; a table and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bench import flood, listing, merging, reviewing
from tests.bench.measure import Row, paired
from tests.integration.deck import Deck

FILES = 20_000
IDLE_SESSIONS = 20
IDLE_S = 20.0


def ls(deck: Deck) -> list[Row]:
    """`agentdeck ls` with a host that runs."""
    deck.shell("one", "sleep 300")
    ours, against = paired(
        lambda: deck.run("ls"),
        lambda: subprocess.run([sys.executable, "-c", "import asyncio"], check=True),
        7,
    )
    return [Row("ls, host running", _ms(ours), _ms(against), ours / against, 3.0)]


def start_up(_: Deck) -> list[Row]:
    """First paint with 100 sessions, against an app with one Static."""

    def run(which: str) -> Callable[[], object]:
        command = [sys.executable, "-m", "tests.bench.first_paint", which]
        return lambda: subprocess.run(command, check=True)

    ours, against = paired(run("deck"), run("plain"))
    return [
        Row("first paint, 100 sessions", _ms(ours), _ms(against), ours / against, 1.5)
    ]


def new_session(deck: Deck) -> list[Row]:
    """A session up to its worktree, against `git worktree add` alone."""
    for number in range(FILES):
        file = deck.repo / f"d{number % 50}" / f"f{number}"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number}\n" * 20)
    deck.git("add", "-A")
    deck.git("commit", "-qm", "many files")
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
    return [Row(label, _ms(mine - command_s), _ms(bare_s), ratio, 1.2)]


def idle(deck: Deck) -> list[Row]:
    """Processor time of host and idle runners, in percent of one core."""
    deck.run("pool", "--limit", str(IDLE_SESSIONS))
    for number in range(IDLE_SESSIONS):
        deck.shell(f"idle-{number}", "sleep 1000")
    time.sleep(3)
    processes = deck.processes()
    began = sum(sum(p.cpu_times()[:2]) for p in processes)
    time.sleep(IDLE_S)
    used = sum(sum(p.cpu_times()[:2]) for p in processes) - began
    percent = 100 * used / IDLE_S
    label = f"idle, host and {IDLE_SESSIONS} sessions, % of a core"
    return [Row(label, f"{percent:.2f} %", "-", percent, 1.0)]


BENCHES: dict[str, Callable[[Deck], list[Row]]] = {
    "start": start_up,
    "ls": ls,
    "new": new_session,
    "idle": idle,
    "flood": flood.rows,
    "merge": merging.rows,
    "list": listing.rows,
    "review": reviewing.rows,
}


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


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
