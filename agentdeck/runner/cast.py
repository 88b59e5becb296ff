"""A recording as one asciicast, for asciinema and its kind.

Joins the segments of all runs under one header with the right times, in
version 3 (asciinema from 3.0 on) or 2 (its older ones). What was typed is left
out unless asked for, as it may hold secrets. Works piece by piece, so that no
recording is too large. Uses the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quote
from pathlib import Path
from typing import NamedTuple

from agentdeck.runner.errors import RecordingUnreadableError
from agentdeck.runner.recording_reader import (
    Event,
    Segment,
    event_from_line,
    open_segments,
)

VERSIONS = (2, 3)
PIECE_BYTES = 4 * 1024 * 1024
IDLE_LIMIT_S = 2.0
"""Players shorten longer pauses to this; the times themselves stay right."""
_RESET = "\x1bc"
# Only version 3 has exits.
_CODES = {2: frozenset("orm"), 3: frozenset("ormx")}


@dataclass(frozen=True, slots=True)
class CastForm:
    """How a recording is written."""

    version: int = 3
    with_input: bool = False
    title: str = ""


class Place(NamedTuple):
    """Where the next piece begins: the place in the recording, and in the cast."""

    segment: int = 0
    offset: int = 0
    run: int = 0
    wall: float = 0.0
    """The wall-clock time of the last event read."""
    at: float = 0.0
    """Its time in the cast."""
    told: float = 0.0
    """The time of the last event that was written."""
    cols: int = 0
    rows: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Place:
        """Read what `str` gave.

        Raises:
            ValueError: If it is none.
        """
        if not text:
            return cls()
        parts = text.split(":")
        if len(parts) != len(cls._fields):
            raise ValueError(text)
        kinds = (int, int, int, float, float, float, int, int)
        return cls(*(kind(part) for kind, part in zip(kinds, parts, strict=True)))

    def __str__(self) -> str:
        return ":".join(map(repr, self))


def cast_piece(directory: Path, form: CastForm, place: Place) -> tuple[str, Place]:
    """Return the next lines of a recording's cast, and where to go on.

    Begin with `Place()`. Nothing new gives an empty text.

    Raises:
        RecordingUnreadableError: If a segment is there but cannot be read.
    """
    lines: list[str] = []
    size = 0
    try:
        with contextlib.ExitStack() as opened:
            for segment in open_segments(directory, place.segment, opened):
                for line, after in _lines_of(segment, form, place):
                    place = after
                    lines.append(line)
                    size += len(line)
                    if size >= PIECE_BYTES:
                        return "".join(lines), place
    except OSError as error:
        raise RecordingUnreadableError(
            f"Cannot read the recording in {directory}: {error.strerror}."
        ) from error
    return "".join(lines), place


def _lines_of(
    segment: Segment, form: CastForm, place: Place
) -> Iterator[tuple[str, Place]]:
    if segment.number == place.segment:
        segment.file.seek(place.offset)
    else:
        text, place = _beginning(segment, form, place)
        yield text, place
    for line in segment.file:
        if not line.endswith(b"\n"):
            return
        place = place._replace(offset=place.offset + len(line))
        if not line.startswith(b"["):
            continue
        event = event_from_line(line)
        wall, at = place.wall + event.interval, place.at + event.interval
        place = place._replace(wall=wall, at=at)
        if event.code == "r":
            cols, _, rows = event.data.partition("x")
            place = place._replace(cols=int(cols), rows=int(rows))
        text, place = _line(event, form, place)
        yield text, place


def _beginning(segment: Segment, form: CastForm, place: Place) -> tuple[str, Place]:
    """The header, or for a later run what makes the terminal new."""
    size = (segment.cols, segment.rows)
    text = ""
    if not place.segment:
        text = _header(segment, form)
        place = place._replace(wall=segment.began)
    elif segment.run != place.run:
        # The next run's events come after the pause between the two.
        pause = max(0.0, segment.began - place.wall)
        place = place._replace(at=place.at + pause, wall=segment.began)
        again = [Event(0.0, "o", _RESET)]
        if size != (place.cols, place.rows):
            again.append(Event(0.0, "r", f"{segment.cols}x{segment.rows}"))
        for event in again:
            line, place = _line(event, form, place)
            text += line
    elif size != (place.cols, place.rows):
        # A segment between was rotated away, and a change of size with it.
        text, place = _line(
            Event(0.0, "r", f"{segment.cols}x{segment.rows}"), form, place
        )
    place = place._replace(
        segment=segment.number,
        offset=segment.file.tell(),
        run=segment.run,
        cols=segment.cols,
        rows=segment.rows,
    )
    return text, place


def _header(segment: Segment, form: CastForm) -> str:
    header: dict[str, object] = {"version": form.version}
    if form.version == 2:
        header |= {"width": segment.cols, "height": segment.rows}
        header["env"] = {"TERM": "xterm-256color"}
    else:
        header["term"] = {
            "cols": segment.cols,
            "rows": segment.rows,
            "type": "xterm-256color",
        }
    header |= {"timestamp": int(segment.began), "idle_time_limit": IDLE_LIMIT_S}
    header |= {"command": segment.command} if segment.command else {}
    header |= {"title": form.title} if form.title else {}
    return json.dumps(header) + "\n"


def _line(event: Event, form: CastForm, place: Place) -> tuple[str, Place]:
    """An event as it is written, with the time since the last one that was."""
    wanted = _CODES[form.version]
    if event.code not in wanted and not (event.code == "i" and form.with_input):
        return "", place
    time = place.at if form.version == 2 else place.at - place.told
    # Players refuse what is no Unicode, so it is shown as a terminal shows it.
    data = event.data.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    line = f'[{time:.6f}, "{event.code}", {_quote(data)}]\n'
    return line, place._replace(told=place.at)
