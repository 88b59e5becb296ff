"""Runs one command of a repository or a person, and leaves no process of it behind.

A command runs in a process group of its own and without a terminal; it can read what
it is given, or nothing.
What it leaves in its group ends with it. At its time limit, or when its task is
cancelled, everything that carries its mark is killed, also what left the group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import IO

import psutil

from agentdeck.core.checks import Command, Ended

MARK = "AGENTDECK_RUN"
"""The variable by which all processes of a run are found again."""
GRACE_S = 2.0
"""How long a command may take to end after it was asked to."""
OUTPUT_ENDS_S = 1.0
"""How long a process that left the group may keep the output open."""
_CHUNK = 64 * 1024

Sink = Callable[[bytes], Awaitable[None]]


async def run_command(
    command: Command,
    folder: Path,
    env: Mapping[str, str],
    sink: Sink,
    *,
    mark: str,
    timeout_s: float,
    stdin: bytes | None = None,
) -> Ended:
    """Run a command to its end, or to its time limit.

    Args:
        command: What to run.
        folder: Where.
        env: All of its environment, to which the mark is added.
        sink: Gets what it prints, as it prints it.
        mark: Names this run among all others.
        timeout_s: How long it may take.
        stdin: What it can read; by default nothing.

    Raises:
        OSError: If it cannot be started.
    """
    started = time.monotonic()
    given = await asyncio.to_thread(_given, stdin)
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command.argv,
            cwd=folder,
            env={**env, MARK: mark},
            stdin=asyncio.subprocess.DEVNULL if given is None else given,
            stdout=writing,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
        if given is not None:
            given.close()
    pump = asyncio.create_task(_pump(reading, sink), name="command-output")
    timed_out = is_whole = False
    try:
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
        except TimeoutError:
            timed_out = True
        else:
            is_whole = True
    finally:
        await _end(process, mark, is_whole=is_whole)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pump, OUTPUT_ENDS_S)
    status = process.returncode if process.returncode is not None else -signal.SIGKILL
    return Ended(
        exit_code=status if status >= 0 else None,
        signal=-status if status < 0 else None,
        timed_out=timed_out,
        seconds=time.monotonic() - started,
    )


def _given(data: bytes | None) -> IO[bytes] | None:
    """A file without a name to read from: nobody has to write while it is read."""
    if data is None:
        return None
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed once the command has it
    file.write(data)
    file.seek(0)
    return file


def kill_marked(*marks: str) -> int:
    """Kill all processes of some runs, wherever they went; gives how many.

    Blocks while it looks at the environments of this user's processes.
    """
    killed = 0
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) in marks:
                process.kill()
                killed += 1
        except (psutil.Error, OSError):
            continue
    return killed


async def _end(
    process: asyncio.subprocess.Process, mark: str, *, is_whole: bool
) -> None:
    """See that nothing is left: asked first, killed then, reaped in any case."""
    if not is_whole and process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await process.wait()
    _signal_group(process.pid, signal.SIGKILL)
    await process.wait()
    if not is_whole:
        await asyncio.to_thread(kill_marked, mark)


def _signal_group(group: int, number: int) -> None:
    # The group's number stays taken as long as any process is in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


async def _pump(reading: int, sink: Sink) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_CHUNK)
    pipe = os.fdopen(reading, "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        while data := await reader.read(_CHUNK):
            await sink(data)
    finally:
        transport.close()
