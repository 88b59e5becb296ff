"""What the pool starts next."""

from __future__ import annotations

from collections.abc import Iterable

from agentdeck.core.session import Phase, Session


def queue_of(sessions: Iterable[Session]) -> list[Session]:
    """The queued sessions in the order in which they start."""
    queued = (s for s in sessions if s.phase is Phase.QUEUED)
    return sorted(queued, key=lambda s: (s.position, s.id))


def next_to_start(
    sessions: Iterable[Session], limit: int, *, paused: bool = False
) -> list[Session]:
    """The queued sessions that have a place now, first come first served.

    Local ones need no place: somebody sits there and waits for them.

    Args:
        sessions: All sessions.
        limit: How many may be live at once.
        paused: Start none that needs a place.
    """
    everything = list(sessions)
    queue = queue_of(everything)
    local = [session for session in queue if not session.is_pooled]
    live = sum(session.is_live and session.is_pooled for session in everything)
    if paused or live >= limit:
        return local
    return [*local, *[s for s in queue if s.is_pooled][: limit - live]]
