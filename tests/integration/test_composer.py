"""What the host knows for the composer, over a real host and real repositories."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.rpc.client import connected
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    made = Deck(tmp_path)
    yield made
    made.close()


def ask(deck: Deck, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call methods of the deck's host one after the other, on one connection."""
    paths = Paths(deck.home / "state", deck.home / "config", deck.home / "run")

    async def run() -> list[Any]:
        async with connected(paths, start=False) as client:
            await client.hello("test")
            return [await client.call(method, **params) for method, params in calls]

    return asyncio.run(run())


def test_it_remembers_over_a_restart_and_finds_files(deck: Deck) -> None:
    repo = str(deck.repo)
    (deck.repo / "src").mkdir()
    (deck.repo / "src" / "log in.py").write_text("x")
    (deck.repo / "ignored.log").write_text("x")
    deck.git("add", "src")
    deck.git("branch", "agentdeck/old")
    deck.git("branch", "release")
    deck.run("run", "--name", "one", "--agent", "scripted", "/idle")
    first = {"agent": "scripted", "model": "m", "base": "release"}
    (asked,) = ask(deck, ("composer.open", {"repo": str(deck.repo / "src")}))
    assert asked["repo"] == repo
    assert asked["checked_out"] == "main"
    assert asked["branches"][-1].startswith("agentdeck/")
    assert {"main", "release"} <= set(asked["branches"])
    assert asked["choice"] == {}
    ask(
        deck,
        ("composer.keep", {"repo": repo, "prompt": "older", "choice": {}}),
        ("composer.keep", {"repo": repo, "prompt": "newer", "choice": first}),
        ("composer.keep", {"repo": repo, "prompt": "older", "choice": first}),
    )
    deck.run("host", "stop")
    deck.run("ls")
    asked, found, none, folders = ask(
        deck,
        ("composer.open", {"repo": repo}),
        ("composer.files", {"repo": repo, "query": "login"}),
        ("composer.files", {"repo": repo, "query": "ignored"}),
        ("composer.folders", {"typed": f"{deck.repo.parent}/re"}),
    )
    assert asked["prompts"] == ["older", "newer"]
    assert asked["choice"] == first
    assert asked["repositories"] == [repo]
    assert found == {"files": ["src/log in.py"]}
    assert none == {"files": []}
    paths = {row["path"]: row["is_repository"] for row in folders["folders"]}
    assert paths[repo] is True
    (deck.repo / "login2.py").write_text("x")
    deck.git("add", "login2.py")
    (found,) = ask(deck, ("composer.files", {"repo": repo, "query": "login2"}))
    assert found == {"files": ["login2.py"]}


def test_another_repository_takes_over_what_is_not_of_the_first(deck: Deck) -> None:
    deck.run("ls")
    choice = {
        "agent": "codex",
        "mode": "full-access",
        "base": "release",
        "custom": "/x",
    }
    other = deck.repo.parent / "elsewhere"
    other.mkdir()
    (asked,) = ask(
        deck,
        ("composer.keep", {"repo": str(deck.repo), "prompt": "p", "choice": choice}),
        ("composer.open", {"repo": str(other)}),
    )[1:]
    assert asked["repo"] is None
    assert "not inside a git repository" in asked["problem"]
    assert asked["choice"] == {"agent": "codex", "mode": "full-access"}


def test_a_pasted_image_is_kept_for_this_user_and_reaches_a_session(
    deck: Deck,
) -> None:
    deck.run("ls")
    data = base64.b64encode(PNG).decode()
    (kept,) = ask(deck, ("composer.image", {"data": data}))
    file = Path(kept["path"])
    assert file.read_bytes() == PNG
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    deck.run(
        "run", "--name", "one", "--agent", "scripted", "--image", str(file), "/idle"
    )
    shown = deck.sessions()["one"]
    assert shown["images"] == [str(file)]
    for wrong in ("#!/bin/sh", "not base64 at all"):
        encoded = base64.b64encode(wrong.encode()).decode() if "!" in wrong else wrong
        with pytest.raises(UsageError, match="not a"):
            ask(deck, ("composer.image", {"data": encoded}))


def test_files_of_no_repository_are_refused(deck: Deck) -> None:
    deck.run("ls")
    with pytest.raises(AgentDeckError, match="not inside a git repository"):
        ask(deck, ("composer.files", {"repo": str(deck.repo.parent)}))
