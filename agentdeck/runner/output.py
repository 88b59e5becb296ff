"""What becomes of an agent's output: it is recorded, and shown on the screen.

Recording is Python's work and needs the interpreter's lock; parsing is the
engine's and does not. So the thread that reads records each piece while it is
still in the processor's cache, and a helper may parse and write the batch before.
"""

from __future__ import annotations

from agentdeck.runner.recording import Recorder
from agentdeck.runner.screen import Screen


class Output:
    """Takes an agent's output for its screen and its recording."""

    def __init__(self, screen: Screen, recorder: Recorder) -> None:
        self._screen = screen
        self._recorder = recorder
        self._has_changed = False

    def piece(self, data: memoryview) -> None:
        """Take a part of a batch; the batch before may be at work meanwhile."""
        self._recorder.part(data)

    def end_of_batch(self) -> None:
        """Note that the pieces up to here are what `batch` is called with next."""
        self._recorder.cut()

    def batch(self, data: memoryview) -> None:
        """Show what was read and write its recording to the disk."""
        self._screen.feed(data)
        self._has_changed |= self._recorder.flush()

    def take_recording_change(self) -> bool:
        """Write what else waits; say whether the disk began or ceased to refuse."""
        changed = self._recorder.flush() or self._has_changed
        self._has_changed = False
        return changed

    def written(self) -> tuple[int, int, int] | None:
        """Run, number and size of the segment, once all is on the disk.

        None if it is not; no batch may be at work.
        """
        self._recorder.cut()
        self._has_changed |= self._recorder.flush()
        return self._recorder.written
