"""The runner's end of the pty: reading in batches, writing without blocking."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from agentdeck.runner.errors import InputRefusedError

BATCH_BYTES = 256 * 1024
INPUT_LIMIT_BYTES = 1024 * 1024
# How long one turn of the loop may go on reading before others get their turn.
TURN_S = 0.008


class TerminalIO:
    """Moves bytes between the agent's terminal and the runner."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.is_open = True
        self._buffer = bytearray(BATCH_BYTES)
        self._view = memoryview(self._buffer)
        self._queue = bytearray()

    def read(self, take: Callable[[memoryview], None]) -> int:
        """Hand over what there is to read, in batches; return how many bytes.

        Stops when there is no more or the turn's time is over. `is_open` turns
        false when nobody has the other end open any more. The memory that is
        handed over is used again for the next batch.
        """
        total = 0
        deadline = time.monotonic() + TURN_S
        while self.is_open:
            size, is_drained = self._fill(deadline)
            if size:
                take(self._view[:size])
                total += size
            if is_drained or time.monotonic() >= deadline:
                break
        return total

    def write(self, data: bytes) -> None:
        """Send input; what the terminal does not take yet waits in a queue.

        Raises:
            InputRefusedError: If too much waits already; nothing is taken then.
        """
        if not self.is_open:
            raise InputRefusedError("The agent's terminal is closed.")
        if len(self._queue) + len(data) > INPUT_LIMIT_BYTES:
            raise InputRefusedError(
                f"The agent does not read its input: {len(self._queue)} bytes wait."
            )
        self._queue += data
        self.write_waiting()

    def write_waiting(self) -> None:
        """Send as much of the queue as the terminal takes now."""
        while self._queue:
            try:
                # The kernel's line discipline takes at most a page at a time.
                sent = os.write(self.master, self._queue[:4096])
            except BlockingIOError:
                return
            except OSError:
                self._queue.clear()
                return
            del self._queue[:sent]

    @property
    def has_waiting(self) -> bool:
        """Whether input waits to be written."""
        return bool(self._queue)

    def close(self) -> None:
        """Close the terminal; its foreground processes get SIGHUP."""
        self.is_open = False
        os.close(self.master)

    def _fill(self, deadline: float) -> tuple[int, bool]:
        size = 0
        view, master = self._view, self.master
        while size < BATCH_BYTES:
            try:
                count = os.readv(master, [view[size:]])
            except BlockingIOError:
                return size, True
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                count = 0
            if count == 0:
                self.is_open = False
                return size, True
            size += count
            if time.monotonic() >= deadline:
                break
        return size, False
