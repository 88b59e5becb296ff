"""When what is in a recording: an index over all its segments and runs.

Time is counted as a replay plays it, with pauses shortened to `IDLE_S`; anchors
say which moment of the clock that was. Holds where the events are, not what is
in them, and can be told to look for more while the session goes on.
"""

from __future__ import annotations

import contextlib
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agentdeck.runner.errors import RecordingUnreadableError
from agentdeck.runner.recording_reader import (
    Event,
    Segment,
    event_from_line,
    open_segments,
)

IDLE_S = 2.0
"""A longer pause is shortened to this."""
_BEGINS = b"B"
"""The code of a step that is no event: a run begins, with a new terminal."""
_LONGEST_TYPED = 4096
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO?.")
"""Keys that are no text: arrows, mouse, focus, and the frame around a paste."""


class Anchor(NamedTuple):
    """A time of the replay, and the wall-clock time that it was."""

    at: float
    wall: float


class Timeline:
    """The steps of a recording: each output, resize and begin of a run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opened = contextlib.ExitStack()
        self._segments: list[Segment] = []
        self._first_steps: list[int] = []
        """For each segment the number of its first step."""
        self._end = 0
        """Up to where the newest segment has been read."""
        self._times = array("d")
        self._offsets = array("q")
        self._codes = bytearray()
        self._has_typed = False
        self.duration = 0.0
        self._wall = 0.0
        self.anchors: list[Anchor] = []
        self.prompts: list[float] = []
        """When Enter was pressed after something had been typed."""
        self.exits: list[tuple[float, str]] = []
        self.is_over = False
        """Whether the last run has ended."""

    def __len__(self) -> int:
        return len(self._codes)

    def close(self) -> None:
        """Close the files."""
        self._opened.close()

    def extend(self) -> bool:
        """Take in what was recorded since the last time; says if there was any.

        Raises:
            RecordingUnreadableError: If a segment is there but cannot be read.
        """
        before = (len(self), self.duration, self.is_over)
        newest = self._segments[-1] if self._segments else None
        try:
            with contextlib.ExitStack() as opened:
                first = newest.number if newest else 0
                found = open_segments(self._directory, first, opened)
                if newest is not None:
                    # All of it is there by the time that a newer one is.
                    self._read_on()
                added = [s for s in found if newest is None or s.number != first]
                for segment in added:
                    self._begin(segment)
                    self._read_on()
                if added:
                    self._opened.push(opened.pop_all())
        except OSError as error:
            raise RecordingUnreadableError(
                f"Cannot read the recording in {self._directory}: {error.strerror}."
            ) from error
        return before != (len(self), self.duration, self.is_over)

    def steps_until(self, at: float) -> int:
        """How many steps have happened at a time of the replay."""
        return bisect_right(self._times, at)

    def time_of(self, step: int) -> float:
        """The time of a step in the replay; past the last it is the end."""
        return self._times[step] if step < len(self) else self.duration

    def begins_run(self, step: int) -> bool:
        """Whether a run begins with this step."""
        return self._codes[step] == _BEGINS[0]

    def run_before(self, step: int) -> int:
        """The step with which the run began that a step belongs to."""
        return max(0, self._codes.rfind(_BEGINS, 0, step))

    def wall_at(self, at: float) -> float:
        """The wall-clock time of a time of the replay."""
        place = bisect_right(self.anchors, at, key=lambda anchor: anchor.at) - 1
        if place < 0:
            return self._wall
        anchor = self.anchors[place]
        return anchor.wall + (at - anchor.at)

    def size_at_begin(self, step: int) -> tuple[int, int]:
        """Columns and rows with which the run of this step begins."""
        segment = self._segments[bisect_right(self._first_steps, step) - 1]
        return segment.cols, segment.rows

    def events(self, first: int, last: int) -> Iterator[Event]:
        """Yield the events of some steps; a run's begin has the code `B`."""
        for step in range(first, last):
            if self.begins_run(step):
                yield Event(0.0, "B", "")
                continue
            place = bisect_right(self._first_steps, step) - 1
            file = self._segments[place].file
            file.seek(self._offsets[step])
            yield event_from_line(file.readline())

    def _begin(self, segment: Segment) -> None:
        is_new = not self._segments or self._segments[-1].run != segment.run
        self._segments.append(segment)
        self._first_steps.append(len(self))
        self._end = segment.file.tell()
        if is_new:
            self._pass(segment.began - self._wall if self._wall else 0.0)
            self.is_over = False
        # The clock of the machine may have been set since the last segment.
        self._wall = segment.began
        self.anchors.append(Anchor(self.duration, self._wall))
        if is_new:
            self._add(_BEGINS[0], self._end)

    def _read_on(self) -> None:
        file = self._segments[-1].file
        file.seek(self._end)
        for line in file:
            if not line.endswith(b"\n"):
                return
            if line.startswith(b"["):
                self._take(line)
            self._end += len(line)

    def _take(self, line: bytes) -> None:
        comma = line.find(b",")
        if line[comma : comma + 3] != b', "' or line[comma + 4 : comma + 5] != b'"':
            raise RecordingUnreadableError(
                f"A line of the recording is not an event: {line[:80]!r}."
            )
        try:
            self._pass(float(line[1:comma]))
        except ValueError as error:
            raise RecordingUnreadableError(
                f"A line of the recording is not an event: {line[:80]!r}."
            ) from error
        code = line[comma + 3]
        if code in b"or":
            self._add(code, self._end)
        elif code in b"ix":
            self._note(event_from_line(line))

    def _pass(self, interval: float) -> None:
        interval = max(0.0, interval)
        self._wall += interval
        self.duration += min(interval, IDLE_S)
        if interval > IDLE_S:
            self.anchors.append(Anchor(self.duration, self._wall))

    def _add(self, code: int, offset: int) -> None:
        self._codes.append(code)
        self._times.append(self.duration)
        self._offsets.append(offset)

    def _note(self, event: Event) -> None:
        if event.code == "x":
            self.exits.append((self.duration, event.data))
            self.is_over = True
            return
        for key in _ESCAPES.sub("", event.data[:_LONGEST_TYPED]):
            if key == "\r":
                if self._has_typed:
                    self.prompts.append(self.duration)
                self._has_typed = False
            elif key.isprintable():
                self._has_typed = True
