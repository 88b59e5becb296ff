"""The first paint: AgentDeck's with a hundred sessions, against a plain app's.

Both run in a pty and are measured from their start to the words that tell that
they stand there. Processor time is that of the app's own process: it is the
figure to go by on a machine that does other work too.
"""

from __future__ import annotations

import compileall
import statistics
import sys
import time
from pathlib import Path

import agentdeck
from tests.bench.app import process_of
from tests.bench.host_client import HostClient
from tests.bench.measure import Row, cpu_s, in_ms
from tests.bench.terminals import Terminal
from tests.integration.deck import Deck

SESSIONS = 100
ROUNDS = 9
PLAIN_WORD = "a plain app"
PLAIN = f"""\
from textual.app import App
from textual.widgets import Static
class Plain(App):
    def compose(self):
        yield Static("{PLAIN_WORD}")
Plain().run()
"""


def rows(deck: Deck) -> list[Row]:
    """The row of the budget, by the clock and by processor time."""
    # As an installer leaves it; whether Python may write its own is not our matter.
    compileall.compile_dir(Path(agentdeck.__file__).parent, quiet=1)
    client = HostClient(deck)
    client.call("pool.set", paused=True)
    for number in range(SESSIONS):
        client.start(f"waits-{number:03d}", "true")
    client.close()
    sides = {
        "ours": ([sys.executable, "-m", "agentdeck"], b"waits-0"),
        "plain": ([sys.executable, "-c", PLAIN], PLAIN_WORD.encode()),
    }
    environ = {**deck.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    taken: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, (argv, word) in sides.items():
            taken[side].append(_seconds(deck, argv, word, environ))
    found = []
    for index, name in enumerate(("clock", "processor")):
        ours, plain = (
            statistics.median(run[index] for run in taken[side]) for side in sides
        )
        label = f"first paint, {SESSIONS} sessions, by the {name}"
        found.append(Row(label, in_ms(ours), in_ms(plain), ours / plain, 1.5))
    return found


def _seconds(
    deck: Deck, argv: list[str], word: bytes, environ: dict[str, str]
) -> tuple[float, float]:
    began = time.monotonic()
    app = Terminal(argv, environ, cwd=str(deck.repo))
    app.seek([word])
    shown = app.wait_for(word) - began
    used = cpu_s([process_of(app)])
    app.kill()
    return shown, used
