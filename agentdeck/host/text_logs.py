"""Sessions' terminals as text to read, made by a process for each that is wanted.

The text is a file in the session's folder (see `runner/text_log.py`). It is used as it
is while the recording has not grown; otherwise a process reads the recording, and goes
on with it for as long as somebody asks for more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.host.runner_link import RunnerGoneError, RunnerLink
from agentdeck.host.session_files import read_json
from agentdeck.host.supervisor import LiveSession, Supervisor
from agentdeck.launch.local import LocalLauncher
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.recording_reader import open_segments, segments

logger = logging.getLogger(__name__)

STATE, TEXT = "text.json", "text.jsonl"
PIECE_BYTES = 256 * 1024
"""About how much text is given at once."""
START_S = 5.0
UNUSED_S = 15.0
"""A process that nobody asked for so long ends."""
MAX_PROCESSES = 6
MAX_LINES = 2_000
"""So many of the newest lines are given as a list."""
LOOK_AGAIN_S = 1.0
"""How often a screen that may have settled is asked for, while somebody waits."""


class Made(NamedTuple):
    """How far a text has been made."""

    file: Path
    size: int
    is_whole: bool
    """It goes up to the end of the recording."""
    is_still: bool
    """Nothing more comes by mere waiting."""


@dataclass
class _Process:
    link: RunnerLink
    pump: asyncio.Task[None]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    used_at: float = 0.0
    ending: asyncio.TimerHandle | None = None


class TextLogs:
    """All texts, and the processes that make them."""

    def __init__(
        self, paths: Paths, supervisor: Supervisor, launcher: LocalLauncher
    ) -> None:
        self._paths = paths
        self._supervisor = supervisor
        self._launcher = launcher
        self._processes: dict[str, _Process] = {}
        self._starting = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()

    async def read(
        self, session: Session, position: str | None, wait_s: float
    ) -> dict[str, Any]:
        """The text from a position on: `entries`, `position`, `reset`, `whole` and `end`.

        `whole` says that all that was recorded so far has been read.

        Raises:
            AgentDeckError: If the recording cannot be read.
        """
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            live = self._supervisor.live(session.id)
            if live is not None:
                live.has_output.clear()
            made = await self.make(session)
            answer = await asyncio.to_thread(piece_of_text, made, position)
            is_over = self._supervisor.live(session.id) is None
            if answer["entries"] or answer["reset"]:
                return {**answer, "end": False, "whole": made.is_whole}
            if is_over and made.is_whole and made.is_still:
                return {**answer, "end": True, "whole": True}
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                return {**answer, "end": False, "whole": made.is_whole}
            if made.is_whole:
                await _until_more(live, made, left_s)

    async def lines_of(self, session: Session) -> list[str]:
        """The newest lines of a session's text; none where it cannot be read."""
        lines: deque[str] = deque(maxlen=MAX_LINES)
        position: str | None = None
        while True:
            try:
                answer = await self.read(session, position, 0)
            except AgentDeckError:
                return list(lines)
            position = answer["position"]
            lines += [str(each["text"]) for each in answer["entries"]]
            if not answer["entries"] and (answer["end"] or answer["whole"]):
                return list(lines)

    async def make(self, session: Session) -> Made:
        """Make the text, or a slice more of it; says how far it goes.

        Raises:
            AgentDeckError: If the recording cannot be read.
        """
        folder = self._paths.session_dir(session.id)
        if session.id not in self._processes:
            kept = await asyncio.to_thread(_kept, folder)
            if kept is not None:
                return kept
        process = await self._process(session.id, folder)
        async with process.lock:
            try:
                answer = await process.link.ask({"t": "extend"})
            except RunnerGoneError:
                await self._end(session.id)
                raise
            finally:
                process.used_at = asyncio.get_running_loop().time()
        return Made(
            Path(answer["file"]), answer["bytes"], answer["end"], answer["still"]
        )

    async def forget(self, session_id: str) -> None:
        """End a session's process, as its folder goes."""
        await self._end(session_id)

    async def close(self) -> None:
        """End all processes."""
        for session_id in tuple(self._processes):
            await self._end(session_id)
        await asyncio.gather(*self._endings, return_exceptions=True)

    async def _process(self, session_id: str, folder: Path) -> _Process:
        async with self._starting:
            found = self._processes.get(session_id)
            if found is not None:
                return found
            await self._make_room()
            socket = self._paths.runtime / f"t-{secrets.token_hex(6)}.sock"
            await self._launcher.read(folder, socket)
            try:
                link = await RunnerLink.connect(socket, START_S)
            finally:
                socket.unlink(missing_ok=True)
            pump = asyncio.create_task(_settle_answers(link), name="text")
            process = self._processes[session_id] = _Process(link, pump)
            process.used_at = asyncio.get_running_loop().time()
            self._end_when_unused(session_id, process)
            return process

    async def _make_room(self) -> None:
        while len(self._processes) >= MAX_PROCESSES:
            idle = [i for i, each in self._processes.items() if not each.lock.locked()]
            if not idle:
                await asyncio.sleep(0.05)
                continue
            await self._end(min(idle, key=lambda i: self._processes[i].used_at))

    def _end_when_unused(self, session_id: str, process: _Process) -> None:
        loop = asyncio.get_running_loop()
        left_s = process.used_at + UNUSED_S - loop.time()
        if left_s > 0 or process.lock.locked():
            process.ending = loop.call_later(
                max(left_s, 1.0), self._end_when_unused, session_id, process
            )
            return
        ending = asyncio.create_task(self._end(session_id), name="text-ends")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _end(self, session_id: str) -> None:
        process = self._processes.pop(session_id, None)
        if process is None:
            return
        if process.ending is not None:
            process.ending.cancel()
        process.pump.cancel()
        await asyncio.gather(process.pump, return_exceptions=True)
        with contextlib.suppress(OSError):
            await process.link.close()


