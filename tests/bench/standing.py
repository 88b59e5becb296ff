"""What it costs to stand there: processor time, memory and bytes, watched or not."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench import agents
from tests.bench.app import open_app, process_of
from tests.bench.host_client import HostClient
from tests.bench.measure import Row, cpu_s, pss_bytes
from tests.bench.terminals import Terminal
from tests.integration.deck import Deck

IDLE_SESSIONS = 50
IDLE_S = 60.0
MEMORY_SESSIONS = 20
HIDDEN = (5, 100)
HIDDEN_S = 8.0
ROUNDS = 5
WORKING = 30
QUIET_S = 60.0
PANES = 9
PANES_S = 10.0
ASLEEP = ("sleep", "100000")


@contextlib.contextmanager
def _tmux(folder: Path, panes: int) -> Iterator[tuple[psutil.Process, Terminal]]:
    """A tmux server with panes in which nothing goes on, and a client attached."""
    base = ["tmux", "-f", os.devnull, "-S", str(folder / "tmux")]
    environ = {**os.environ, "TERM": "xterm-256color"}
    terminal = Terminal([*base, "new", *ASLEEP], environ)
    try:
        time.sleep(1)
        for _ in range(panes - 1):
            subprocess.run([*base, "new-window", "-d", *ASLEEP], check=True)
        pid = subprocess.run(
            [*base, "display", "-p", "#{pid}"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        yield psutil.Process(int(pid)), terminal
    finally:
        subprocess.run([*base, "kill-server"], check=True)
        terminal.wait()


def idle(deck: Deck) -> list[Row]:
    """TUI, host and idle runners, against tmux with as many panes."""
    client = _asleep(deck, IDLE_SESSIONS)
    app = open_app(deck, shows="asleep-")
    time.sleep(8)
    ours = _used(deck.processes(), IDLE_S)
    app.kill()
    client.close()
    theirs = "-"
    if shutil.which("tmux"):
        with _tmux(deck.repo.parent, IDLE_SESSIONS) as (server, terminal):
            time.sleep(2)
            used = _used([server, process_of(terminal)], IDLE_S)
            theirs = f"{100 * used / IDLE_S:.2f} %"
    percent = 100 * ours / IDLE_S
    label = f"idle: app, host, {IDLE_SESSIONS} runners, % of a core"
    return [Row(label, f"{percent:.2f} %", theirs, percent, 1.0)]


def _asleep(deck: Deck, count: int) -> HostClient:
    client = HostClient(deck)
    client.call("pool.set", limit=200)
    for number in range(count):
        client.start(f"asleep-{number:03d}", *ASLEEP)
    client.until_running(count)
    return client


def _used(processes: list[psutil.Process], seconds: float) -> float:
    before = cpu_s(processes)
    time.sleep(seconds)
    return cpu_s(processes) - before


def memory(deck: Deck) -> list[Row]:
    """One more idle session, in all processes but its agent, against a tmux pane."""
    client = _asleep(deck, 5)
    app = open_app(deck, shows="asleep-")
    time.sleep(3)
    before = _pss(deck)
    for number in range(MEMORY_SESSIONS):
        client.start(f"more-{number:03d}", *ASLEEP)
    client.until_running(5 + MEMORY_SESSIONS)
    time.sleep(3)
    each = (_pss(deck) - before) / MEMORY_SESSIONS / 1e6
    app.kill()
    client.close()
    theirs = "-"
    if shutil.which("tmux"):
        folder = deck.repo.parent
        with _tmux(folder, 5) as (server, _):
            few = pss_bytes(server.pid)
        with _tmux(folder, 5 + MEMORY_SESSIONS) as (server, _):
            more = pss_bytes(server.pid)
        theirs = f"{(more - few) / MEMORY_SESSIONS / 1e6:.2f} MB"
    label = "memory of one more idle session, PSS in MB"
    return [Row(label, f"{each:.2f} MB", theirs, each, 8.0)]


def _pss(deck: Deck) -> int:
    processes = [p for p in deck.processes() if p.name() != ASLEEP[0]]
    return sum(pss_bytes(process.pid) for process in processes)


class _Writer:
    """Appends a line to each of some files, again and again."""

    def __init__(self, files: list[Path], every_s: float) -> None:
        self._files = files
        self._every_s = every_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        number = 0
        while not self._is_over.wait(self._every_s):
            number += 1
            for file in self._files:
                with file.open("a") as lines:
                    lines.write(f"step {number}: a line of a log\n")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()


def _streaming(deck: Deck, count: int) -> tuple[HostClient, list[Path]]:
    """Sessions that print what is appended to their files."""
    client = HostClient(deck)
    client.call("pool.set", limit=200)
    files = [deck.repo.parent / f"stream-{number}" for number in range(count)]
    for number, file in enumerate(files):
        file.touch()
        client.start(f"stream-{number:03d}", "tail", "-f", str(file))
    client.until_running(count)
    return client, files


def hidden(deck: Deck) -> list[Row]:
    """The app's processor time with many hidden sessions streaming, against few."""
    few, many = HIDDEN
    client, files = _streaming(deck, many)
    client.start("shown", *ASLEEP)
    client.until_running(many + 1)
    app = open_app(deck, "attach", "shown")
    time.sleep(3)
    used: dict[int, list[float]] = {few: [], many: []}
    for _ in range(ROUNDS):
        for count, seconds in used.items():
            with _Writer(files[:count], 0.2):
                time.sleep(1)
                seconds.append(_used([process_of(app)], HIDDEN_S))
    app.kill()
    client.close()
    ours, base = (statistics.median(used[n]) / HIDDEN_S * 100 for n in (many, few))
    label = f"app's processor time, {many} hidden streaming against {few}"
    return [Row(label, f"{ours:.1f} %", f"{base:.1f} %", ours / max(base, 0.1), 1.2)]


def quiet(deck: Deck) -> list[Row]:
    """What the app sends in a minute while agents work and nobody touches a key."""
    client, files = _streaming(deck, WORKING)
    app = open_app(deck, shows="stream-")
    with _Writer(files, 1.0):
        time.sleep(5)
        before = app.bytes_read
        time.sleep(QUIET_S)
        sent = (app.bytes_read - before) * 60 / QUIET_S
    app.kill()
    client.close()
    label = f"bytes a minute, {WORKING} agents work, no key, kB"
    return [Row(label, f"{sent / 1000:.0f} kB", "100 kB/s link", sent / 1000, 600.0)]


def nine(deck: Deck) -> list[Row]:
    """Nine panes, each drawn anew thirty times a second: the app's share of a core."""
    client = HostClient(deck)
    client.call("pool.set", limit=PANES)
    for number in range(PANES):
        client.start(f"draws-{number}", sys.executable, agents.__file__, "redraw")
    client.until_running(PANES)
    app = open_app(deck, cols=200, rows=60, shows="draws-")
    time.sleep(1)
    app.type(b"a")
    time.sleep(0.3)
    app.type(b"w")
    time.sleep(4)
    shares = [_used([process_of(app)], PANES_S) / PANES_S for _ in range(ROUNDS)]
    all_of_it = _used(deck.processes(), PANES_S) / PANES_S
    app.kill()
    client.close()
    share = 100 * statistics.median(shares)
    label = f"{PANES} panes at {agents.FRAMES_A_SECOND}/s, app in % of a core"
    return [Row(label, f"{share:.0f} %", f"all {100 * all_of_it:.0f} %", share, 50.0)]
