"""A tmux of one's own that is fed bytes and asked what it shows."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import termios
import time
import tty
from pathlib import Path

from agentdeck.tui.widgets.terminal_palette import Palette
from tests.conformance.capture import CaptureReader
from tests.conformance.grid import Grid

DEADLINE_S = 20.0
_PIECE = 4096
_QUERY, _ANSWER = b"\x1b[5n", b"\x1b[0n"
_STATE = "#{cursor_x} #{cursor_y} #{cursor_flag} #{pane_width}"


class Tmux:
    """One tmux server with one pane, into whose terminal bytes are written.

    The pane's program only sleeps: bytes are written to its terminal from here, and
    tmux has taken them all in when it has answered the question after them.
    """

    def __init__(self, cols: int, rows: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="adt-"))
        self.size = (cols, rows)
        self.run(
            *("new-session", "-d", "-x", str(cols), "-y", str(rows), "sleep 3600"),
            *(";", "set", "-g", "status", "off"),
            *(";", "set", "-g", "window-size", "manual"),
        )
        self._tty = -1
        terminal = self.run("display-message", "-p", "#{pane_tty}").strip()
        self._tty = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._tty, termios.TCSANOW)

    def run(self, *words: str) -> str:
        """One tmux command."""
        done = subprocess.run(
            ["tmux", "-S", str(self._folder / "s"), "-f", os.devnull, *words],
            check=True,
            capture_output=True,
            timeout=DEADLINE_S,
        )
        return done.stdout.decode()

    def clear(self, cols: int, rows: int) -> None:
        """Begin anew, with this size."""
        self.feed(b"\x1b[?1049l\x1bc\x1b[3J")
        self.resize(cols, rows)

    def resize(self, cols: int, rows: int) -> None:
        """Change the size."""
        if self.size != (cols, rows):
            self.size = (cols, rows)
            self.run("resize-window", "-x", str(cols), "-y", str(rows))

    def feed(self, data: bytes) -> None:
        """Write what a program would write, and wait until it was taken in."""
        for start in range(0, len(data), _PIECE):
            os.write(self._tty, data[start : start + _PIECE])
        os.write(self._tty, _QUERY)
        answer = b""
        deadline = time.monotonic() + DEADLINE_S
        while not answer.endswith(_ANSWER):
            left = deadline - time.monotonic()
            assert left > 0, "tmux did not answer"
            if select.select([self._tty], [], [], left)[0]:
                answer += os.read(self._tty, 4096)

    def grid(self, palette: Palette) -> Grid:
        """What tmux shows now."""
        printed = self.run(
            *("capture-pane", "-p", "-e", "-N"),
            *(";", "display-message", "-p", _STATE),
        )
        *lines, state = printed.rstrip("\n").split("\n")
        lines += [""] * (self.size[1] - len(lines))
        x, y, is_shown, width = map(int, state.split())
        reader = CaptureReader(palette)
        return Grid(
            [reader.row(line) for line in lines],
            (min(x, width - 1), y),
            bool(is_shown),
        )

    def close(self) -> None:
        """End the server."""
        if self._tty >= 0:
            os.close(self._tty)
        self.run("kill-server")
        shutil.rmtree(self._folder)
