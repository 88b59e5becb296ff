"""What setups and checks print: a file for each, and those who read it live."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from pathlib import Path
from typing import Any, Literal

from agentdeck.config.paths import Paths
from agentdeck.runner.plain_text import to_plain_text

Kind = Literal["setup", "check"]
MAX_BYTES = 8 * 1024 * 1024
"""What a run prints beyond this is not kept; the run goes on."""
_READ_BYTES = 256 * 1024


class Output:
    """What one run prints. One task writes; any number read."""

    def __init__(self, file: Path, run: str, *, is_over: bool) -> None:
        self._file = file
        self.run = run
        self.is_over = is_over
        self._size = 0
        self._news = asyncio.Event()
        self._descriptor: int | None = None
        self._writing = threading.Lock()
        """Keeps a late write from a descriptor that another file has by now."""

    async def begin(self) -> None:
        """Begin anew, with an empty file.

        Raises:
            OSError: If it cannot be written.
        """
        self._descriptor = await asyncio.to_thread(_emptied, self._file)

    async def write(self, data: bytes) -> None:
        """Keep what was printed, as far as there is room."""
        if self._descriptor is None or self._size >= MAX_BYTES:
            return
        kept = data[: MAX_BYTES - self._size]
        self._size += len(kept)
        if self._size >= MAX_BYTES:
            kept += b"\n(the rest is not kept)\n"
        try:
            await asyncio.to_thread(self._write, kept)
        except OSError:
            # A full disk costs the log, not the run.
            self._size = MAX_BYTES
        self._tell()

    async def say(self, text: str) -> None:
        """Keep a line of our own."""
        await self.write(f"{text}\n".encode("utf-8", "replace"))

    def end(self) -> None:
        """Nothing more comes."""
        self.is_over = True
        with self._writing:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
        self._tell()

    async def read(self, position: str | None, wait_s: float) -> dict[str, Any]:
        """What was printed after a position, as plain text of whole lines.

        Waits for news as long as there is none. A position of an earlier run reads
        this one from its begin, and `restarted` says so.
        """
        run, _, number = (position or "").partition(":")
        is_other = bool(position) and run != self.run
        start = int(number) if number.isdecimal() and not is_other else 0
        news = self._news
        text, end, is_whole = await asyncio.to_thread(self._read, start)
        if not text and not is_whole and wait_s and not is_other:
            try:
                async with asyncio.timeout(wait_s):
                    await news.wait()
            except TimeoutError:
                pass
            text, end, is_whole = await asyncio.to_thread(self._read, start)
        return {
            "data": text,
            "position": f"{self.run}:{end}",
            "end": is_whole,
            "restarted": is_other,
        }

    def tail(self, count: int) -> list[str]:
        """The last lines that say anything. Blocks while it reads."""
        try:
            with self._file.open("rb") as file:
                file.seek(max(0, self._file.stat().st_size - _READ_BYTES))
                data = file.read()
        except OSError:
            return []
        lines = to_plain_text(data.decode("utf-8", "replace")).splitlines()
        return [line for line in lines if line.strip()][-count:]

    def _write(self, data: bytes) -> None:
        with self._writing:
            if self._descriptor is not None:
                os.write(self._descriptor, data)

    def _read(self, start: int) -> tuple[str, int, bool]:
        was_over = self.is_over
        try:
            with self._file.open("rb") as file:
                file.seek(start)
                data = file.read(_READ_BYTES)
        except OSError:
            return "", start, was_over
        is_last = was_over and len(data) < _READ_BYTES
        if not is_last:
            whole = data.rfind(b"\n") + 1
            data = data[:whole] if whole or len(data) < _READ_BYTES else data
        text = to_plain_text(data.decode("utf-8", "replace"))
        return text, start + len(data), is_last

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Outputs:
    """The outputs of all sessions, by what was run."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._known: dict[tuple[str, Kind], Output] = {}

    def new(self, session_id: str, kind: Kind) -> Output:
        """The output of a run that begins; those who read the last one see this."""
        before = self._known.get((session_id, kind))
        output = Output(self._file(session_id, kind), _run_id(), is_over=False)
        self._known[session_id, kind] = output
        if before is not None:
            before.end()
        return output

    def apart(self, file: Path) -> Output:
        """The output of a run that belongs to no session's row."""
        return Output(file, _run_id(), is_over=False)

    def last(self, session_id: str, kind: Kind) -> Output:
        """The output of the run that goes on, or of the last one."""
        known = self._known.get((session_id, kind))
        if known is None:
            file = self._file(session_id, kind)
            known = self._known[session_id, kind] = Output(file, "0", is_over=True)
        return known

    def forget(self, session_id: str) -> None:
        """Hold nothing more of a session that is gone."""
        for key in [each for each in self._known if each[0] == session_id]:
            self._known.pop(key).end()

    def _file(self, session_id: str, kind: Kind) -> Path:
        return self._paths.session_dir(session_id) / f"{kind}.log"


def _run_id() -> str:
    return secrets.token_hex(4)


def _emptied(file: Path) -> int:
    # A new file, not the old one emptied: a reader may be in the middle of that.
    file.unlink(missing_ok=True)
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
