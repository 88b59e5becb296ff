"""The warm parent: imports everything once and forks a runner for each request.

For a `replay` in place of a `spawn` it forks one that plays a recording, for a
`read` one that reads it as text.

`python -m agentdeck.runner.zygote --socket PATH`. It ends when its standard
input is closed; the runners that it forked live on.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from agentdeck.runner import process, replay, text_process
from agentdeck.runner.clients import Client, Clients
from agentdeck.runner.keys import InputEncoder
from agentdeck.runner.processes import reap
from agentdeck.runner.screen import Screen


class Zygote:
    """Serves spawn requests on one socket."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path
        self._selector = selectors.DefaultSelector()
        self._clients = Clients(self._selector, self._answer, lambda _: None)
        self._is_over = False
        self._wakeup: tuple[socket.socket, socket.socket] | None = None

    def serve(self) -> None:
        """Serve until standard input is closed or SIGTERM comes."""
        self._watch_signals()
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._input)
        _warm_up()
        self._clients.listen(self._socket_path)
        gc.collect()
        gc.freeze()
        while not self._is_over:
            for key, events in self._selector.select():
                key.data(events)
        self._clients.close()

    def _watch_signals(self) -> None:
        receiver, sender = self._wakeup = socket.socketpair()
        receiver.setblocking(False)
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: None)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

        def woken(_events: int) -> None:
            with contextlib.suppress(BlockingIOError):
                if signal.SIGTERM in receiver.recv(4096):
                    self._is_over = True
            reap()

        self._selector.register(receiver, selectors.EVENT_READ, woken)

    def _input(self, _events: int) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            self._is_over = True

    def _answer(self, client: Client, message: dict[str, Any]) -> None:
        work = _WORK.get(str(message.get("t")))
        if work is None or not {"dir", "socket"} <= message.keys():
            text = "A request must be a spawn, replay or read with dir and socket."
            self._reply(client, message, {"t": "error", "message": text})
            return
        directory = Path(str(message["dir"]))
        socket_path = Path(str(message["socket"]))
        if not (directory.is_dir() and socket_path.parent.is_dir()):
            text = f"{directory} or {socket_path.parent} is not a folder."
            self._reply(client, message, {"t": "error", "message": text})
            return
        try:
            self._spawn(
                client, message, lambda ready: work(directory, socket_path, ready)
            )
        except OSError as error:
            text = f"No process could be started: {error.strerror}."
            self._reply(client, message, {"t": "error", "message": text})

    def _spawn(
        self,
        client: Client,
        message: dict[str, Any],
        work: Callable[[Callable[[], None]], int],
    ) -> None:
        ready_out, ready_in = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(ready_out)
            os.close(ready_in)
            raise
        if pid == 0:
            self._become_runner(Path(str(message["dir"])), work, ready_in)
        os.close(ready_in)

        def told(_events: int) -> None:
            self._selector.unregister(ready_out)
            os.close(ready_out)
            self._reply(client, message, {"t": "spawned", "pid": pid})

        self._selector.register(ready_out, selectors.EVENT_READ, told)

    def _reply(
        self, client: Client, message: dict[str, Any], reply: dict[str, Any]
    ) -> None:
        if "id" in message:
            reply["id"] = message["id"]
        self._clients.send(client, reply)

    def _become_runner(
        self,
        directory: Path,
        work: Callable[[Callable[[], None]], int],
        ready_in: int,
    ) -> NoReturn:
        """Turn this freshly forked process into a runner; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            os.setsid()
            ready_in = _keep_only(ready_in)
            status = work(lambda: os.close(ready_in))
        except Exception:  # noqa: BLE001 - the outermost frame of a process
            _log_crash(directory)
        finally:
            os._exit(status)


_WORK: dict[str, Callable[[Path, Path, Callable[[], None]], int]] = {
    "spawn": process.run,
    "replay": replay.run,
    "read": text_process.run,
}


def _warm_up() -> None:
    """Use the engine once, as it works out its C types at their first use."""
    screen = Screen(80, 24)
    encoder = InputEncoder(screen)
    screen.feed(
        "\x1b[31mred\x1b[44m\x1b[K\x1b[m 日本 e\u0301\x1b[?1000h\x1b[c".encode()
    )
    screen.refresh()
    screen.last_lines(1)
    encoder.key("ctrl+c")
    encoder.paste("text")
    encoder.mouse({"action": "press", "button": "left"})


def _keep_only(ready_in: int) -> int:
    """Close all that was inherited but one pipe, which moves to 3."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    if ready_in != 3:
        os.dup2(ready_in, 3, inheritable=False)
    os.closerange(4, 4096)
    return 3


def _log_crash(directory: Path) -> None:
    with contextlib.suppress(OSError):
        (directory / "runner.log").write_text(traceback.format_exc(), encoding="utf-8")


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m agentdeck.runner.zygote")
    parser.add_argument("--socket", type=Path, required=True)
    Zygote(parser.parse_args().socket).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
