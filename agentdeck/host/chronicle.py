"""Keeps each session's timeline: notes its moments as they happen.

A moment is written with the event that it comes from, in one transaction. At most so
many are kept of a session, and those of a session that was removed for as long as it
can be brought back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agentdeck.core.events import EventKind
from agentdeck.core.moments import (
    Moment,
    moment_of_event,
    moment_of_hook,
    moments_between,
)
from agentdeck.core.session import Session
from agentdeck.host.journal import Journal


class Chronicle:
    """Turns what the host sees into moments."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def changed(self, before: Session | None, after: Session) -> None:
        """A session came into another state."""
        for moment in moments_between(before, after):
            self._journal.note(moment)

    def told(self, kind: EventKind, session_id: str, data: Mapping[str, Any]) -> None:
        """Clients were told something about a session."""
        self._note(moment_of_event(kind, session_id, data, datetime.now(UTC)))

    def hooked(self, session_id: str, detail: str) -> None:
        """An agent's hook said something."""
        self._note(moment_of_hook(session_id, detail, datetime.now(UTC)))

    def _note(self, moment: Moment | None) -> None:
        if moment is not None:
            self._journal.note(moment)
