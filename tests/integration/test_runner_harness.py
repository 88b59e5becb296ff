"""What the runner's tests stand on: real runners, and a check that nothing stays."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentdeck.runner.protocol import Decoder, encode

DEADLINE_S = 15.0


def wait_until(
    claim: Callable[[], Any], what: str, within_s: float = DEADLINE_S
) -> Any:
    """Poll until the claim holds; return what it gave."""
    deadline = time.monotonic() + within_s
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"did not happen within {within_s} s: {what}")
        select.select([], [], [], 0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Connection:
    """A blocking client of a runner or a zygote."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self._decoder = Decoder()
        self.received: list[dict[str, Any]] = []

    def send(self, **message: Any) -> None:
        self.socket.sendall(encode(message))

    def receive(self, within_s: float = DEADLINE_S) -> dict[str, Any] | None:
        """Return the next message; None at the end or when the time is over."""
        deadline = time.monotonic() + within_s
        while not self.received:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            data = self.socket.recv(65536)
            if not data:
                return None
            self.received += self._decoder.feed(data)
        return self.received.pop(0)

    def expect(
        self,
        claim: Callable[[dict[str, Any]], Any],
        what: str,
        within_s: float = DEADLINE_S,
    ) -> dict[str, Any]:
        """Return the first message for which the claim holds; pass over others."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                break
            if claim(message):
                return message
        pytest.fail(f"no such message came: {what}")

    def signal(self, kind: str, within_s: float = DEADLINE_S) -> dict[str, Any]:
        return self.expect(lambda m: m.get("kind") == kind, kind, within_s)

    def close(self) -> None:
        self.socket.close()


class Started:
    """One runner that was asked for."""

    def __init__(self, directory: Path, socket_path: Path, pid: int) -> None:
        self.directory = directory
        self.socket_path = socket_path
        self.pid = pid
        self._connections: list[Connection] = []

    def connect(self) -> Connection:
        connection = Connection(self.socket_path)
        self._connections.append(connection)
        return connection

    def hang_up(self) -> None:
        for connection in self._connections:
            connection.close()

    @property
    def agent_pid(self) -> int:
        return int(
            json.loads((self.directory / "runner.json").read_text())["agent_pid"]
        )

    def exit(self, within_s: float = DEADLINE_S) -> dict[str, Any]:
        """Wait for the end; return what `exit.json` says."""
        path = self.directory / "exit.json"
        wait_until(path.exists, "exit.json", within_s)
        wait_until(lambda: not is_alive(self.pid), "the end of the runner", within_s)
        assert not self.socket_path.exists()
        content: dict[str, Any] = json.loads(path.read_text())
        return content


class Harness:
    """A zygote in a folder of its own, and the runners that it forked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.zygote_socket = folder / "z"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "agentdeck.runner.zygote"),
                *("--socket", str(self.zygote_socket)),
            ],
            stdin=subprocess.PIPE,
        )
        self.started: list[Started] = []
        self._numbers = itertools.count()
        wait_until(self._answers, "the zygote's socket")

    def prepare(self, argv: list[str], **launch: Any) -> tuple[Path, Path]:
        """Write a launch file; return the session's folder and its socket."""
        number = next(self._numbers)
        directory = self.folder / f"s{number}"
        directory.mkdir(mode=0o700)
        launch = {
            "version": 1,
            "argv": argv,
            "cwd": str(directory),
            "env": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            "cols": 80,
            "rows": 24,
            "recording_cap_bytes": 64 * 1024 * 1024,
            "stdin_text": None,
            **launch,
        }
        (directory / "launch.json").write_text(json.dumps(launch))
        return directory, self.folder / f"r{number}"

    def spawn(self, argv: list[str], **launch: Any) -> Started:
        directory, socket_path = self.prepare(argv, **launch)
        connection = Connection(self.zygote_socket)
        connection.send(t="spawn", dir=str(directory), socket=str(socket_path), id=1)
        reply = connection.receive()
        connection.close()
        assert reply is not None
        assert (reply["t"], reply["id"]) == ("spawned", 1)
        started = Started(directory, socket_path, reply["pid"])
        self.started.append(started)
        return started

    def python(self, code: str, **launch: Any) -> Started:
        return self.spawn([sys.executable, "-c", code], **launch)

    def stop_runners(self) -> None:
        """End all runners that are left and check that none crashed."""
        for started in self.started:
            started.hang_up()
            if is_alive(started.pid):
                with_agent = started.directory / "runner.json"
                if with_agent.exists() and started.socket_path.exists():
                    connection = started.connect()
                    connection.send(t="stop", force=True)
                    connection.close()
        wait_until(
            lambda: not any(is_alive(started.pid) for started in self.started),
            "the end of the runners",
        )
        assert not any((s.directory / "runner.log").exists() for s in self.started)
        self.started.clear()

    def close(self) -> None:
        self.stop_runners()
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self.process.poll() is None:
            self.process.wait(DEADLINE_S)

    def kill_zygote(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE_S)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the zygote ended"
        try:
            Connection(self.zygote_socket).close()
        except OSError:
            return False
        return True


@contextmanager
def harness() -> Iterator[Harness]:
    """A harness in a short-named folder, as socket paths have a limit."""
    folder = Path(tempfile.mkdtemp(prefix="adr-"))
    try:
        running = Harness(folder)
        try:
            yield running
        finally:
            running.close()
    finally:
        shutil.rmtree(folder)
