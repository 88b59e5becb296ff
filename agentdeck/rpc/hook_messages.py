"""What clients may ask about the hooks of the settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.rpc.messages import Params


class RunHook(Params):
    """`hooks.test`: run one with a sample event."""

    name: Annotated[str, Field(max_length=200)]
