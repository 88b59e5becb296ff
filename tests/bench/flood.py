"""How fast an agent's flood is taken in, and what of it reaches the operator.

The agent itself notes when it began and when its last byte was written, so all
sides are measured at the same place.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from tests.bench.measure import Row
from tests.bench.terminals import Terminal
from tests.integration.deck import Deck

FLOOD_BYTES = 300_000_000
ROUNDS = 5
SHOWN_AFTER_S = 2.0
"""What the app still paints once the flood is over belongs to the flood."""
SCRIPT = """\
read -r go
date +%s.%N >"$1"
yes 'a line of a log, as agents write them' | head -c {size}
date +%s.%N >>"$1"
touch "$1.done"
"""


class Flood:
    """One flood's script and its notes."""

    def __init__(self, folder: Path, name: str) -> None:
        self.notes = folder / f"{name}.times"
        script = folder / "flood.sh"
        script.write_text(SCRIPT.format(size=FLOOD_BYTES))
        self.argv = ["sh", str(script), str(self.notes)]

    def seconds(self) -> float:
        """Wait for the end; the seconds that the agent took to write all."""
        done = Path(f"{self.notes}.done")
        while not done.exists():
            time.sleep(0.02)
        began, ended = self.notes.read_text().split()
        return float(ended) - float(began)


def bare(folder: Path, name: str) -> float:
    """A pty that is read and thrown away."""
    flood = Flood(folder, name)
    terminal = Terminal(flood.argv, os.environ)
    terminal.type(b"go\n")
    seconds = flood.seconds()
    terminal.wait()
    return seconds


def tmux(folder: Path, name: str) -> float:
    """tmux with a client attached."""
    flood = Flood(folder, name)
    environ = {**os.environ, "TERM": "xterm-256color"}
    argv = ["tmux", "-f", os.devnull, "-S", str(folder / "tmux"), "new", *flood.argv]
    terminal = Terminal(argv, environ)
    time.sleep(0.5)
    terminal.type(b"go\n")
    seconds = flood.seconds()
    terminal.wait()
    return seconds


def ours(deck: Deck, folder: Path, name: str) -> tuple[float, int]:
    """AgentDeck with its app open on the session; seconds, and bytes it wrote."""
    flood = Flood(folder, name)
    deck.run("run", "--name", name, "--", *flood.argv)
    environ = {**deck.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    app = Terminal([sys.executable, "-m", "agentdeck"], environ, cwd=str(deck.repo))
    while name.encode() not in app.seen:
        time.sleep(0.05)
    time.sleep(1)
    before = app.bytes_read
    deck.run("send", name, "go")
    seconds = flood.seconds()
    time.sleep(SHOWN_AFTER_S)
    written = app.bytes_read - before
    app.kill()
    deck.run("discard", name, "--yes", status=None)
    return seconds, written


def rows(deck: Deck) -> list[Row]:
    """The rows of the budget that a flood shows."""
    folder = deck.repo.parent
    sides: dict[str, list[float]] = {"ours": [], "bare": [], "tmux": []}
    written: list[int] = []
    has_tmux = shutil.which("tmux") is not None
    for number in range(ROUNDS):
        seconds, count = ours(deck, folder, f"flood-{number}")
        sides["ours"].append(seconds)
        written.append(count)
        sides["bare"].append(bare(folder, f"bare-{number}"))
        if has_tmux:
            sides["tmux"].append(tmux(folder, f"tmux-{number}"))
    mine, plain = statistics.median(sides["ours"]), statistics.median(sides["bare"])
    size = f"{FLOOD_BYTES // 1_000_000} MB"
    found = [
        _drain(f"flood drain, {size}, app open, against reads", mine, plain, 0.7),
    ]
    if has_tmux:
        other = statistics.median(sides["tmux"])
        found.append(_drain(f"flood drain, {size}, against tmux", mine, other, 1.0))
    share = 100 * statistics.median(written) / FLOOD_BYTES
    count = f"{statistics.median(written) / 1000:.0f} kB"
    label = "bytes to the operator's terminal, % of the flood"
    found.append(Row(label, count, size, share, 1.0))
    return found


def _drain(what: str, ours_s: float, other_s: float, budget: float) -> Row:
    return Row(
        what,
        f"{ours_s * 1000:.0f} ms",
        f"{other_s * 1000:.0f} ms",
        other_s / ours_s,
        budget,
        is_lower_better=False,
    )
