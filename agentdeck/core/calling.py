"""Calling a person: when it may be, and in which words.

The words are AgentDeck's own, with sessions' names and kinds of needs only: what an
agent asks never goes into a terminal's notification.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from agentdeck.core.session import Session

MAX_NAMED = 3
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


def quiet_hours(text: str) -> tuple[time, time] | None:
    """The hours that a setting such as `22:00-07:30` names; None for an empty one.

    Raises:
        ValueError: If it names none.
    """
    if not text.strip():
        return None
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise ValueError("quiet hours are written as 22:00-07:30")
    start, end = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
    return time(*start), time(*end)


def is_quiet(now: time, hours: tuple[time, time] | None) -> bool:
    """Whether nobody may be called now; the hours may go over midnight."""
    if hours is None:
        return False
    start, end = hours
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def words_of(sessions: Sequence[Session]) -> str:
    """One line for all that came to need a person."""
    named = [
        f"{session.name} ({session.needs.kind.value})"
        for session in sessions[:MAX_NAMED]
        if session.needs is not None
    ]
    more = f" and {len(sessions) - MAX_NAMED} more" if len(sessions) > MAX_NAMED else ""
    verb = "needs you" if len(sessions) == 1 else "need you"
    return f"{', '.join(named)}{more} {verb}"
