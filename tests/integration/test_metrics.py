"""The measured gain of a real host, computed again by hand from its events alone."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agentdeck.config.paths import Paths
from agentdeck.core.errors import ExitStatus
from agentdeck.rpc.client import connected
from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import DEADLINE_S, Deck

pytestmark = pytest.mark.integration

SCRIPT = "\n".join(
    [
        "/think 1",
        "/question Which? | A | B",
        "/think 1",
        "/edit new.txt hi",
        "/commit done",
        "/idle",
    ]
)


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    made = Deck(tmp_path)
    yield made
    made.close()


def attend(deck: Deck, *steps: tuple[str | None, float]) -> None:
    """Tell the host of a person's attention, with pauses, as the app does."""

    async def tell() -> None:
        paths = Paths(deck.home / "state", deck.home / "config", deck.home / "run")
        async with connected(paths, start=False) as client:
            for session_id, pause_s in steps:
                said = {"id": session_id, "how": "reviewing"} if session_id else {}
                await client.call("gain.attend", client="test", **said)
                await asyncio.sleep(pause_s)

    asyncio.run(tell())


def events(deck: Deck, *more: str) -> list[dict[str, Any]]:
    lines = deck.run("events", *more, "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def at_of(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["at"]).timestamp()


class ByHand:
    """Own small arithmetic over the events of one session: a step at a time."""

    def __init__(self, told: list[dict[str, Any]], session_id: str, end: float) -> None:
        self.working = self.waiting = self.supervised = self.alone = 0.0
        self.rework = self.answered = self.in_time = 0
        state: dict[str, Any] = {}
        attended_until = 0.0
        asked_at = before = at_of(told[0])
        for event in [*told, None]:
            at = end if event is None else at_of(event)
            self._add(state, before, at, attended_until)
            before = at
            if event is None:
                break
            if event["kind"] == "attended":
                attended_until = at + 60 if event["session_id"] == session_id else at
            new = event["data"].get("session")
            if not isinstance(new, dict) or new["id"] != session_id:
                continue
            was, now = state.get("activity"), new["activity"]
            asks, asked = now == "needs-input", was == "needs-input"
            if asks and not asked:
                asked_at = at
            if asked and not asks and new["phase"] == "running":
                self.answered += 1
                self.in_time += at - asked_at <= 60
            if (was, now) == ("idle", "working") and new["why"]["source"] == "answer":
                self.rework += 1
            state = new

    def _add(self, state: dict[str, Any], a: float, b: float, until: float) -> None:
        attended = max(0.0, min(b, until) - a)
        self.supervised += attended
        if state.get("activity") == "working":
            self.working += b - a
            self.alone += b - a - attended
        if state.get("activity") == "needs-input":
            self.waiting += b - a


def test_the_figures_follow_from_the_events(deck: Deck) -> None:
    deck.run("run", "--agent", "scripted", "--name", "one", SCRIPT)
    deck.shell("two", "sleep 600")
    asking = deck.until(lambda s: s["one"]["activity"] == "needs-input")
    one = asking["one"]["id"]
    attend(deck, (one, 0.4), (asking["two"]["id"], 0.3), (one, 0.5))
    deck.run("answer", "one", "1")
    deck.until(lambda s: s["one"]["activity"] == "idle")
    attend(deck, (None, 0))
    deck.run("send", "one", "/think 1")
    deck.until(lambda s: s["one"]["activity"] == "working")
    deck.until(lambda s: s["one"]["activity"] == "idle")
    deck.run("stop", "--all", "--yes")
    deck.until(lambda s: all(x["phase"] == "ended" for x in s.values()))
    deck.run("merge", "one")
    deck.run("discard", "two", "--yes")

    told = json.loads(deck.run("metrics", "--since", "1h", "--json").stdout)
    total, every = told["total"], events(deck)
    end = datetime.fromisoformat(told["until"]).timestamp()
    hand = {s["name"]: ByHand(every, s["id"], end) for s in told["sessions"]}
    shown = {s["name"]: s for s in told["sessions"]}
    for name, by_hand in hand.items():
        pairs = {
            "working_s": by_hand.working,
            "autonomous_s": by_hand.alone,
            "supervised_s": by_hand.supervised,
            "waiting_s": by_hand.waiting,
        }
        for figure, value in pairs.items():
            assert shown[name][figure] == pytest.approx(value, abs=0.002), figure
        counted = (shown[name]["rework"], shown[name]["needs"], shown[name]["in_time"])
        assert counted == (by_hand.rework, by_hand.answered, by_hand.in_time)
    assert hand["one"].rework == 1
    assert hand["one"].answered == 1
    assert 0.9 < hand["one"].supervised < DEADLINE_S
    assert hand["one"].working > 2
    assert hand["two"].supervised >= 0.3
    counts = (total["sessions"], total["merges"], total["discards"])
    assert counts == (2, 1, 1)
    assert total["supervised_s"] == pytest.approx(
        sum(each.supervised for each in hand.values()), abs=0.004
    )
    by_day = told["rows"]
    assert sum(row["working_s"] for row in by_day) == pytest.approx(total["working_s"])

    # The reduced events, which are kept for longer, say the same.
    reduced = events(deck, "--gain")
    assert len(reduced) < len(every)
    assert {e["kind"] for e in reduced} <= {e["kind"] for e in every}
    filtered = deck.run("metrics", "--filter", "name:two", "--json").stdout
    assert json.loads(filtered)["total"]["discards"] == 1


def test_the_app_tells_of_a_person_at_work(deck: Deck) -> None:
    deck.shell("one", "sleep 300")
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("one", "type", "×36")
        app.type("\r")
        app.until_shown("typing into one")
        app.type("x")
        app.until(lambda: attended(deck))
        app.type("\x1d")
        app.until_gone("typing into one")
        app.type("q")
        assert app.wait() == 0
    told = attended(deck)
    one = deck.sessions()["one"]["id"]
    assert [told[0]["session_id"], told[-1]["session_id"]] == [one, None]
    assert told[0]["data"]["how"] == "typing"
    (row,) = json.loads(deck.run("metrics", "--json").stdout)["sessions"]
    assert 0 < row["supervised_s"] < DEADLINE_S


def attended(deck: Deck) -> list[dict[str, Any]]:
    return [event for event in events(deck) if event["kind"] == "attended"]


def test_groups_csv_and_wrong_words(deck: Deck) -> None:
    deck.run("run", "--agent", "scripted", "--name", "one", "/think 1\n/exit")
    deck.until(lambda s: s["one"]["phase"] == "ended")
    by_agent = json.loads(deck.run("metrics", "--by", "agent", "--json").stdout)
    assert [row["key"] for row in by_agent["rows"]] == ["scripted"]
    text = deck.run("metrics", "--by", "repository", "--csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["repository"] == str(deck.repo.resolve())
    assert float(row["working_s"]) > 0
    assert "autonomous" in deck.run("metrics").stdout
    assert "supervised" in deck.run("metrics", "--define").stdout
    for words in (
        ("--since", "soon"),
        ("--by", "moon"),
        ("--json", "--csv"),
        ("--filter", "s:odd"),
    ):
        deck.run("metrics", *words, status=ExitStatus.USAGE)


def test_the_figures_outlive_the_host(deck: Deck) -> None:
    """A host that was killed in the middle takes nothing away and makes nothing up."""
    deck.run("run", "--agent", "scripted", "--name", "one", "/think 2\n/idle")
    deck.until(lambda s: s["one"]["activity"] == "working")
    before = json.loads(deck.run("metrics", "--json").stdout)["total"]
    kill(deck.host_pid())
    deck.until(lambda s: s["one"]["activity"] == "idle")
    after = json.loads(deck.run("metrics", "--json").stdout)["total"]
    assert after["working_s"] >= before["working_s"]
    assert after["sessions"] == 1
    by_hand = ByHand(
        events(deck), deck.sessions()["one"]["id"], at_of(events(deck)[-1])
    )
    assert after["working_s"] == pytest.approx(by_hand.working, abs=0.01)


def kill(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGKILL)
    wait(lambda: not Path(f"/proc/{pid}").exists() or is_zombie(pid))


def is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
