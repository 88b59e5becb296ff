"""Rows older than the terminal keeps, rebuilt from the recording.

The recording is played into a terminal that keeps far more rows, up to the very
byte at which the still that is read was taken. So both end alike, and what is above
in the larger one goes on where the smaller one begins. That they end alike is
checked, not believed: a recording may have lost its begin or some bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agentdeck.runner.cells import StyleTable
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.native import Mark
from agentdeck.runner.recording_reader import event_from_line, open_segments
from agentdeck.runner.still import Still

KEPT_BYTES = 32 * 1024 * 1024
"""Some 38,000 rows of 100 columns, for as long as somebody reads them."""
SLICE_BYTES = 256 * 1024
"""How much is read before others get their turn."""
_CHECKED_ROWS = 200


class Recorded(NamedTuple):
    """What is on disk of a run at one moment."""

    directory: Path
    run: int
    segment: int
    """The segment that is being written."""
    offset: int
    """How much of it is written."""


class Older:
    """The rebuilding, a slice at a time."""

    def __init__(self, recorded: Recorded, styles: StyleTable) -> None:
        self._recorded = recorded
        self._styles = styles
        self._opened = contextlib.ExitStack()
        self._lines: Iterator[bytes] | None = None
        self._still: Still | None = None
        self._first: Mark | None = None

    @property
    def has_all(self) -> bool:
        """Whether the oldest row that was found is still there."""
        return self._first is not None and self._first.place is not None

    def work(self) -> bool:
        """Read a slice; says whether all is read.

        Raises:
            RunnerError: If the recording cannot be read.
        """
        try:
            if self._lines is None:
                self._lines = self._read()
            size = 0
            for line in self._lines:
                self._take(line)
                size += len(line)
                if size >= SLICE_BYTES:
                    return False
        except OSError as error:
            raise RunnerError(f"The recording cannot be read: {error}.") from error
        self.close()
        return True

    def close(self) -> None:
        """Close the files."""
        self._opened.close()

    def result(self, still: Still) -> Still | None:
        """The larger terminal, if it ends as `still` does and goes back further."""
        larger = self._still
        if larger is None or larger.alternate != still.alternate:
            return None
        if (larger.cols, larger.rows) != (still.cols, still.rows):
            larger.resize(still.cols, still.rows)
        if larger.total <= still.total:
            return None
        count = min(still.total, _CHECKED_ROWS)
        if larger.last_text(count) != still.last_text(count):
            return None
        larger.compress()
        return larger

    def _read(self) -> Iterator[bytes]:
        recorded = self._recorded
        for segment in open_segments(recorded.directory, 0, self._opened):
            if segment.run != recorded.run or segment.number > recorded.segment:
                continue
            if self._still is None:
                self._still = Still.empty(
                    segment.cols, segment.rows, self._styles, KEPT_BYTES
                )
                self._first = self._still.mark(0, 0)
            offset = segment.file.tell()
            for line in segment.file:
                offset += len(line)
                is_whole = line.endswith(b"\n")
                if segment.number == recorded.segment:
                    is_whole = is_whole and offset <= recorded.offset
                if not is_whole:
                    break
                yield line

    def _take(self, line: bytes) -> None:
        if self._still is None or not line.startswith(b"["):
            return
        event = event_from_line(line)
        if event.code == "o":
            self._still.feed(event.data.encode("utf-8", "surrogateescape"))
        elif event.code == "r":
            cols, _, rows = event.data.partition("x")
            self._still.resize(int(cols), int(rows))
