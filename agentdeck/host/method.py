"""What a method of the host is: its parameters and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agentdeck.core.session import Session
from agentdeck.rpc.messages import Params

Handler = Callable[[Any], Awaitable[dict[str, Any]]]
Act = Callable[[Session], Awaitable[dict[str, Any]]]
Each = Callable[[list[str], Act], Awaitable[dict[str, Any]]]
"""Acts on each of some sessions, and gives a result for each."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method's parameters and what it does."""

    params: type[Params]
    handler: Handler
