"""The methods about the hooks of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.core.hook_events import EVENT_NAMES
from agentdeck.host.method import Method
from agentdeck.rpc import hook_messages as m
from agentdeck.rpc.messages import Nothing

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class HookMethods:
    """What hooks there are, how they fared, and a try of one."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "hooks.list": Method(Nothing, self._list),
            "hooks.test": Method(m.RunHook, self._test),
        }

    async def _list(self, _: Nothing) -> dict[str, Any]:
        return {"hooks": self._host.hooks.listed(), "events": list(EVENT_NAMES)}

    async def _test(self, params: m.RunHook) -> dict[str, Any]:
        return await self._host.hooks.test(params.name)
