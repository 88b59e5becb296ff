"""How much of its limits a session has used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentdeck.core.session import Phase, Session, running_s

WARN_AT = 0.8


@dataclass(frozen=True, slots=True)
class Used:
    """How much of one limit is used: 1.0 is all."""

    share: float
    limit: str
    """The limit in words: `30 minutes`."""

    @property
    def is_all(self) -> bool:
        """Whether nothing is left."""
        return self.share >= 1

    @property
    def is_most(self) -> bool:
        """Whether a person should be told."""
        return self.share >= WARN_AT


def has_limit(session: Session) -> bool:
    """Whether it has any limit."""
    limits = (session.limit_minutes, session.limit_tokens, session.limit_cost_usd)
    return any(limit is not None for limit in limits)


def most_used(session: Session, now: datetime) -> Used | None:
    """The limit of which most is used; None where there is none."""
    used: list[Used] = []
    if session.limit_minutes is not None:
        share = running_s(session, now) / (session.limit_minutes * 60)
        used.append(Used(share, _plural(session.limit_minutes, "minute")))
    if session.limit_tokens is not None:
        share = (session.tokens_in + session.tokens_out) / session.limit_tokens
        used.append(Used(share, f"{session.limit_tokens:,} tokens"))
    if session.limit_cost_usd is not None and session.cost_usd is not None:
        share = session.cost_usd / session.limit_cost_usd
        used.append(Used(share, f"${session.limit_cost_usd:.2f}"))
    return max(used, key=lambda each: each.share, default=None)


def next_look_s(session: Session, now: datetime) -> float | None:
    """In how many seconds its time comes to the warning or the end; None for never."""
    if session.limit_minutes is None or session.phase is not Phase.RUNNING:
        return None
    whole_s = session.limit_minutes * 60
    ran_s = running_s(session, now)
    marks = [m - ran_s for m in (whole_s * WARN_AT, whole_s) if m > ran_s]
    return min(marks, default=None)


def _plural(number: float, word: str) -> str:
    return f"{number:g} {word}{'' if number == 1 else 's'}"
