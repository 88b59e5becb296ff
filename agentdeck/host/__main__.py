"""`python -m agentdeck.host`: the background process, started by the first client."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from agentdeck.config.paths import Paths, paths_from_environment
from agentdeck.config.settings import Settings, read_settings
from agentdeck.core.errors import AgentDeckError
from agentdeck.host.application import Host
from agentdeck.host.server import Server
from agentdeck.host.store import Store

LOG_BYTES = 2 * 1024 * 1024
OPEN_FILES = 65_536
"""Each session costs the host a socket, each open screen two."""


def main() -> int:
    """Be the host, unless there is one already."""
    try:
        paths = paths_from_environment()
        paths.prepare()
        with _only_host(paths.host_lock) as is_ours:
            if not is_ours:
                return 0
            settings = read_settings(paths.settings_file)
            _log_to(paths.log_file)
            _let_go_of_terminal()
            asyncio.run(_run(paths, settings))
            paths.tidy()
    except AgentDeckError as error:
        sys.stderr.write(f"{error.message}\n")
        return int(error.status)
    return 0


@contextlib.contextmanager
def _only_host(lock_file: Path) -> Iterator[bool]:
    """Hold the lock for life; says whether it was free."""
    with lock_file.open("a") as lock:
        lock_file.chmod(0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _log_to(file: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(
        file, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8"
    )
    line = "%(asctime)s %(levelname)s %(name)s %(message)s"
    handler.setFormatter(logging.Formatter(line))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("websockets").setLevel(logging.WARNING)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    file.chmod(0o600)


def _let_go_of_terminal() -> None:
    """Outlive the terminal: no hang-up ends the host, and no pipe is kept open."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = OPEN_FILES if hard < 0 else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _run(paths: Paths, settings: Settings) -> None:
    store = Store(paths.database)
    loaded = await store.open()
    host = Host(paths, settings, store, loaded)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, host.stopping.set)
    _close_stderr()
    await host.run(Server(host))


def _close_stderr() -> None:
    """Let the client that started this host see that it is up."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


if __name__ == "__main__":
    raise SystemExit(main())
