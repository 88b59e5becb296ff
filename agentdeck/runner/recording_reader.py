"""Reading a recording, also while it is being written and rotated.

Uses the standard library alone, because the host imports it too. It never
writes. See `recording.py` for how segments are named.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agentdeck.runner.errors import RecordingUnreadableError
from agentdeck.runner.plain_text import to_plain_text

CURRENT = "recording.cast"
_OLDER = re.compile(r"recording\.(\d+)\.cast")


class Position(NamedTuple):
    """A place in a recording that stays right when segments are renamed."""

    segment: int
    offset: int


START = Position(0, 0)


class Event(NamedTuple):
    """One event: seconds since the one before, its code, and its data."""

    interval: float
    code: str
    data: str


class Segment(NamedTuple):
    """One file of a recording, opened; `file` stands at its first event."""

    number: int
    run: int
    """Counts how often the session was started; a new run has a new terminal."""
    cols: int
    rows: int
    began: float
    """The wall-clock time from which the first interval counts."""
    command: str
    file: BinaryIO


def segments(directory: Path) -> list[Path]:
    """Return the paths of a recording's segments as they are now, oldest first."""
    older = []
    for path in directory.glob("recording.*.cast"):
        match = _OLDER.fullmatch(path.name)
        if match:
            older.append((int(match[1]), path))
    paths = [path for _, path in sorted(older)]
    current = directory / CURRENT
    return [*paths, current] if current.exists() else paths


def events(directory: Path) -> Iterator[Event]:
    """Yield the events of all segments in order.

    Raises:
        RecordingUnreadableError: If a segment is there but cannot be read.
    """
    for event, _ in _events_from(directory, START):
        yield event


def read_bytes(directory: Path) -> bytes:
    """Return exactly what the agent wrote, as far as the recording still has it.

    Raises:
        RecordingUnreadableError: If a segment is there but cannot be read.
    """
    return read_from(directory, START)[0]


def read_text(directory: Path) -> str:
    """Return what the agent wrote as plain text, one screen line a line.

    Raises:
        RecordingUnreadableError: If a segment is there but cannot be read.
    """
    return to_plain_text(read_bytes(directory).decode("utf-8", "replace"))


def read_from(directory: Path, position: Position) -> tuple[bytes, Position]:
    """Return the output since `position`, and the position after it.

    Start with `START`. What was rotated away in between is skipped. Nothing
    new gives empty bytes and a position from which to go on.

    Raises:
        RecordingUnreadableError: If a segment is there but cannot be read.
    """
    output: list[bytes] = []
    for event, after in _events_from(directory, position):
        position = after
        if event.code == "o":
            output.append(event.data.encode("utf-8", "surrogateescape"))
    return b"".join(output), position


def _events_from(
    directory: Path, position: Position
) -> Iterator[tuple[Event, Position]]:
    try:
        with contextlib.ExitStack() as opened:
            for segment in open_segments(directory, position.segment, opened):
                if segment.number == position.segment:
                    segment.file.seek(position.offset)
                yield from _events_in(segment.number, segment.file)
    except OSError as error:
        raise RecordingUnreadableError(
            f"Cannot read the recording in {directory}: {error.strerror}."
        ) from error


def _events_in(number: int, file: BinaryIO) -> Iterator[tuple[Event, Position]]:
    offset = file.tell()
    for line in file:
        if not line.endswith(b"\n"):
            return
        offset += len(line)
        if line.startswith(b"["):
            yield event_from_line(line), Position(number, offset)


def event_from_line(line: bytes) -> Event:
    """Return the event that a line of a recording holds.

    Raises:
        RecordingUnreadableError: If it holds none.
    """
    try:
        interval, code, data = json.loads(line)
        return Event(float(interval), str(code), str(data))
    except (ValueError, TypeError) as error:
        raise RecordingUnreadableError(
            f"A line of the recording is not an event: {line[:80]!r}."
        ) from error


def open_segments(
    directory: Path, first: int, opened: contextlib.ExitStack
) -> list[Segment]:
    """Open the segments from number `first` on, each behind its header.

    The current one is opened before the folder is listed: should it be renamed
    in between, it is seen under both names and the second is left out.

    Raises:
        RecordingUnreadableError: If a file there is no recording.
        OSError: If a file cannot be opened.
    """
    current = _opened(directory / CURRENT, opened)
    found: list[Segment] = []
    for path in directory.glob("recording.*.cast"):
        match = _OLDER.fullmatch(path.name)
        if match is None or int(match[1]) < first:
            continue
        if current is not None and int(match[1]) == current.number:
            continue
        segment = _opened(path, opened)
        if segment is not None:
            found.append(segment)
    if current is not None and current.number >= first:
        found.append(current)
    return sorted(found, key=lambda segment: segment.number)


def _opened(path: Path, opened: contextlib.ExitStack) -> Segment | None:
    try:
        file = opened.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None
    line = file.readline()
    if not line.endswith(b"\n"):
        return None
    try:
        header = json.loads(line)
        term = header["term"]
        return Segment(
            int(header["segment"]),
            int(header.get("run", 1)),
            int(term["cols"]),
            int(term["rows"]),
            float(header.get("began", header["timestamp"])),
            str(header.get("command", "")),
            file,
        )
    except (ValueError, TypeError, KeyError) as error:
        raise RecordingUnreadableError(
            f"The recording does not begin with a header: {line[:80]!r}."
        ) from error
