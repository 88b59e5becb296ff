"""What clients may ask about handing work off and forking."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from agentdeck.rpc.messages import Params

Pattern = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00\n]+$")]


class LookAtHandoff(Params):
    """`handoff.look`: what would be handed off, and how; nothing is changed."""

    id: str = ""
    """The session; or else `outside`."""
    outside: Annotated[str, Field(max_length=200)] = ""
    """`claude`, `codex:ID`: a conversation that AgentDeck did not start."""
    repo: str = ""
    """The folder of an outside conversation."""
    agent: str | None = None
    """Who goes on; by default the same agent."""
    type: Literal["background", "local"] = "background"
    in_checkout: bool = False
    """Go on in the very checkout in which the source works."""
    way: Literal["fork", "resume", "markdown", "none"] | None = None
    """How the conversation goes along; by default the best there is."""
    source: Literal["stay", "stop", "archive"] = "stay"
    with_ignored: Annotated[list[Pattern], Field(max_length=200)] = []
    env: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_source(self) -> LookAtHandoff:
        if bool(self.id) == bool(self.outside):
            raise ValueError("Give one of id and outside.")
        if self.in_checkout and self.type != "local":
            raise ValueError("Only a local session works in your own checkout.")
        return self


class StartHandoff(LookAtHandoff):
    """`handoff.start`: hand it off."""

    brief: Annotated[str, Field(max_length=1_000_000)] = ""
    """What to do, as a brief's text; empty has a local session wait for the person."""
    model: str | None = None
    mode: str | None = None
    name: str | None = None
    busy: Literal["refuse", "now", "interrupt"] = "refuse"
    """What to do where the source is in the middle of a turn."""
