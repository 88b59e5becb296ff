"""The three counts at the top of the app: in progress, unread, attention needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentdeck.core.session import Activity, Phase, Session


@dataclass(frozen=True, slots=True)
class Indicator:
    """How many sessions are in each state that a person may care about."""

    in_progress: int = 0
    unread: int = 0
    attention: int = 0
    queued: int = 0
    total: int = 0


def is_in_progress(session: Session) -> bool:
    """Whether an agent works on it now, or is about to."""
    if session.phase in (Phase.PREPARING, Phase.STOPPING):
        return True
    return session.phase is Phase.RUNNING and session.activity is not Activity.IDLE


def indicator_of(sessions: Iterable[Session]) -> Indicator:
    """Count the sessions of a list."""
    in_progress = unread = attention = queued = total = 0
    for session in sessions:
        total += 1
        if session.needs_attention:
            attention += 1
        elif is_in_progress(session):
            in_progress += 1
        unread += session.unread
        queued += session.phase is Phase.QUEUED
    return Indicator(in_progress, unread, attention, queued, total)
