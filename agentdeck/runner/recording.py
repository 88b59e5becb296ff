"""The recording: everything an agent wrote, as asciicast v3, under a size cap.

The segment being written is `recording.cast`. When it has reached a quarter of
the cap it is renamed to `recording.N.cast`, N being the segment's own number
(also in its header, counted from 1 and never reused), so a higher number is
newer. The oldest go so that all fit the cap. Each segment is a valid cast.

A session that is started again goes on in a segment of its own: its number is
one higher, its `run` too. `began` in a header is the wall-clock time from which
the segment's first interval counts.

Output that is not UTF-8 is held as lone surrogates (`surrogateescape`), so the
exact bytes come back from any segment.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as _quote
from pathlib import Path
from typing import NamedTuple

from agentdeck.runner.json_text import escaped

CURRENT = "recording.cast"
SEGMENTS = 4
SMALLEST_CAP = 16 * 1024
PENDING_LIMIT = 4 * 1024 * 1024
RETRY_AFTER_S = 1.0
# The worst a byte can cost in JSON is six characters, `\\u00XX`.
_EXPANSION = 6
_LARGEST_PIECE = 256 * 1024
_LINE_OVERHEAD = 64


def _numbered(directory: Path) -> Iterator[tuple[int, Path]]:
    for path in directory.glob("recording.*.cast"):
        number = path.name.split(".")[1]
        if number.isdecimal():
            yield int(number), path


def _number_and_run(path: Path) -> tuple[int, int] | None:
    """What a segment's header says, if the file is there and has a whole one."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return int(header["segment"]), int(header.get("run", 1))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def incomplete_tail(data: bytes | bytearray | memoryview) -> int:
    """Return how many bytes at the end begin a UTF-8 character not yet complete."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        if byte >= 0xC2:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4 if byte < 0xF5 else 0
            return back if needed > back else 0
        return 0
    return 0


class _Line(NamedTuple):
    """An event that is not on the disk yet."""

    text: bytes
    since: float
    """When the event before it was, from which its interval counts."""
    size: tuple[int, int] | None
    """The size of the terminal from here on, if this is what changes it."""


class Recorder:
    """Writes one session's recording.

    Events are gathered by `output`, `input` and `resize` and reach the disk at
    `flush`, in one write. A disk that refuses does not raise: events wait in
    memory up to a limit, further ones are dropped and counted, and the next
    `flush` after a second tries again. `error` says why while it lasts.

    A flood comes as `part`s of events, so that the work on it is done while the
    agent goes on writing: one thread may add events while another flushes.
    """

    def __init__(
        self, directory: Path, cols: int, rows: int, cap_bytes: int, command: str = ""
    ) -> None:
        self._directory = directory
        self._command = command[:200]
        self._segment_limit = max(cap_bytes, SMALLEST_CAP) // SEGMENTS
        self._piece_limit = min(
            _LARGEST_PIECE, (self._segment_limit - 2048) // _EXPANSION - _LINE_OVERHEAD
        )
        self.error: str | None = None
        # Whoever adds events has these.
        self._held = b""
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._last_event = time.monotonic()
        self._added_bytes = 0
        self._dropped_bytes = 0
        # What is added here, `flush` takes.
        self._added: deque[_Line] = deque()
        # And `flush` has these.
        self._pending: list[_Line] = []
        self._done_bytes = 0
        self._told_dropped_bytes = 0
        self._size = (cols, rows)
        self._fd = -1
        self._number = 0
        self._run = 0
        self._written = 0
        self._retry_at = 0.0

    def part(self, data: bytes | memoryview) -> None:
        """Add to an event that goes on; a split character waits for its rest."""
        if self._held:
            data = self._held + bytes(data)
            self._held = b""
        tail = incomplete_tail(data)
        if tail:
            self._held = bytes(data[-tail:])
            data = data[:-tail]
        while data:
            piece, data = data[: self._piece_limit], data[self._piece_limit :]
            if self._parts_bytes + len(piece) > self._piece_limit:
                self.cut()
            self._parts.append(escaped(piece))
            self._parts_bytes += len(piece)

    def cut(self) -> None:
        """End the event that goes on, if there is one."""
        if self._parts:
            parts, self._parts = self._parts, []
            size, self._parts_bytes = self._parts_bytes, 0
            self._add("o", parts, size)

    def output(self, data: bytes | memoryview) -> None:
        """Add what the agent wrote."""
        self.part(data)
        self.cut()

    def input(self, data: bytes) -> None:
        """Add what was typed into the agent's terminal."""
        self.cut()
        for start in range(0, len(data), self._piece_limit):
            piece = data[start : start + self._piece_limit]
            self._add("i", [escaped(piece)], len(piece))

    def resize(self, cols: int, rows: int) -> None:
        """Add a change of the terminal's size."""
        self.cut()
        self._add("r", [b"%dx%d" % (cols, rows)], 0, (cols, rows))

    def settle(self) -> None:
        """Let go of a character that was never completed."""
        self.cut()
        if self._held:
            held, self._held = self._held, b""
            self._add("o", [escaped(held)], len(held))

    def exit(self, status: int) -> None:
        """Add the end of the agent."""
        self.settle()
        self._add("x", [b"%d" % status], 0)

    def close(self) -> None:
        """Write what waits and close the file."""
        self.settle()
        self._retry_at = 0.0
        self.flush()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def flush(self) -> bool:
        """Write what waits; return whether `error` changed."""
        while self._added:
            self._pending.append(self._added.popleft())
        if not self._pending or time.monotonic() < self._retry_at:
            return False
        before = self.error
        try:
            self._write_pending()
        except OSError as error:
            self.error = error.strerror or str(error)
            self._retry_at = time.monotonic() + RETRY_AFTER_S
        else:
            self.error = None
        return (before is None) != (self.error is None)

    @property
    def written(self) -> tuple[int, int, int] | None:
        """Run, number and size of the segment; None if something is not on the disk."""
        if self._added or self._pending or self._fd < 0:
            return None
        return self._run, self._number, self._written

    def _add(
        self,
        code: str,
        parts: list[bytes],
        data_bytes: int,
        size: tuple[int, int] | None = None,
    ) -> None:
        if self._added_bytes - self._done_bytes > PENDING_LIMIT:
            self._dropped_bytes += data_bytes
            return
        now, since = time.monotonic(), self._last_event
        self._last_event = now
        head = f'[{now - since:.6f}, "{code}", "'.encode("ascii")
        text = b"".join([head, *parts, b'"]\n'])
        self._added_bytes += len(text)
        self._added.append(_Line(text, since, size))

    def _write_pending(self) -> None:
        dropped = self._dropped_bytes
        done = 0
        try:
            while done < len(self._pending):
                done += self._write_what_fits(done)
        finally:
            self._done_bytes += sum(len(line.text) for line in self._pending[:done])
            del self._pending[:done]
        if dropped > self._told_dropped_bytes:
            count = dropped - self._told_dropped_bytes
            note = f"{count} bytes were not recorded: the disk was full"
            self._write_all(f'[0.000000, "m", {_quote(note)}]\n'.encode("ascii"))
            self._told_dropped_bytes = dropped

    def _write_what_fits(self, first: int) -> int:
        if self._fd < 0:
            self._open(self._pending[first].since)
        room = self._segment_limit - self._written
        fitting: list[bytes] = []
        for line in self._pending[first:]:
            room -= len(line.text)
            if room < 0:
                break
            fitting.append(line.text)
        if not fitting:
            self._rotate()
            return 0
        self._write_all(b"".join(fitting))
        for line in self._pending[first : first + len(fitting)]:
            # The next segment begins with the size that the terminal has then.
            self._size = line.size or self._size
        return len(fitting)

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError:
            # Half a line would make the segment unreadable from here on.
            os.ftruncate(self._fd, self._written)
            os.lseek(self._fd, self._written, os.SEEK_SET)
            raise
        self._written += len(data)

    def _rotate(self) -> None:
        os.close(self._fd)
        self._fd = -1
        self._put_aside()

    def _put_aside(self) -> None:
        current = self._directory / CURRENT
        current.replace(self._directory / f"recording.{self._number}.cast")
        older = sorted(_numbered(self._directory), reverse=True)
        kept = 0
        for number, path in older:
            kept += path.stat().st_size
            # The segment being written has its quarter of the cap too.
            if kept > self._segment_limit * (SEGMENTS - 1) and number < self._number:
                path.unlink()

    def _go_on_from_earlier_run(self) -> int:
        """Keep what the session recorded when it was started before; give the run."""
        current = _number_and_run(self._directory / CURRENT)
        if current is not None:
            self._number, run = current
            self._put_aside()
            return run + 1
        # That run ended, or the disk was full, as it began a new segment.
        newest = max(_numbered(self._directory), default=None)
        if newest is None:
            return 1
        self._number, path = newest
        known = _number_and_run(path)
        # Each run has a segment or more, so no run has a higher number than this.
        return 1 + (known[1] if known else self._number)

    def _open(self, since: float) -> None:
        if not self._run:
            self._run = self._go_on_from_earlier_run()
        began = time.time() - (time.monotonic() - since)
        path = self._directory / CURRENT
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._fd, self._written = fd, 0
        cols, rows = self._size
        header = (
            f'{{"version": 3, "term": {{"cols": {cols}, "rows": {rows}, '
            f'"type": "xterm-256color"}}, "timestamp": {int(time.time())}, '
            f'"command": {_quote(self._command)}, "segment": {self._number + 1}, '
            f'"run": {self._run}, "began": {began:.3f}}}\n'
        )
        try:
            self._write_all(header.encode("ascii"))
        except OSError:
            os.close(fd)
            self._fd = -1
            raise
        self._number += 1
