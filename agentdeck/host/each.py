"""Acting on many sessions at once: each has a result of its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.protocol import error_to_wire

logger = logging.getLogger(__name__)


async def each_session(
    sessions: Sessions,
    ids: Sequence[str],
    act: Callable[[Session], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Act on each session in order; an error of one does not stop the rest."""
    results: list[dict[str, Any]] = []
    for session_id in dict.fromkeys(ids):
        session = sessions.find(session_id)
        name = session.name if session else session_id
        result: dict[str, Any] = {"id": session_id, "name": name}
        try:
            session = sessions.session(session_id)
            result |= {"ok": True, **await act(session)}
        except AgentDeckError as error:
            result |= {"ok": False, "error": error_to_wire(error)}
        except Exception:
            logger.exception("action_failed", extra={"session_id": session_id})
            failure = AgentDeckError(
                f"Something in AgentDeck went wrong with {name}; see its log."
            )
            result |= {"ok": False, "error": error_to_wire(failure)}
        results.append(result)
    return {"results": results}
