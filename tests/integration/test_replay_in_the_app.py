"""A replay from key to pixel: the app, the host and the replay's process, for real."""

from __future__ import annotations

import contextlib
import os

import psutil
import pytest

from agentdeck.runner.replay import NICENESS
from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SCRIPT = "sleep 0.4; echo late work; exit 3"


def replays(deck: Deck) -> list[psutil.Process]:
    return [each for each in deck.processes() if each.nice() == os.nice(0) + NICENESS]


def test_a_replay_plays_is_sought_outlives_its_process_and_ends(deck: Deck) -> None:
    command = ("--", "bash", "-c", SCRIPT)
    deck.run("run", "--name", "speaks", "--title", "speaks", *command)
    deck.until(lambda all_: all_["speaks"]["phase"] == "failed")
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("speaks", "late work")
        app.type("V")
        app.until_shown("replay", "late work", "paused", "ended: 3")
        app.type("g")
        app.until_gone("late work")
        (process,) = replays(deck)
        process.kill()
        app.until_shown("space starts it again")
        app.type(" ")
        app.until_shown("late work", "paused", "ended: 3")
        app.type("\x1b")
        app.until_gone("paused")
        app.until_shown("speaks", "resume")
        deck.until(lambda _: not replays(deck))
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output


def test_a_session_without_a_recording_says_so(deck: Deck) -> None:
    deck.run("pool", "--pause")
    deck.run("run", "--name", "later", "--", "true")
    with contextlib.closing(AppTerminal(deck)) as app:
        app.until_shown("later", "queued")
        app.type("V")
        app.until_shown("later has no recording yet")
