"""What clients may ask about the past of sessions: logs, timelines, recaps, searches."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from agentdeck.rpc.messages import ManySessions, OneSession, Params


class ReadTimeline(OneSession):
    """`session.timeline`: what happened in a session, after a moment's number."""

    since: int = Field(default=0, ge=0)


class ReadRecaps(ManySessions):
    """`session.recap`: what happened in sessions since a person last looked."""

    since: AwareDatetime | None = None
    """Since when, in place of when each was last read."""


class Find(Params):
    """`find.search`: words in what all sessions printed, said and were asked.

    The answer's `pending` says how many sessions are still being read.
    """

    text: Annotated[str, Field(max_length=1000)]
    filter: str = ""
    limit: int = Field(default=20, ge=1, le=50)
    """How many lines of each session."""
    wait_s: float = Field(default=0, ge=0, le=60)


class ReadText(OneSession):
    """`session.text`: the log as a text to read, from a position on.

    `conversation` is the agent's own record, `terminal` what scrolled off its screen or
    settled there; None is the better of those there are. Waits for more if asked.
    """

    source: Literal["conversation", "terminal"] | None = None
    position: str | None = None
    wait_s: float = Field(default=0, ge=0, le=60)
