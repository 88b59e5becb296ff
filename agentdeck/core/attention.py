"""Who needs a person, in the order in which a person should go through them."""

from __future__ import annotations

from collections.abc import Iterable

from agentdeck.core.session import Session


def attention_queue(sessions: Iterable[Session]) -> list[Session]:
    """The sessions that need a person, the one that waits longest first."""
    waiting = [session for session in sessions if session.needs_attention]
    return sorted(waiting, key=lambda s: (s.needs_since or s.updated_at, s.id))


def next_in_queue(sessions: Iterable[Session], here: str | None) -> Session | None:
    """The session to go to from `here`: the one behind it, or else the first."""
    queue = attention_queue(sessions)
    if not queue:
        return None
    places = {str(session.id): place for place, session in enumerate(queue)}
    place = places.get(here or "")
    return queue[0 if place is None else (place + 1) % len(queue)]
