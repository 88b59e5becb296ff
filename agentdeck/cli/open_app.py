"""Opening the full-screen app: the one place where the command line meets it."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

from agentdeck.config.paths import Paths, paths_from_environment
from agentdeck.core.errors import UsageError


def need_terminal() -> None:
    """Make sure that there is a terminal to draw on.

    Raises:
        UsageError: If there is none; the message names what works without one.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal, and this is none. `agentdeck ls` and the other "
            "verbs work without one; `agentdeck --help` lists them."
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError(
            "The app cannot draw on a terminal of type 'dumb'. Set TERM to what the "
            "terminal is, or use the verbs that `agentdeck --help` lists."
        )


def open_app(
    *,
    paths: Paths | None = None,
    filter_query: str = "",
    note: str | None = None,
    attach: str | None = None,
) -> None:
    """Open the app and stay until the person leaves it.

    Raises:
        UsageError: If there is no terminal.
    """
    need_terminal()
    # What starting makes stays; looking through it for garbage delays the first
    # paint. The app turns the collector on again once it stands.
    gc.disable()
    from agentdeck.tui.app import run_app

    options: dict[str, Any] = {"filter_query": filter_query, "note": note}
    if attach is not None:
        options["attach"] = attach
    run_app(paths or paths_from_environment(), **options)
