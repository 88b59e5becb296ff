"""The process that reads one recording as text, for the host, and ends with it.

Speaks the runner's protocol: to each `extend` it answers, after a slice of work, how
far the text goes, in which file, and whether that is all there is (`end`).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentdeck.runner.clients import Client, Clients
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.protocol import PROTOCOL
from agentdeck.runner.text_log import TextLog

SLICE_S = 0.25
CONNECTED_WITHIN_S = 20.0
NICENESS = 10
"""Agents, their screens and replays come first."""


class TextProcess:
    """Serves one client."""

    def __init__(self, directory: Path) -> None:
        self._log = TextLog(directory)
        self._selector = selectors.DefaultSelector()
        self.clients = Clients(self._selector, self._answer, lambda _: None)
        self._client: Client | None = None

    def run(self) -> None:
        """Serve until the client goes."""
        latest = time.monotonic() + CONNECTED_WITHIN_S
        try:
            while True:
                if self._client is None and time.monotonic() > latest:
                    return
                if self._client is not None and self._client.is_gone:
                    return
                for key, events in self._selector.select(1.0):
                    key.data(events)
        finally:
            self.clients.close()
            self._log.close()
            self._selector.close()

    def _answer(self, client: Client, message: dict[str, Any]) -> None:
        if message.get("t") == "hello":
            self._client = client
            self.clients.send(client, {"t": "hello", "v": PROTOCOL, "pid": os.getpid()})
        elif message.get("t") == "extend" and client is self._client:
            self.clients.send(client, {**self._extended(), "id": message.get("id")})

    def _extended(self) -> dict[str, Any]:
        log = self._log
        try:
            is_end = log.extend(time.monotonic() + SLICE_S)
        except RunnerError as error:
            return {"t": "error", "message": str(error)}
        except OSError as error:
            return {"t": "error", "message": f"The log cannot be kept: {error}."}
        return {
            "t": "extended",
            "end": is_end,
            "still": log.is_still,
            "bytes": log.size,
            "file": str(log.file),
        }


def run(directory: Path, socket_path: Path, ready: Callable[[], None]) -> int:
    """Read a session's recording as text for the client that comes to the socket.

    `ready` is called once the socket answers.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    process = TextProcess(directory)
    process.clients.listen(socket_path)
    ready()
    process.run()
    return 0
