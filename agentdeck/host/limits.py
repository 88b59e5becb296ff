"""Stops sessions that have used up their limits, and warns before.

One timer for each limited session that runs; tokens and cost are looked at whenever
the agent's own record was read. The time that counts is in the session, so a host that
is started anew goes on where the last one was.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agentdeck.core.budget import has_limit, most_used, next_look_s
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Phase, Session
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import Supervisor

logger = logging.getLogger(__name__)

SLACK_S = 0.05
"""A timer that fires a moment early finds its mark passed all the same."""
RETRY_S = 2.0
"""A runner that cannot be reached yet is asked again after this."""


@dataclass
class LimitKeeper:
    """Keeps the limits of all sessions."""

    sessions: Sessions
    supervisor: Supervisor
    _timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)

    def consider(self, session: Session) -> None:
        """Look at a session whose phase or use has changed."""
        self._forget(session.id)
        if session.phase is not Phase.RUNNING or not has_limit(session):
            return
        now = datetime.now(UTC)
        used = most_used(session, now)
        if used is not None and used.is_all:
            self._stop(session, f"its limit of {used.limit} is used up")
            return
        if used is not None and used.is_most:
            self._warn(session, f"{used.share:.0%} of {used.limit} used")
        after_s = next_look_s(session, now)
        if after_s is not None:
            self._look_in(session.id, after_s + SLACK_S)

    def renew(self, session: Session) -> None:
        """A person starts it again: its time begins anew, what is used up is lifted."""
        if not has_limit(session):
            return
        changed: dict[str, object] = {"ran_s": 0.0, "limit_note": ""}
        tokens, cost = session.limit_tokens, session.limit_cost_usd
        if tokens is not None and session.tokens_in + session.tokens_out >= tokens:
            changed["limit_tokens"] = None
        if cost is not None and (session.cost_usd or 0.0) >= cost:
            changed["limit_cost_usd"] = None
        self.sessions.change(session.id, **changed)

    def close(self) -> None:
        """Look no more; the next host does."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _look_in(self, session_id: str, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[session_id] = loop.call_later(after_s, self._look, session_id)

    def _look(self, session_id: str) -> None:
        self._timers.pop(session_id, None)
        session = self.sessions.find(session_id)
        if session is not None:
            self.consider(session)

    def _forget(self, session_id: str) -> None:
        timer = self._timers.pop(session_id, None)
        if timer is not None:
            timer.cancel()

    def _stop(self, session: Session, reason: str) -> None:
        try:
            self.supervisor.stop(session, force=False, reason=reason)
        except AgentDeckError:
            # The host has only just started, and its runner is not linked yet.
            self._look_in(session.id, RETRY_S)
            return
        logger.info("limit_reached", extra={"session_id": session.id})
        self._tell(session, f"{session.name} is stopped: {reason}.")

    def _warn(self, session: Session, note: str) -> None:
        if session.limit_note:
            return
        self.sessions.change(session.id, limit_note=note)
        self._tell(session, f"{session.name}: {note}.")

    def _tell(self, session: Session, text: str) -> None:
        data: dict[str, object] = {"level": "warning", "text": text}
        self.sessions.tell(EventKind.NOTICE, session.id, data)
