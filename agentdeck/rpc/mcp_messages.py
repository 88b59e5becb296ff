"""What the MCP server may ask beside what all clients may."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.core.merge_queue import Strategy
from agentdeck.rpc.messages import OneSession


class MergeByMcp(OneSession):
    """`mcp.merge`: as `session.merge`, refused unless the settings allow it."""

    strategy: Strategy = "merge"
    message: Annotated[str, Field(max_length=100_000)] | None = None
