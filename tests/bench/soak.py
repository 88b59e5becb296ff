"""A soak: sessions come and go and events pass by the thousand; nothing may grow.

What a round needs once stays: so the first rounds are left out, and the rest are
compared, the later half with the earlier.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from agentdeck.core.events import Event
from tests.bench.app import open_app
from tests.bench.host_client import HostClient
from tests.bench.measure import Row, pss_bytes
from tests.integration.deck import Deck

ROUNDS = int(os.environ.get("BENCH_SOAK_ROUNDS", "14"))
"""With 14 it takes some minutes; with more it is a soak for a night."""
WARM_ROUNDS = 4
SESSIONS = 10
RENAMES = 300
"""Events of a round that a person causes; the sessions cause more."""


def rows(deck: Deck) -> list[Row]:
    """Start, rename, stop and discard sessions with the app open; see what stays."""
    client = HostClient(deck)
    client.call("pool.set", limit=SESSIONS + 1)
    events = [0]

    def count(_: Event) -> None:
        events[0] += 1

    client.on_event = count
    client.start("stays", "sleep", "100000")
    client.until_running(1)
    app = open_app(deck, shows="stays")
    pids = {"host": int(client.call("host.status")["pid"]), "app": app.pid}
    memory: dict[str, list[int]] = {name: [] for name in pids}
    handles: dict[str, list[int]] = {name: [] for name in pids}
    for _ in range(ROUNDS):
        _round(client)
        app.until_still()
        for name, pid in pids.items():
            memory[name].append(pss_bytes(pid))
            handles[name].append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
    app.kill()
    client.close()
    after = f"{events[0]} events"
    found = []
    for name in pids:
        grown = _growth(memory[name]) / 1e6
        label = f"soak: memory that the {name} grows a round, MB"
        last = f"{memory[name][-1] / 1e6:.1f} MB"
        found.append(Row(label, last, after, grown, 0.1))
        label = f"soak: handles that the {name} grows a round"
        last = f"{handles[name][-1]} open"
        found.append(Row(label, last, after, _growth(handles[name]), 0.0))
    return found


def _round(client: HostClient) -> None:
    ids = [
        client.start(f"soak-{number}", "sh", "-c", "echo here; exec sleep 100000")
        for number in range(SESSIONS)
    ]
    client.until_running(SESSIONS + 1)
    for number in range(RENAMES):
        session_id = ids[number % SESSIONS]
        client.call("session.rename", id=session_id, title=f"title {number}")
    client.call("session.stop", ids=ids, force=True)
    client.until(
        lambda all_: sum(s["phase"] == "ended" for s in all_.values()) == SESSIONS
    )
    done = client.call("session.discard", ids=ids)["results"]
    assert all(each["ok"] for each in done), done
    client.until(lambda all_: len(all_) == 1)
    client.call("trash.prune", older_than_days=0)
    time.sleep(0.5)


def _growth(values: Sequence[int]) -> float:
    """By how much a value grows from round to round once all is warm."""
    warm = values[WARM_ROUNDS:]
    half = len(warm) // 2
    later = statistics.median(warm[half:])
    return (later - statistics.median(warm[:half])) / max(1, half)
