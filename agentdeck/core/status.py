"""Status from evidence: what a running agent does, and why we say so.

The host gathers evidence (hooks, terminal signals, settled screens, the process
itself) and keeps the newest of each source. `status_of` weighs it; nothing else
decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from agentdeck.core.session import Activity, Needs, Phase, Session, Why


class Source(IntEnum):
    """Where evidence comes from, weakest first."""

    OUTPUT = 0
    """The agent printed something after a silence."""
    PROCESS = 1
    """Its foreground process waits for the terminal, or does not."""
    SCREEN = 2
    """A rule matched its settled screen."""
    SIGNAL = 3
    """A terminal signal: bell, notification, progress, title."""
    ANSWER = 4
    """A person typed or sent something to it."""
    HOOK = 5
    """The agent's own word."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign of what an agent does. `order` grows with each sign of a session."""

    source: Source
    activity: Activity
    order: int
    at: datetime
    detail: str
    needs: Needs | None = None


def status_of(evidence: Mapping[Source, Evidence]) -> Evidence | None:
    """The sign to believe, from the newest of each source.

    A hook is believed over everything weaker, whatever came later, since a screen
    may still redraw while the agent waits; but once a person answered what a hook
    asked, the agent works until its next word. Without hooks the newest sign
    counts, and of two signs with one order the stronger.
    """
    hook = evidence.get(Source.HOOK)
    if hook is None:
        signs = evidence.values()
        return max(signs, key=lambda e: (e.order, e.source), default=None)
    answer = evidence.get(Source.ANSWER)
    answered = answer is not None and answer.order > hook.order
    return answer if answered and hook.activity is not Activity.WORKING else hook


def with_status(session: Session, sign: Evidence, now: datetime) -> Session:
    """The session with the status that a sign gives.

    A turn that ends and a new need make it unread. A sign that changes neither
    activity nor needs gives the same object.
    """
    if session.phase is not Phase.RUNNING:
        return session
    needs = sign.needs if sign.activity is Activity.NEEDS_INPUT else None
    if session.activity is sign.activity and session.needs == needs:
        return session
    has_news = sign.activity is not Activity.WORKING
    return replace(
        session,
        activity=sign.activity,
        needs=needs,
        needs_since=sign.at if needs else None,
        why=Why(sign.source.name.lower(), sign.detail, sign.at),
        unread=session.unread or has_news,
        updated_at=now,
    )
