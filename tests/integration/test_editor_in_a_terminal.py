"""Editor and shell from the app, in a real terminal."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.integration.app_terminal import AppTerminal
from tests.integration.deck import Deck

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SHELL = """#!/bin/bash
trap 'echo interrupted' INT
echo "a shell in $PWD"
read -r line
echo "it read $line"
kill -INT 0
read -r line
"""


def test_a_shell_gets_the_terminal_and_gives_it_back(
    deck: Deck, tmp_path: Path
) -> None:
    program = tmp_path / "shell"
    program.write_text(SHELL)
    program.chmod(0o755)
    deck.shell("works", "echo screen of it; sleep 300")
    deck.until(lambda all_: all_["works"]["phase"] == "running")
    worktree = deck.sessions()["works"]["worktree"]
    with contextlib.closing(AppTerminal(deck, environ={"SHELL": str(program)})) as app:
        app.until_shown("works", "screen of it")
        app.type("S")
        app.until_shown(f"a shell in {worktree}")
        app.type("hello\n")
        app.until_shown("it read hello", "interrupted")
        app.type("\n")
        app.until_gone("it read hello")
        app.until_shown("screen of it")
        deck.shell("another", "sleep 300")
        app.until_shown("WORKING 2")
        app.type("q")
        assert app.wait() == 0
    assert b"Traceback" not in app.output
