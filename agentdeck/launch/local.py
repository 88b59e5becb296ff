"""Runners on this machine, forked from one warm parent.

The parent (`agentdeck.runner.zygote`) has the terminal engine loaded, so that a
runner starts in milliseconds and shares its memory. It ends with the host; the
runners do not.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError

START_TIMEOUT_S = 20.0
SPAWN_TIMEOUT_S = 20.0
POLL_S = 0.02
"""How often the starting parent's socket is tried; only while it starts."""

_LENGTH = struct.Struct(">I")
_WHAT = {
    "spawn": "The session's runner could not be started",
    "replay": "The recording could not be played",
    "read": "The recording could not be read",
}


class LaunchError(AgentDeckError):
    """A runner could not be started."""


class LocalLauncher:
    """Starts runners; holds the warm parent, and starts it again when it died."""

    def __init__(self, socket: Path, log_file: Path) -> None:
        self._socket = socket
        self._log_file = log_file
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def warm_up(self) -> None:
        """Start the warm parent, so that the first session need not wait for it."""
        async with self._lock:
            await self._ensure_parent()

    async def spawn(self, session_dir: Path, socket: Path) -> int:
        """Start a runner for a prepared session folder; gives its process id.

        Raises:
            LaunchError: If the runner could not be started.
        """
        return await self._start("spawn", session_dir, socket)

    async def replay(self, session_dir: Path, socket: Path) -> int:
        """Start a process that plays a session's recording; gives its process id.

        It ends by itself when whoever connects to the socket goes.

        Raises:
            LaunchError: If it could not be started.
        """
        return await self._start("replay", session_dir, socket)

    async def read(self, session_dir: Path, socket: Path) -> int:
        """Start a process that reads a session's recording as text; gives its id.

        It ends by itself when whoever connects to the socket goes.

        Raises:
            LaunchError: If it could not be started.
        """
        return await self._start("read", session_dir, socket)

    async def _start(self, kind: str, session_dir: Path, socket: Path) -> int:
        request = {"t": kind, "dir": str(session_dir), "socket": str(socket)}
        async with self._lock:
            await self._ensure_parent()
            try:
                async with asyncio.timeout(SPAWN_TIMEOUT_S):
                    answer = await self._ask(request)
            except (OSError, TimeoutError, EOFError) as error:
                await self._end_parent()
                raise LaunchError(f"{_WHAT[kind]}: {error}.") from error
        if answer.get("t") != "spawned":
            raise LaunchError(f"{_WHAT[kind]}: {answer.get('message')}.")
        return int(answer["pid"])

    async def close(self) -> None:
        """End the warm parent. The runners go on."""
        async with self._lock:
            await self._end_parent()

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(str(self._socket))
        try:
            payload = json.dumps(request).encode()
            writer.write(_LENGTH.pack(len(payload)) + payload)
            await writer.drain()
            (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            answer: dict[str, Any] = json.loads(await reader.readexactly(length))
            return answer
        finally:
            writer.close()
            await writer.wait_closed()

    async def _ensure_parent(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        self._socket.unlink(missing_ok=True)
        log = await asyncio.to_thread(self._log_file.open, "ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "agentdeck.runner.zygote",
                "--socket",
                str(self._socket),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        await self._until_it_answers(self._process)

    async def _until_it_answers(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self._is_listening():
                    if process.returncode is not None:
                        raise LaunchError(
                            "The runners' parent ended at once; see "
                            + str(self._log_file)
                        )
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            await self._end_parent()
            raise LaunchError("The runners' parent did not start in time.") from error

    async def _is_listening(self) -> bool:
        if not self._socket.exists():
            return False
        try:
            _, writer = await asyncio.open_unix_connection(str(self._socket))
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def _end_parent(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        await process.wait()
