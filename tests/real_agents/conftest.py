"""One real AgentDeck, one real CLI and one scripted model for each test."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.model.server import ModelServer, model_server
from tests.integration.deck import Deck
from tests.real_agents.homes import environment_of

AGENTS = Path(
    os.environ.get("AGENTDECK_TEST_AGENTS") or Path.home() / ".cache/agentdeck-agents"
).absolute()
PATHS = (AGENTS / "node_modules" / ".bin", AGENTS / "aider" / "bin")


class RealAgent:
    """A deck whose sessions run one real CLI."""

    def __init__(self, name: str, deck: Deck, model: ModelServer, home: Path) -> None:
        self.name = name
        self.deck = deck
        self.model = model
        path = os.pathsep.join([*map(str, PATHS), deck.env["PATH"]])
        deck.env |= {"PATH": path, **environment_of(name, home, model.url)}

    def start(
        self, *steps: str, name: str = "it", options: tuple[str, ...] = ()
    ) -> None:
        """Start a session with a script for its model."""
        words = ("run", "\n".join(steps), "--agent", self.name, "--name", name)
        self.deck.run(*words, *options)

    def session(self, name: str = "it") -> dict[str, Any]:
        """The session as it is."""
        found: dict[str, Any] = self.deck.sessions()[name]
        return found

    def until(
        self, holds: Callable[[dict[str, Any]], bool], name: str = "it"
    ) -> dict[str, Any]:
        """Wait until something holds of the session."""
        try:
            found: dict[str, Any] = self.deck.until(lambda all_: holds(all_[name]))[
                name
            ]
        except AssertionError:
            print(self.deck.run("explain", name, status=None).stdout)
            print(self.deck.run("screen", name, status=None).stdout)
            raise
        return found

    def until_asked(self, text: str, name: str = "it") -> dict[str, Any]:
        """Wait until it asks something with this text."""
        return self.until(
            lambda s: bool(s["needs"]) and text in s["needs"]["text"], name
        )

    def until_idle(self, name: str = "it") -> dict[str, Any]:
        """Wait until its turn is over."""
        return self.until(lambda s: s["activity"] == "idle", name)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A scripted model that listens."""
    with model_server() as server:
        yield server


@pytest.fixture
def start_agent(
    tmp_path: Path, model: ModelServer
) -> Iterator[Callable[[str], RealAgent]]:
    """Gives a deck with a real CLI by name; skips where it is not installed."""
    decks: list[Deck] = []

    def start(name: str) -> RealAgent:
        path = os.pathsep.join(map(str, PATHS))
        if shutil.which(name, path=path) is None:
            pytest.skip(
                f"{name} is not in {AGENTS}: run tests/real_agents/install.sh and set "
                "AGENTDECK_TEST_AGENTS"
            )
        # Gemini reads no settings below a folder that anybody may write to.
        private = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache"
        private.mkdir(exist_ok=True)
        deck = Deck(tmp_path, private)
        decks.append(deck)
        return RealAgent(name, deck, model, tmp_path / "home")

    yield start
    for deck in decks:
        deck.close()
