"""Programs in ptys of their own, read by a thread that counts what they write."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Mapping, Sequence

READ_BYTES = 65536


class Terminal:
    """A program in a pty; what it writes is read, counted and thrown away."""

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
        self._pid, self.master = pty.fork()
        if self._pid == 0:
            if cwd is not None:
                os.chdir(cwd)
            os.execvpe(argv[0], list(argv), dict(environ))
        size = struct.pack("HHHH", rows, cols, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while data := os.read(self.master, READ_BYTES):
                self.bytes_read += len(data)
                self.seen = (self.seen + data)[-READ_BYTES:]
        except OSError:
            return

    def type(self, data: bytes) -> None:
        """Send keys."""
        os.write(self.master, data)

    def wait(self) -> None:
        """Wait for the program's end."""
        os.waitpid(self._pid, 0)
        self._reader.join()
        os.close(self.master)

    def kill(self) -> None:
        """End the program."""
        os.kill(self._pid, 9)
        self.wait()
