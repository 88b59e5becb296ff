"""The readable text of a recording, kept as a file beside it and brought up to date.

`text.jsonl` holds a line a JSON object: `{"at": …, "text": …}` for a line of text,
`{"at": …, "mark": "begin" | "prompt" | "end", "text": …}` for what happened. It is made
from the recording alone, so that making it anew gives the same bytes as far as the
recording still reaches back; a header says from which segment on (`epoch`). Beside it
`text.json` says up to where in the recording it goes. Both are for this user only.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from agentdeck.runner.atomic import write_json
from agentdeck.runner.recording_reader import (
    Event,
    Segment,
    event_from_line,
    open_segments,
)
from agentdeck.runner.settled_text import SettledText

TEXT, STATE = "text.jsonl", "text.json"
VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
"""Of a longer text only the newest half of this stays."""
SAMPLE_S = 0.5
"""How often a screen that goes on changing is looked at."""
STILL_S = 1.0
"""After this long without output all that there is stays."""
CURSOR_S = 5.0
"""After this long the line with the cursor is said too."""
LATE_S = 1.5
"""How much later than it was written output may reach the disk."""
_LONGEST_TYPED = 4096
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1bO?.")


class Reached(NamedTuple):
    """Up to where in the recording a text goes."""

    segment: int
    offset: int


class TextLog:
    """Brings the text of one recording up to date, a slice at a time.

    Raises:
        OSError: From any method, if a file cannot be read or written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        for left in directory.glob(".text.*"):
            left.unlink(missing_ok=True)
        self._draft: Path | None = directory / f".text.{os.getpid()}"
        self._out: BinaryIO = _private(self._draft)
        self._size = self._cuts = self._first = 0
        self._run = -1
        self._reached = Reached(0, 0)
        self._text: SettledText | None = None
        self._wall = self._written = self._sampled = 0.0
        """The clock at the newest event, at the newest output, at the newest look."""
        self._still = 0
        """Which of the looks at a screen that stands still are done, of two."""
        self._has_typed = False
        self._kept: dict[str, object] = {}

    @property
    def file(self) -> Path:
        """Where the text is now."""
        return self._draft or self._directory / TEXT

    @property
    def size(self) -> int:
        """How many bytes of it there are."""
        return self._size

    @property
    def is_still(self) -> bool:
        """Whether all that was recorded so far is said, however long one waits."""
        return self._still == 2 or self._text is None

    def extend(self, until: float) -> bool:
        """Go on until the end of the recording or a time of the monotonic clock.

        Says whether the end was reached.
        """
        with contextlib.ExitStack() as opened:
            first = self._reached.segment
            for segment in open_segments(self._directory, first, opened):
                self._enter(segment)
                if not self._read(segment.file, until):
                    self._out.flush()
                    return False
        self._look_now()
        self._out.flush()
        self._keep()
        return True

    def close(self) -> None:
        """Close the file; a text that is not whole yet is removed."""
        self._out.close()
        if self._draft is not None:
            self._draft.unlink(missing_ok=True)

    def _enter(self, segment: Segment) -> None:
        if segment.number == self._reached.segment:
            segment.file.seek(self._reached.offset)
            return
        if not self._first:
            self._first = segment.number
            self._write_header()
        self._reached = Reached(segment.number, segment.file.tell())
        if segment.run != self._run:
            self._look(segment.began)
            self._finish()
            self._run = segment.run
            self._text = SettledText(segment.cols, segment.rows)
            self._written = self._sampled = segment.began
            self._still = 2
            self._write(segment.began, "", "begin")
        self._wall = segment.began

    def _read(self, file: BinaryIO, until: float) -> bool:
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return True
            if line.startswith(b"["):
                self._take(event_from_line(line))
            self._reached = Reached(
                self._reached.segment, self._reached.offset + len(line)
            )
            if number % 64 == 0 and time.monotonic() >= until:
                return False
        return True

    def _take(self, event: Event) -> None:
        self._wall += max(0.0, event.interval)
        text = self._text
        if text is None:
            return
        # Whoever followed has looked by then, so all look before anything else is said.
        self._look(self._wall)
        match event.code:
            case "o":
                data = event.data.encode("utf-8", "surrogateescape")
                self._say(text.feed(data), self._wall)
                self._written, self._still = self._wall, 0
            case "r":
                cols, _, rows = event.data.partition("x")
                text.resize(int(cols), int(rows))
            case "i":
                self._note_typed(event.data)
            case "x":
                self._finish()
                self._write(self._wall, event.data, "end")
            case _:
                pass

    def _look_now(self) -> None:
        """Look at a screen that stands still, once nothing late can come any more."""
        self._look(time.time() - LATE_S, is_live=True)

    def _look(self, now: float, *, is_live: bool = False) -> None:
        """Look at the screen as it stood until this moment of the recording."""
        text = self._text
        if text is None:
            return
        passed = now - self._written
        if self._still == 0 and passed >= STILL_S:
            self._say(text.sample(is_still=True), self._written)
            self._still, self._sampled = 1, self._written
        elif self._still == 0 and not is_live and now - self._sampled >= SAMPLE_S:
            self._say(text.sample(is_still=False), self._written)
            self._sampled = self._written
        if self._still == 1 and passed >= CURSOR_S:
            self._say(text.sample(is_still=True, with_cursor=True), self._written)
            self._still = 2

    def _finish(self) -> None:
        if self._text is not None:
            self._say(self._text.finish(), self._wall)
            self._text = None

    def _note_typed(self, data: str) -> None:
        for key in _ESCAPES.sub("", data[:_LONGEST_TYPED]):
            if key == "\r":
                if self._has_typed:
                    self._write(self._wall, "", "prompt")
                self._has_typed = False
            elif key.isprintable():
                self._has_typed = True

    def _say(self, lines: Sequence[str], at: float) -> None:
        for line in lines:
            self._write(at, line)

    def _write(self, at: float, text: str, mark: str = "") -> None:
        said: dict[str, object] = {"at": round(at, 3)}
        if mark:
            said["mark"] = mark
        self._put({**said, "text": text})

    def _put(self, value: dict[str, object]) -> None:
        line = json.dumps(value).encode() + b"\n"
        self._out.write(line)
        self._size += len(line)
        if self._size > MAX_BYTES:
            self._cut()

    def _write_header(self) -> None:
        epoch = f"{self._first}-{self._cuts}"
        self._put({"version": VERSION, "epoch": epoch})

    def _cut(self) -> None:
        """Leave out the older half."""
        self._out.close()
        lines = self.file.read_bytes()[-MAX_BYTES // 2 :]
        kept = lines[lines.index(b"\n") + 1 :]
        path, draft = self.file, self._directory / f".text.{os.getpid()}.cut"
        self._out = _private(draft)
        self._size = 0
        self._cuts += 1
        self._write_header()
        self._out.write(kept)
        self._size += len(kept)
        draft.replace(path)

    def _keep(self) -> None:
        if not self._first:
            return
        if self._draft is not None:
            self._draft.replace(self._directory / TEXT)
            self._draft = None
        state: dict[str, object] = {
            "segment": self._reached.segment,
            "offset": self._reached.offset,
            "bytes": self._size,
            "still": self.is_still,
        }
        if state != self._kept:
            self._kept = state
            write_json(self._directory / STATE, state, durable=False)


def _private(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "wb")
