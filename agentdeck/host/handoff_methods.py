"""The methods that hand work off and fork sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.host.method import Method
from agentdeck.rpc import handoff_messages as h
from agentdeck.rpc.wire import session_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class HandoffMethods:
    """Their table by name."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table = {
            "handoff.look": Method(h.LookAtHandoff, host.handoffs.look),
            "handoff.start": Method(h.StartHandoff, self._start),
        }

    async def _start(self, params: h.StartHandoff) -> dict[str, Any]:
        done = await self._host.handoffs.start(params)
        made = self._host.sessions.session(done["session"])
        source = self._host.sessions.find(params.id) if params.id else None
        return {
            **done,
            "session": session_to_wire(made),
            "source": session_to_wire(source) if source is not None else None,
        }
