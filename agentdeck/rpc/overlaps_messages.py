"""What clients may ask about overlaps."""

from __future__ import annotations

from agentdeck.rpc.messages import Params


class ListOverlaps(Params):
    """`overlaps.list`: the pairs that overlap, of one repository or of all."""

    repo: str | None = None


class ReadOverlap(Params):
    """`overlaps.text`: the conflicts of two sessions, or of one with its base."""

    ours: str
    theirs: str | None = None
