"""How long after the host's death a client has the right list again."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from typing import Any

from tests.bench.host_client import HostClient
from tests.bench.measure import Row, in_ms
from tests.integration.deck import Deck

RUNNERS = 50
ROUNDS = 5


def rows(deck: Deck) -> list[Row]:
    """Kill the host, and start the next by a client's connection."""
    client = HostClient(deck)
    client.call("pool.set", limit=RUNNERS)
    for number in range(RUNNERS):
        client.start(f"r{number}", "sh", "-c", "printf ready; exec sleep 100000")
    client.until_running(RUNNERS)
    time.sleep(2)
    before = client.sessions()
    seconds: list[float] = []
    hosts: list[subprocess.Popen[bytes]] = []
    for _ in range(ROUNDS):
        pid = client.call("host.status")["pid"]
        client.close()
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        hosts.append(_start_host(deck))
        client = HostClient(deck, start=False)
        client.until(lambda now: _same(before, now))
        seconds.append(time.monotonic() - began)
    client.call("host.stop")
    client.close()
    for host in hosts:
        host.wait(30)
    value = statistics.median(seconds)
    label = f"host killed, {RUNNERS} runners: to the right list, s"
    return [Row(label, in_ms(value), "clock", value, 1.0)]


def _start_host(deck: Deck) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "agentdeck.host"],
        cwd=deck.home,
        env=deck.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _same(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether the list says of each session what it said before."""
    return {n: (s["phase"], s["activity"]) for n, s in before.items()} == {
        n: (s["phase"], s["activity"]) for n, s in now.items()
    }
