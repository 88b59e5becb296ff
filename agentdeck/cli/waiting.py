"""Waiting for sessions to come to rest, by the host's events and without polling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing

from agentdeck.cli.watching import news
from agentdeck.config.paths import Paths
from agentdeck.core.events import Event, EventKind
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.rpc.wire import session_from_wire

_AT_REST = (Activity.IDLE, Activity.NEEDS_INPUT)


def is_settled(session: Session) -> bool:
    """Whether its turn is over: it is idle, asks something, or has ended."""
    if session.is_over:
        return True
    return session.phase is Phase.RUNNING and session.activity in _AT_REST


async def settled(
    paths: Paths,
    ids: Sequence[str],
    tell: Callable[[Session], None] | None = None,
    *,
    is_done: Callable[[Session], bool] = is_settled,
) -> dict[str, Session]:
    """Wait until each session's turn is over.

    Args:
        paths: Whose host to ask.
        ids: The sessions to wait for.
        tell: Called with each as it settles.
        is_done: What else to wait for.

    Returns:
        The sessions by id as they were when they settled, in the order of `ids`;
        without those that were discarded meanwhile.
    """
    open_ids = set(ids)
    done: dict[str, Session] = {}

    def look_at(session: Session) -> None:
        if session.id in open_ids and is_done(session):
            open_ids.discard(session.id)
            done[session.id] = session
            if tell is not None:
                tell(session)

    async with aclosing(news(paths)) as stream:
        async for piece in stream:
            if isinstance(piece, Event):
                values = piece.data.get("session")
                if isinstance(values, dict):
                    look_at(session_from_wire(values))
                elif piece.kind is EventKind.SESSION_REMOVED:
                    open_ids.discard(piece.session_id or "")
            else:
                sessions = [session_from_wire(values) for values in piece]
                open_ids &= {session.id for session in sessions}
                for session in sessions:
                    look_at(session)
            if not open_ids:
                break
    return {number: done[number] for number in ids if number in done}
