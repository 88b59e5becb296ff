"""Many real CLIs at once: `python -m tests.real_agents.mixed 600`.

Six sessions, one of each CLI, are given turns by random scripts at once, for so many
seconds, and a person's slow answers. Each `do sudo touch NAME` is one question of the
script; what a client was told is compared with them: every one has to be shown, none
twice, and none again after it was answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
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
from tests.real_agents.measure import OPTIONS, Seen, answer

AGENTS = ("claude", "codex", "copilot", "gemini", "opencode", "aider")
ONE_CALL_A_TURN = frozenset({"aider"})
"""CLIs that do not tell the model the results of its calls before the next prompt."""
SLOWEST_ANSWER_S = 3.0
SLOWEST_PROMPT_S = 2.0
OVER_S = 180.0


@dataclass
class Player:
    """One session, what its scripts asked and what was shown of it."""

    agent: str
    seen: Seen
    dice: random.Random
    turns: int = 0
    asked: list[str] = field(default_factory=list)
    """The questions of the scripts, by the name of the file each would touch."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """The texts that a client was told of each question, by when it was asked."""
    answered: set[str] = field(default_factory=set)
    gone: list[list[str]] = field(default_factory=list)
    """The states around questions that went before anybody answered."""

    question: str | None = None
    """Since when the one asks that is shown now; a better text of it is the same."""

    def take(self, event: Event) -> None:
        if event.session_id != self.seen.session_id:
            return
        self.seen.take(event)
        now = self.seen.now
        if not now.get("needs"):
            self.question = None
            return
        self.question = self.question or now["needs_since"]
        texts = self.shown.setdefault(self.question, [])
        if now["needs"]["text"] not in texts:
            texts.append(now["needs"]["text"])

    def script(self) -> str:
        kind = self.dice.choice(["say", "think", "ask", "ask", "ask-two"])
        if kind == "ask-two" and self.agent in ONE_CALL_A_TURN:
            kind = "ask"
        names = [f"{self.agent}-{self.turns}-{part}" for part in "ab"]
        asks = {"ask": 1, "ask-two": 2}.get(kind, 0)
        self.asked += names[:asks]
        if kind == "think":
            return f"do think {self.dice.randrange(1, 4)} ;; do say done"
        return " ;; ".join(f"do sudo touch {name}" for name in names[:asks]) or (
            "do say fine"
        )

    async def play(self, client: HostClient, until: float) -> None:
        """Send turns and answer what is asked until the time is over."""
        while time.monotonic() < until:
            start = len(self.seen.states)
            script = self.script()
            self.turns += 1
            await client.call("session.send", ids=[self.seen.session_id], text=script)
            await self.seen.until_more(start)
            while True:
                await self.seen.until("needs", "idle")
                if not self.seen.now["needs"]:
                    break
                await asyncio.sleep(self.dice.random() * SLOWEST_ANSWER_S)
                asked = self.question
                if asked is None:
                    self.gone.append(self.seen.words(-6))
                    continue
                before = len(self.seen.states)
                action = self.dice.choice(["approve", "approve", "deny"])
                await answer(client, self.seen, action)
                self.answered.add(asked)
                if action == "deny":
                    # The CLIs end the turn then, and ask the rest no more.
                    self.asked = [
                        name
                        for name in self.asked
                        if name != f"{self.agent}-{self.turns - 1}-b"
                        or any(name in text for text in self.shown[asked])
                    ]
                await self.seen.until_more(before)
            await asyncio.sleep(self.dice.random() * SLOWEST_PROMPT_S)

    def verdict(self) -> dict[str, Any]:
        """What was asked, and what was wrong with what was shown."""
        texts = [" ".join(each) for each in self.shown.values()]
        named = {name: sum(name in text for text in texts) for name in self.asked}
        return {
            "turns": self.turns,
            "questions": len(self.asked),
            "shown": len(texts),
            "never": [name for name, times in named.items() if times == 0],
            "twice": [name for name, times in named.items() if times > 1],
            "gone": self.gone,
            "unanswered": [
                texts
                for since, texts in self.shown.items()
                if since not in self.answered
            ],
        }


async def run(seconds: float, agents: tuple[str, ...]) -> dict[str, Any]:
    """Play with all of them at once."""
    with model_server() as model, tempfile.TemporaryDirectory() as folder:
        cache = Path.home() / ".cache"
        cache.mkdir(exist_ok=True)
        deck = Deck(Path(folder), cache)
        try:
            for agent in agents:
                it = RealAgent(agent, deck, model, Path(folder) / "home")
                it.start("do say hello", name=agent, options=OPTIONS.get(agent, ()))
            ids = await asyncio.to_thread(_settled, deck, agents)
            os.environ["AGENTDECK_HOME"] = str(deck.home)
            async with connected(paths_from_environment()) as client:
                players = [
                    Player(
                        agent, Seen(ids[agent], [("idle", 0.0)]), random.Random(agent)
                    )
                    for agent in agents
                ]

                def take(event: Event) -> None:
                    for player in players:
                        player.take(event)

                client.on_event = take
                await client.hello("mixed", events=True)
                until = time.monotonic() + seconds
                async with (
                    asyncio.timeout(seconds + OVER_S),
                    asyncio.TaskGroup() as all_,
                ):
                    for player in players:
                        all_.create_task(player.play(client, until))
        except* TimeoutError:
            for agent in agents:
                print(f"== {agent}", file=sys.stderr)
                for verb in ("explain", "screen"):
                    print(deck.run(verb, agent).stdout, file=sys.stderr)
            raise
        finally:
            deck.close()
    return {player.agent: player.verdict() for player in players}


def _settled(deck: Deck, agents: tuple[str, ...]) -> dict[str, str]:
    """Answer trust dialogs until each is idle; gives their ids."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 2.0:
        sessions = deck.sessions()
        for agent in agents:
            if sessions[agent]["activity"] != "idle":
                quiet_since = time.monotonic()
            if sessions[agent]["needs"]:
                deck.run("approve", agent, status=None)
        time.sleep(0.5)
    return {agent: sessions[agent]["id"] for agent in agents}


if __name__ == "__main__":
    chosen = tuple(sys.argv[2:]) or AGENTS
    print(json.dumps(asyncio.run(run(float(sys.argv[1]), chosen)), indent=1))
