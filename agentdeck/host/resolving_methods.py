"""The methods about conflicts and updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.host.method import Each, Method
from agentdeck.rpc import resolving_messages as r

if TYPE_CHECKING:
    from agentdeck.core.session import Session
    from agentdeck.host.application import Host


class ResolvingMethods:
    """Hands conflicts over, and brings sessions up to their base."""

    def __init__(self, host: Host, each: Each) -> None:
        self._host = host
        self._each = each
        self.table: dict[str, Method] = {
            "session.resolve": Method(r.ResolveConflicts, self._resolve),
            "session.update": Method(r.UpdateSessions, self._update),
            "session.begin_merge": Method(r.BeginMerge, self._begin),
        }

    async def _resolve(self, params: r.ResolveConflicts) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.resolver.hand_over(session, params.way)

        return await self._each(params.ids, act)

    async def _update(self, params: r.UpdateSessions) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.resolver.update(session, params.way)

        return await self._each(params.ids, act)

    async def _begin(self, params: r.BeginMerge) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return await self._host.resolver.begin_here(session)
