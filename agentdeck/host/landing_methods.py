"""The methods of the merge queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.host.method import Method
from agentdeck.host.undoing import undo_last
from agentdeck.rpc import messages as m

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class LandingMethods:
    """Merges, says how far it is, ends it, and goes on after a crash."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "session.merge": Method(m.MergeSessions, self._merge),
            "merge.cancel": Method(m.OneMerge, self._cancel),
            "merge.pending": Method(m.Nothing, self._pending),
            "merge.resume": Method(m.OneMerge, self._resume),
            "merge.drop": Method(m.OneMerge, self._drop),
            "landing.undo": Method(m.Nothing, self._undo),
        }

    async def _merge(self, params: m.MergeSessions) -> dict[str, Any]:
        return {"results": await self._host.landing.merge(params)}

    async def _cancel(self, params: m.OneMerge) -> dict[str, Any]:
        self._host.landing.cancel(params.batch)
        return {}

    async def _pending(self, _: m.Nothing) -> dict[str, Any]:
        return {"merges": await self._host.landing.pending()}

    async def _resume(self, params: m.OneMerge) -> dict[str, Any]:
        return await self._merge(await self._host.landing.resume(params.batch))

    async def _drop(self, params: m.OneMerge) -> dict[str, Any]:
        await self._host.landing.drop(params.batch)
        return {}

    async def _undo(self, _: m.Nothing) -> dict[str, Any]:
        host = self._host
        return await undo_last(host.batches, host.landing, host.trash, host.turns)
