"""Starting the host on demand, by whichever client needs it first."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError

START_TIMEOUT_S = 20.0
POLL_S = 0.02
"""How often a starting host is tried; only while one starts."""
AGAIN_S = 0.2
"""How soon another host is started where one that ends still holds the lock."""


async def start_host(paths: Paths, answers: Callable[[], Awaitable[bool]]) -> None:
    """Start a host in a session of its own and wait until it answers.

    Two clients may do this at once: the host that comes second sees the lock and
    ends, and both clients find the first. A host that is still about to end holds the
    lock too, so another is started until one answers.

    Raises:
        AgentDeckError: If it ends or does not answer in time, with its own words.
    """
    paths.prepare()
    process = await asyncio.to_thread(_spawn, paths)
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await answers():
                status = process.poll()
                if status not in (None, 0):
                    raise AgentDeckError(_last_words(process, status))
                if status == 0:
                    await asyncio.sleep(AGAIN_S)
                    _close(process)
                    process = await asyncio.to_thread(_spawn, paths)
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        raise AgentDeckError(
            f"AgentDeck's host did not answer within {START_TIMEOUT_S:.0f} s. "
            f"Its log is {paths.log_file}."
        ) from error
    finally:
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stderr is not None:
        process.stderr.close()
    # The host outlives this process; Popen must not complain that it runs on.
    process.returncode = process.returncode or 0


def _spawn(paths: Paths) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "agentdeck.host"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=paths.state,
        env={**os.environ, "PYTHONUTF8": "1"},
        start_new_session=True,
    )


def _last_words(process: subprocess.Popen[bytes], status: int | None) -> str:
    said = process.stderr.read() if process.stderr is not None else b""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"AgentDeck's host ended at once (status {status})."
