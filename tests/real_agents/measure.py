"""How right and how fast a status is: `python -m tests.real_agents.measure claude 50`.

Plays so many turns with one real CLI against the scripted model and compares every
status that a client was told with the one that the script asks for. Also times a hook
and a screen rule from their cause to a client's row, 50 each, with no CLI between.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.config.paths import paths_from_environment
from agentdeck.core.events import Event
from agentdeck.rpc.client import HostClient, connected
from tests.fakes.model.server import model_server
from tests.integration.deck import Deck
from tests.real_agents.conftest import RealAgent

TURN_S = 60.0
ROUNDS = 50
OPTIONS = {"gemini": ("--model", "gemini-2.5-pro")}
"""Without a model Gemini asks one which to use, and the scripted one has no answer."""


@dataclass
class Seen:
    """What a client was told of one session, in order."""

    session_id: str
    states: list[tuple[str, float]] = field(default_factory=list)
    now: dict[str, Any] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Event) -> None:
        session = event.data.get("session")
        if event.session_id != self.session_id or not isinstance(session, dict):
            return
        self.now = session
        state = str(session["activity"] or session["phase"])
        if session["needs"]:
            state = f"needs {session['needs_since']}"
        if not self.states or self.states[-1][0] != state:
            self.states.append((state, time.time()))
        self.changed.set()

    async def until(self, *wanted: str) -> None:
        try:
            async with asyncio.timeout(TURN_S):
                while not (self.states and self.states[-1][0].startswith(wanted)):
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            print(f"never {wanted} after {self.words(-6)}: {self.now.get('why')}")
            raise

    async def until_more(self, than: int) -> None:
        """Wait for the first state after so many: an answer may overtake the news."""
        try:
            async with asyncio.timeout(TURN_S):
                while len(self.states) <= than:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            print(f"no state after {self.words(-6)}: {self.now}")
            raise

    def words(self, since: int) -> list[str]:
        return [state.split(" ")[0] for state, _ in self.states[since:]]


async def play(
    client: HostClient, seen: Seen, turns: int
) -> list[tuple[str, list[str]]]:
    """Play turns; gives those whose statuses were other than the script's."""
    wrong: list[tuple[str, list[str]]] = []
    dice = random.Random(1)
    for number in range(turns):
        kind = dice.choice(["say", "run", "run", "deny", "two"])
        steps = {
            "say": "do say fine",
            "run": f"do sudo touch r{number}",
            "deny": f"do sudo touch d{number}",
            "two": f"do sudo touch a{number} ;; do sudo touch b{number}",
        }[kind]
        asks = {"say": 0, "run": 1, "deny": 1, "two": 2}[kind]
        start = len(seen.states)
        await client.call("session.send", ids=[seen.session_id], text=steps)
        await seen.until_more(start)
        for _ in range(asks):
            await seen.until("needs")
            await answer(client, seen, "deny" if kind == "deny" else "approve")
            await seen.until("working", "idle")
        await seen.until("idle")
        await asyncio.sleep(0.6)
        expected = ["working", *["needs", "working"] * asks, "idle"]
        got = seen.words(start)
        if got != expected:
            wrong.append((kind, got))
    return wrong


async def answer(client: HostClient, seen: Seen, action: str) -> None:
    """Press yes or no; once more where it came before the whole question did."""
    async with asyncio.timeout(TURN_S):
        while True:
            since = {seen.session_id: seen.now["needs_since"]}
            answer = await client.call(
                "session.answer", ids=[seen.session_id], action=action, since=since
            )
            (result,) = answer["results"]
            if result["ok"]:
                return
            print(f"refused: {result['error']['message']}", file=sys.stderr)
            await asyncio.sleep(0.2)
            await seen.until("needs")