async def _settle_answers(link: RunnerLink) -> None:
    async for payload in link.payloads():
        link.settle(json.loads(payload))


async def _until_more(live: LiveSession | None, made: Made, left_s: float) -> None:
    """Wait for output, or for a screen to settle that may still do so."""
    wait_s = left_s if made.is_still else min(left_s, LOOK_AGAIN_S)
    if live is None:
        await asyncio.sleep(wait_s)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await live.has_output.wait()
            # What streams is read a few times a second, not at each piece.
            await asyncio.sleep(min(left_s, LOOK_AGAIN_S / 2))


def _kept(folder: Path) -> Made | None:
    """The text as it is on disk, if it is whole."""
    text = folder / TEXT
    if not segments(folder):
        return Made(text, 0, is_whole=True, is_still=True)
    state = read_json(folder / STATE)
    if state is None or not state.get("still"):
        return None
    try:
        with contextlib.ExitStack() as opened:
            newest = open_segments(folder, int(state["segment"]), opened)[-1]
            size = newest.file.seek(0, 2)
        at = (newest.number, size)
        if at != (state["segment"], state["offset"]):
            return None
        if text.stat().st_size != state["bytes"]:
            return None
    except (OSError, RunnerError, IndexError, KeyError, TypeError, ValueError):
        return None
    return Made(text, int(state["bytes"]), is_whole=True, is_still=True)


def piece_of_text(made: Made, position: str | None) -> dict[str, Any]:
    """What the text says from a position on."""
    if not made.size:
        return {"entries": [], "position": position, "reset": False}
    try:
        with made.file.open("rb") as stream:
            header = stream.readline()
            epoch = str(json.loads(header)["epoch"])
            known, _, offset = (position or "").partition(":")
            at = int(offset) if known == epoch and offset.isdecimal() else 0
            reset = bool(position) and not at
            at = max(at, len(header))
            entries = []
            stream.seek(at)
            end = min(made.size, at + PIECE_BYTES)
            for line in stream:
                if at >= end or not line.endswith(b"\n"):
                    break
                at += len(line)
                entries.append(_entry(json.loads(line)))
    except FileNotFoundError:
        # The draft has just become the file, or the session is gone.
        return {"entries": [], "position": position, "reset": False}
    except (OSError, ValueError, KeyError) as error:
        raise AgentDeckError(f"The log cannot be read: {error}.") from error
    return {"entries": entries, "position": f"{epoch}:{at}", "reset": reset}


def _entry(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": value["at"],
        "kind": value.get("mark") or "text",
        "text": value["text"],
    }
