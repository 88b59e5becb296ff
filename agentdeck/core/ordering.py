"""The order that people give sessions: new positions from the ones they have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from agentdeck.core.session import Phase, Session


class Where(StrEnum):
    """Where a session is moved among its peers."""

    UP = "up"
    DOWN = "down"
    FIRST = "first"
    LAST = "last"


def moved_positions(
    sessions: Iterable[Session], moved: Session, where: Where
) -> dict[str, int]:
    """The positions that change when a session is moved among its peers.

    The peers of a queued session are the queue, so that moving it changes who starts
    first; those of any other are all that do not wait.
    """
    is_queued = moved.phase is Phase.QUEUED
    peers = [
        session
        for session in sessions
        if (session.phase is Phase.QUEUED) is is_queued and not session.archived
    ]
    peers.sort(key=lambda session: (session.position, session.id))
    at = next((n for n, peer in enumerate(peers) if peer.id == moved.id), None)
    if at is None:
        return {}
    places = {
        Where.UP: max(at - 1, 0),
        Where.DOWN: min(at + 1, len(peers) - 1),
        Where.FIRST: 0,
        Where.LAST: len(peers) - 1,
    }
    peers.insert(places[where], peers.pop(at))
    return positions_in_order(peers)


def positions_in_order(sessions: Sequence[Session]) -> dict[str, int]:
    """The positions that give sessions the order in which they stand here.

    They share out the positions that they have, so that no other session's place
    changes; only those that get another one are in the answer.
    """
    changed: dict[str, int] = {}
    last: int | None = None
    free = sorted(session.position for session in sessions)
    for session, position in zip(sessions, free, strict=True):
        last = position if last is None else max(position, last + 1)
        if last != session.position:
            changed[session.id] = last
    return changed
