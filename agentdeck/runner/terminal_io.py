"""The runner's end of the pty: reading in batches, writing without blocking."""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Callable
from functools import partial

from agentdeck.runner.errors import InputRefusedError
from agentdeck.runner.helper_thread import HelperThread

BATCH_BYTES = 256 * 1024
INPUT_LIMIT_BYTES = 1024 * 1024
# How long one turn of the loop may go on reading before others get their turn.
TURN_S = 0.008
# A batch of this size tells a flood, which is worth a second thread.
FLOOD_BYTES = 16 * 1024


class TerminalIO:
    """Moves bytes between the agent's terminal and the runner."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.is_open = True
        self._batch = memoryview(bytearray(BATCH_BYTES))
        self._other_batch = memoryview(b"")
        self._helper = HelperThread()
        self._poll = select.poll()
        self._poll.register(master, select.POLLIN)
        self._queue = bytearray()

    def read(self, take: Callable[[memoryview], None]) -> int:
        """Hand over what there is to read, in batches; return how many bytes.

        Stops when there is no more or the turn's time is over. `is_open` turns
        false when nobody has the other end open any more. The memory that is
        handed over is used again for the next batch. In a flood `take` is called
        by another thread, one call at a time, and never after this has returned.
        """
        total = 0
        deadline = time.monotonic() + TURN_S
        try:
            while self.is_open:
                size, is_drained = self._fill(deadline)
                total += size
                if size:
                    self._hand_over(take, size)
                if time.monotonic() >= deadline:
                    break
                if is_drained:
                    if not self._helper.is_busy:
                        break
                    self._poll.poll(1)
        finally:
            self._helper.wait()
        return total

    def _hand_over(self, take: Callable[[memoryview], None], size: int) -> None:
        self._helper.wait()
        batch = self._batch[:size]
        if size < FLOOD_BYTES:
            take(batch)
            return
        if not self._other_batch:
            self._other_batch = memoryview(bytearray(BATCH_BYTES))
        self._batch, self._other_batch = self._other_batch, self._batch
        self._helper.start(partial(take, batch))

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
        view, master = self._batch, self.master
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