async def judge(agent: str, turns: int) -> dict[str, Any]:
    """Play with one CLI."""
    with model_server() as model, tempfile.TemporaryDirectory() as folder:
        home = Path.home() / ".cache"
        home.mkdir(exist_ok=True)
        deck = Deck(Path(folder), home)
        try:
            it = RealAgent(agent, deck, model, Path(folder) / "home")
            it.start("do say hello", options=OPTIONS.get(agent, ()))
            while (session := it.session())["activity"] != "idle":
                if session["needs"]:
                    deck.run("approve", "it", status=None)
                await asyncio.sleep(0.5)
            await asyncio.sleep(1.5)
            os.environ["AGENTDECK_HOME"] = str(deck.home)
            async with connected(paths_from_environment()) as client:
                seen = Seen(session["id"], [("idle", 0.0)])
                client.on_event = seen.take
                await client.hello("measure", events=True)
                wrong = await play(client, seen, turns)
        except TimeoutError:
            print(deck.run("screen", "it").stdout, deck.run("explain", "it").stdout)
            raise
        finally:
            deck.close()
    return {"agent": agent, "turns": turns, "wrong": len(wrong), "which": wrong}


async def time_signs() -> dict[str, Any]:
    """Time a hook and a screen rule from cause to row."""
    with tempfile.TemporaryDirectory() as folder:
        deck = Deck(Path(folder))
        try:
            deck.run("run", "/idle", "--agent", "scripted", "--name", "hook")
            script = (
                'n=0; while read -r x; do n=$((n+1)); printf "Sure of $n? [y/n] "; done'
            )
            deck.run("run", "--name", "screen", "--", "bash", "-c", script)
            deck.until(lambda all_: all_["hook"]["activity"] == "idle")
            ids = {name: s["id"] for name, s in deck.sessions().items()}
            os.environ["AGENTDECK_HOME"] = str(deck.home)
            paths = paths_from_environment()
            async with connected(paths) as client:
                hook, screen = Seen(ids["hook"]), Seen(ids["screen"])

                def take(event: Event) -> None:
                    hook.take(event)
                    screen.take(event)

                client.on_event = take
                await client.hello("measure", events=True)
                inbox = paths.state / "inboxes" / ids["hook"]
                hooks = [await one_hook(inbox, hook, n) for n in range(ROUNDS)]
                screens = [await one_screen(client, screen) for _ in range(ROUNDS)]
        finally:
            deck.close()
    return {"hook": spread(hooks), "screen rule": spread(screens)}


_numbers = itertools.count()


async def one_hook(inbox: Path, seen: Seen, number: int) -> float:
    needs = {"kind": "permission", "text": f"number {number}"}
    for activity, told in (("working", None), ("needs-input", needs)):
        report = json.dumps({"activity": activity, "detail": "x", "needs": told})
        draft = inbox / f".{next(_numbers):06d}"
        draft.write_text(report)
        began = time.time()
        draft.rename(inbox / f"{time.time_ns()}-{next(_numbers)}.json")
        await seen.until("needs" if told else "working")
    await asyncio.sleep(random.random() * 0.1)
    return time.time() - began if not seen.states else seen.states[-1][1] - began


async def one_screen(client: HostClient, seen: Seen) -> float:
    began = time.time()
    await client.call("session.send", ids=[seen.session_id], text="y")
    # The script asks anew as soon as Enter arrives; typing takes a fixed pause.
    typed = time.time()
    await seen.until("working", "needs")
    while not seen.states[-1][0].startswith("needs") or seen.states[-1][1] < began:
        seen.changed.clear()
        async with asyncio.timeout(TURN_S):
            await seen.changed.wait()
    return seen.states[-1][1] - typed


def spread(times: list[float]) -> dict[str, int]:
    """Median and 95th percentile in milliseconds."""
    times = sorted(times)
    p95 = times[int(len(times) * 0.95)]
    return {
        "p50_ms": round(statistics.median(times) * 1000),
        "p95_ms": round(p95 * 1000),
    }


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(asyncio.run(time_signs())))
    else:
        count = int(sys.argv[2]) if len(sys.argv) > 2 else 50
        print(json.dumps(asyncio.run(judge(sys.argv[1], count))))
