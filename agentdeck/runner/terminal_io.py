"""The runner's end of the pty: reading in batches, writing without blocking."""

from __future__ import annotations

import errno
import os
import select
import time
from functools import partial
from typing import Protocol

from agentdeck.runner.errors import InputRefusedError
from agentdeck.runner.helper_thread import HelperThread

BATCH_BYTES = 256 * 1024
# So much is read before it is taken: little enough to be in the fastest cache.
PIECE_BYTES = 16 * 1024
# A long paste waits here until the agent has read it.
INPUT_LIMIT_BYTES = 4 * 1024 * 1024
# How long one turn of the loop may go on reading before others get their turn.
TURN_S = 0.008
# A batch of this size tells a flood, which is worth a second thread.
FLOOD_BYTES = 16 * 1024


class Taker(Protocol):
    """Takes what is read. The memory that it is given is used again."""

    def piece(self, data: memoryview) -> None:
        """Take a part of a batch at once, by the thread that reads."""

    def end_of_batch(self) -> None:
        """Hear that `batch` comes next, with all pieces since the last."""

    def batch(self, data: memoryview) -> None:
        """Take a whole batch, in a flood by another thread."""


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

    def read(self, taker: Taker) -> int:
        """Hand over what there is to read, in batches; return how many bytes.

        Stops when there is no more or the turn's time is over. `is_open` turns
        false when nobody has the other end open any more. One `batch` is taken
        at a time, and none after this has returned.
        """
        total = 0
        deadline = time.monotonic() + TURN_S
        try:
            while self.is_open:
                size, is_drained = self._fill(taker, deadline)
                total += size
                if size:
                    self._hand_over(taker, size)
                if is_drained or time.monotonic() >= deadline:
                    break
        finally:
            self._helper.wait()
        return total

    def _hand_over(self, taker: Taker, size: int) -> None:
        self._helper.wait()
        taker.end_of_batch()
        batch = self._batch[:size]
        if size < FLOOD_BYTES:
            taker.batch(batch)
            return
        if not self._other_batch:
            self._other_batch = memoryview(bytearray(BATCH_BYTES))
        self._batch, self._other_batch = self._other_batch, self._batch
        self._helper.start(partial(taker.batch, batch))

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

    def _fill(self, taker: Taker, deadline: float) -> tuple[int, bool]:
        """Read until the batch or the time is full, or nothing is left to read."""
        size = taken = 0
        is_drained = False
        view = self._batch
        while size < BATCH_BYTES and not is_drained:
            count = self._read_into(view[size:])
            if count > 0:
                size += count
            elif self.is_open and self._helper.is_busy:
                # Until the helper is done, this batch may as well grow.
                self._poll.poll(1)
            else:
                is_drained = True
            if size - taken >= PIECE_BYTES:
                taker.piece(view[taken:size])
                taken = size
            if time.monotonic() >= deadline:
                break
        if size > taken:
            taker.piece(view[taken:size])
        return size, is_drained

    def _read_into(self, view: memoryview) -> int:
        try:
            count = os.readv(self.master, [view])
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            count = 0
        self.is_open = count > 0
        return count
