"""Says once a minute that the host runs, while there is work to measure.

So the journal shows for what time nobody can know what agents did: more than two
pulses without an event.
"""

from __future__ import annotations

import asyncio

from agentdeck.core.events import EventKind
from agentdeck.core.gain_events import PULSE_S
from agentdeck.core.session import Phase
from agentdeck.host.journal import Journal
from agentdeck.host.sessions import Sessions


class Pulse:
    """A timer that writes one event a minute."""

    def __init__(self, journal: Journal, sessions: Sessions) -> None:
        self._journal = journal
        self._sessions = sessions

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(PULSE_S)
            self.beat()

    def beat(self) -> None:
        """Say it, if any session is live or waits for its place."""
        if any(s.is_live or s.phase is Phase.QUEUED for s in self._sessions):
            self._journal.record(EventKind.PULSE, {})
