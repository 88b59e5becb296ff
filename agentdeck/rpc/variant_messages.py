"""What clients may ask about variants."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.core.merge_queue import Strategy
from agentdeck.rpc.messages import Params


class CompareVariants(Params):
    """`variants.compare`: the variants of a group, counted."""

    group: Annotated[str, Field(min_length=1, max_length=200)]


class PickVariant(Params):
    """`variants.pick`: merge one, discard the others of its group."""

    id: str
    strategy: Strategy = "merge"
    expected: list[str] | None = None
    """The ids of those that a person was shown and that go; others refuse it."""


class TakeFile(Params):
    """`variants.take`: a file of one session, or a hunk, into another's worktree."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    source: str
    target: str
    hunk: Annotated[int, Field(ge=1)] | None = None
    """Only this hunk of what the source changed, from 1; None takes the file."""
    header: str = ""
    """The hunk's line with the ranges, as a person saw it; another refuses it."""
