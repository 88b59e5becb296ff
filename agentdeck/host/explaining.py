"""Why a session has its status: the sign that is believed, and the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentdeck.core.reasons import because
from agentdeck.core.session import Session
from agentdeck.rpc.wire import needs_to_wire, session_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host


def explain(host: Host, session: Session) -> dict[str, Any]:
    """A session's status with the evidence for it, newest first."""
    wire = session_to_wire(session)
    live = host.supervisor.live(session.id)
    signs = live.witness.signs if live else []
    believed = live.witness.believed if live else None
    return {
        "id": session.id,
        "name": session.name,
        "phase": session.phase.value,
        "activity": wire["activity"],
        "needs": needs_to_wire(session.needs),
        "why": wire["why"],
        "because": _because(host, session),
        "reason": session.reason,
        "rules": host.rules.is_on(session),
        "setup": {"state": session.setup.value, "note": session.setup_note},
        "check": {"state": session.check.value, "note": session.check_note},
        "turn_note": session.turn_note,
        "continues": _continues(host, session),
        "continued": [_name(host, each) for each in session.continued],
        "evidence": [
            {
                "source": sign.source.name.lower(),
                "activity": sign.activity.value,
                "detail": sign.detail,
                "at": sign.at.isoformat(timespec="milliseconds"),
                "order": sign.order,
                "believed": sign is believed,
            }
            for sign in signs
        ],
    }


def _continues(host: Host, session: Session) -> dict[str, str] | None:
    """What a session continues, and how; None where it began by itself."""
    if not session.origin:
        return None
    return {"session": _name(host, session.origin), "way": session.way}


def _name(host: Host, session_id: str) -> str:
    """A session's name; what is no session any more stands for itself."""
    found = host.sessions.find(session_id)
    return found.name if found is not None else session_id


def _because(host: Host, session: Session) -> str | None:
    if session.why is None:
        return None
    agent = host.registry.known_or_command(session.agent)
    return because(session.why, agent.title, datetime.now(UTC))
