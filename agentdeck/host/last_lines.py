"""What the agents print last, told for all of them at once.

While an agent prints, its newest line is news every moment. A hundred that print are
one event all the same, so that an app which shows none of them has nothing to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentdeck.host.sessions import Sessions

EVERY_S = 2.0
"""How often lines are told while agents print and somebody looks."""
BUNDLE_S = 0.1
"""How long the first line after a silence waits for others."""


class LastLines:
    """Gathers lines. Its timer runs only while there is something to tell."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lines: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self.somebody_looks: Callable[[], bool] = lambda: False

    def note(self, session_id: str, line: str) -> None:
        """Have a line told soon, unless a newer one comes before that."""
        if not self.somebody_looks():
            return
        self._lines[session_id] = line
        if self._timer is None:
            loop = asyncio.get_running_loop()
            pause_s = max(BUNDLE_S, self._told_at + EVERY_S - loop.time())
            self._timer = loop.call_later(pause_s, self._tell)

    def forget(self, session_id: str) -> None:
        """Let go of a session's line: what is newer has been told."""
        self._lines.pop(session_id, None)

    def close(self) -> None:
        """Tell no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _tell(self) -> None:
        self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        lines, self._lines = self._lines, {}
        self._sessions.print_on(lines)
