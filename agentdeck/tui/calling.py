"""The app's part in calling a person: the bell, and a notification of the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from textual.app import App

from agentdeck.core.calling import is_quiet, quiet_hours, words_of
from agentdeck.core.session import Session
from agentdeck.tui import compat


def call_person(
    app: App[Any], told: dict[str, Any], sessions: Sequence[Session], now: datetime
) -> None:
    """Call for sessions that nobody looks at, as the settings allow.

    Args:
        app: The running app.
        told: What the host told of the settings.
        sessions: Those that came to need a person.
        now: The local time, for the quiet hours.
    """
    if not sessions or is_quiet(now.time(), quiet_hours(str(told.get("quiet") or ""))):
        return
    if told.get("bell", True):
        app.bell()
    if told.get("terminal", True):
        compat.write_notification(app, words_of(sessions))
