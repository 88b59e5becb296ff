"""A second thread that takes one piece of work at a time.

The engine and the disk let go of the interpreter's lock, so a batch of a flood
can be parsed and recorded while the next one is read. Whoever hands over work
waits for it before touching what the work touches.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable

# How long a thread keeps the interpreter's lock while the other waits for it:
# less than a flood needs to fill the kernel's buffer.
_SWITCH_INTERVAL_S = 0.0005


class HelperThread:
    """Runs work beside the thread that owns it; started at its first use."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._done = threading.Event()
        self._done.set()
        self._error: BaseException | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the work that was handed over is still being done."""
        return not self._done.is_set()

    def start(self, work: Callable[[], None]) -> None:
        """Hand over work; the work before it must have been waited for."""
        if self._thread is None:
            sys.setswitchinterval(_SWITCH_INTERVAL_S)
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        self._done.clear()
        self._work.put(work)

    def wait(self) -> None:
        """Wait until the work is done; raises what the work raised."""
        self._done.wait()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _serve(self) -> None:
        while True:
            work = self._work.get()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again by `wait`
                self._error = error
            self._done.set()
