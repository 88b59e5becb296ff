"""The real app in a pty, for benchmarks."""

from __future__ import annotations

import sys

import psutil

from tests.bench.terminals import Terminal
from tests.integration.deck import Deck


def open_app(
    deck: Deck, *words: str, cols: int = 120, rows: int = 40, shows: str = ""
) -> Terminal:
    """Start the app, and wait until it shows a word and stands still."""
    environ = {**deck.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    argv = [sys.executable, "-m", "agentdeck", *words]
    app = Terminal(argv, environ, cwd=str(deck.repo), cols=cols, rows=rows)
    if shows:
        app.seek([shows.encode()])
        try:
            app.wait_for(shows.encode())
        except AssertionError:
            app.kill()
            raise
    return app


def process_of(app: Terminal) -> psutil.Process:
    """The app's process."""
    return psutil.Process(app.pid)
