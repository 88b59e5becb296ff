"""The methods on a session's turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.git.turns import Turn
from agentdeck.host.method import Each, Method
from agentdeck.rpc import messages as m
from agentdeck.rpc import turns_messages as t

if TYPE_CHECKING:
    from agentdeck.core.session import Session
    from agentdeck.host.application import Host


class TurnsMethods:
    """Lists turns, goes back to one, and switches their commits."""

    def __init__(self, host: Host, each: Each) -> None:
        self._host = host
        self._each = each
        self.table = {
            "session.turns": Method(m.OneSession, self._turns),
            "session.rewind": Method(t.Rewind, self._rewind),
            "session.auto_commit": Method(t.SetAutoCommit, self._switch),
        }

    async def _turns(self, params: m.OneSession) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        turns = await self._host.turns.listed(session)
        return {
            "auto_commit": self._host.turns.is_on(session),
            "note": session.turn_note,
            "turns": [turn_to_wire(turn) for turn in turns],
        }

    async def _rewind(self, params: t.Rewind) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return await self._host.turns.rewind(session, params.turn, force=params.force)

    async def _switch(self, params: t.SetAutoCommit) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            changed = self._host.sessions.change(session.id, auto_commit=params.on)
            return {"on": self._host.turns.is_on(changed)}

        return await self._each(params.ids, act)


def turn_to_wire(turn: Turn) -> dict[str, Any]:
    """A turn as clients see it."""
    commit = turn.commit
    return {
        "id": turn.id,
        "kind": turn.kind,
        "turn": turn.turn,
        "commit": turn.tip or commit.sha,
        "subject": commit.subject,
        "at": commit.at.isoformat(),
        "files": commit.files,
        "added": commit.added,
        "removed": commit.removed,
        "current": turn.is_current,
        "ref": turn.ref,
    }
