"""Programs in ptys of their own, read by a thread that counts what they write."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

READ_BYTES = 65536
LONGEST_WORD = 64
DEADLINE_S = 60.0


class Terminal:
    """A program in a pty; what it writes is read, counted and thrown away.

    Words that are sought get the time at which they first came.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        cwd: str | None = None,
        cols: int = 120,
        rows: int = 40,
    ) -> None:
        self.bytes_read = 0
        self.seen = bytearray()
        """The last that was written, for waiting on a word."""
        self.seen_at: dict[bytes, float] = {}
        """When each word that was sought came, by the monotonic clock."""
        self.read_at: list[float] = []
        """When something came, each time."""
        self._sought: set[bytes] = set()
        self._news = threading.Condition()
        size = struct.pack("HHHH", rows, cols, 0, 0)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # The program must not begin with a terminal of no size.
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            if cwd is not None:
                os.chdir(cwd)
            os.execvpe(argv[0], list(argv), dict(environ))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self.master, READ_BYTES):
                self._take(data, time.monotonic())

    def _take(self, data: bytes, now: float) -> None:
        self.read_at.append(now)
        self.bytes_read += len(data)
        around = bytes(self.seen[-LONGEST_WORD:]) + data
        self.seen = (self.seen + data)[-READ_BYTES:]
        found = [word for word in self._sought if word in around]
        if found:
            with self._news:
                self._sought.difference_update(found)
                self.seen_at.update(dict.fromkeys(found, now))
                self._news.notify_all()

    def seek(self, words: Iterable[bytes]) -> None:
        """Note when each of the words comes from now on."""
        self._sought = self._sought | set(words)

    def wait_for(self, word: bytes, timeout_s: float = DEADLINE_S) -> float:
        """Wait for a word that is sought; gives when it came."""
        with self._news:
            came = self._news.wait_for(lambda: word in self.seen_at, timeout_s)
        assert came, (word, bytes(self.seen[-2000:]))
        return self.seen_at[word]

    def until_still(self, quiet_s: float = 0.5) -> None:
        """Wait until nothing has been written for a while."""
        before = -1
        while before != self.bytes_read:
            before = self.bytes_read
            time.sleep(quiet_s)

    def type(self, data: bytes) -> None:
        """Send keys."""
        os.write(self.master, data)

    def wait(self) -> None:
        """Wait for the program's end."""
        os.waitpid(self.pid, 0)
        self._reader.join()
        os.close(self.master)

    def kill(self) -> None:
        """End the program."""
        os.kill(self.pid, 9)
        self.wait()
