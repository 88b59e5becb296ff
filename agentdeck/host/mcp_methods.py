"""The methods for the MCP server alone: what it may do, and what is refused to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.host.method import Method
from agentdeck.rpc import mcp_messages as m
from agentdeck.rpc.messages import MergeSessions, Nothing

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class McpMethods:
    """Says what the settings allow, and merges where they do."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "mcp.settings": Method(Nothing, self._settings),
            "mcp.merge": Method(m.MergeByMcp, self._merge),
        }

    async def _settings(self, _: Nothing) -> dict[str, Any]:
        return self._host.settings.mcp.model_dump()

    async def _merge(self, params: m.MergeByMcp) -> dict[str, Any]:
        self._host.fleet.check_may_merge()
        request = MergeSessions(
            ids=[params.id], strategy=params.strategy, message=params.message
        )
        return {"results": await self._host.landing.merge(request)}
