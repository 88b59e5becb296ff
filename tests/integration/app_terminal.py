"""The app in a real terminal: a pty that is its controlling terminal, and a screen.

What the app writes goes through the terminal engine, so that a test sees what a
person would.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable

from agentdeck.runner.screen import Screen
from tests.integration.deck import Deck

DEADLINE_S = 30.0


class AppTerminal:
    """`agentdeck WORDS…` in a terminal of its own."""

    def __init__(
        self,
        deck: Deck,
        *words: str,
        cols: int = 120,
        rows: int = 40,
        environ: dict[str, str] | None = None,
    ) -> None:
        self.output = bytearray()
        self._screen = Screen(cols, rows)
        self._is_open = True
        self._status: int | None = None
        given = {**deck.env, "TERM": "xterm-256color", **(environ or {})}
        size = struct.pack("HHHH", rows, cols, 0, 0)
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            # Tests may themselves run where nobody hears of a hang-up, as by nohup.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.chdir(deck.repo)
            os.execve(
                sys.executable, [sys.executable, "-m", "agentdeck", *words], given
            )

    @property
    def text(self) -> str:
        """The screen, as far as it has been read."""
        self._screen.refresh()
        return "\n".join(self._screen.text())

    def until_shown(self, *words: str) -> None:
        """Read until all the words are on the screen."""
        deadline = time.monotonic() + DEADLINE_S
        while not all(word in self.text for word in words):
            assert time.monotonic() < deadline, f"{words} not in:\n{self.text}"
            self._read(0.2)

    def until_gone(self, word: str) -> None:
        """Read until a word is no more on the screen."""
        deadline = time.monotonic() + DEADLINE_S
        while word in self.text:
            assert time.monotonic() < deadline, f"{word} still in:\n{self.text}"
            self._read(0.2)

    def until(self, holds: Callable[[], object]) -> None:
        """Read until something holds: an app that nobody reads stands still."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline, self.text
            self._read(0.05)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def hang_up(self) -> None:
        """The terminal goes away, as when an SSH connection drops."""
        self._is_open = False
        os.close(self._master)

    def wait(self) -> int:
        """Wait for the app's end; its exit status, negative for a signal."""
        deadline = time.monotonic() + DEADLINE_S
        while self._status is None:
            assert time.monotonic() < deadline, self.text
            if self._is_open:
                self._read(0.05)
            else:
                time.sleep(0.02)
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def close(self) -> None:
        """End the app, if the test has not."""
        if self._status is None:
            os.kill(self._pid, signal.SIGKILL)
            self.wait()
        if self._is_open:
            self.hang_up()

    def _read(self, wait_s: float) -> None:
        if not select.select([self._master], [], [], wait_s)[0]:
            return
        try:
            data = os.read(self._master, 65536)
        except OSError:
            time.sleep(0.02)
            return
        self.output += data
        self._screen.feed(data)
        for reply in self._screen.take_notes().replies:
            os.write(self._master, reply)
