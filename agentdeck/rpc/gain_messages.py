"""What clients may ask of and tell for the measured gain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from agentdeck.rpc.messages import Params

Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$")]


class Attend(Params):
    """`gain.attend`: a person works with a session, or with none any more.

    Told at once when they turn to another, and every 20 s while they do something.
    """

    client: Name
    """Tells this client from others that are open; made up when it starts."""
    id: str | None = None
    how: Literal["watching", "typing", "reading", "reviewing", "answering"] = "watching"
    ago_s: float = Field(default=0, ge=0, le=60)
    """How long ago the last key or click was."""


class Measure(Params):
    """`gain.measure`: the figures of a range up to now."""

    since: AwareDatetime
    filter: str = ""
    """Which sessions; an empty one means all, archived and removed ones too."""


class ReadGainEvents(Params):
    """`gain.events`: the reduced events after a number."""

    since: int = Field(default=0, ge=0)
    limit: int = Field(default=10_000, ge=1, le=100_000)
