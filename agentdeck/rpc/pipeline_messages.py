"""What clients may ask about pipelines and their runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentdeck.core.pipelines import When
from agentdeck.rpc.messages import CheckLine, Params

Text = Annotated[str, Field(max_length=200_000)]


class RunPipeline(Params):
    """`pipeline.run`: start a pipeline, given as a path or by its name."""

    repo: str
    source: Annotated[str, Field(min_length=1, max_length=4096)]
    variables: Annotated[dict[str, Text], Field(max_length=100)] = {}
    base: str | None = None
    agent: str | None = None
    """The agent of the steps that name none."""
    env: dict[str, str] = {}


class Follow(Params):
    """`pipeline.follow`: start a session when others are where they should be."""

    ids: Annotated[list[str], Field(min_length=1, max_length=50)]
    when: When = When.IDLE_GREEN
    prompt: Annotated[str, Field(min_length=1, max_length=200_000)]
    agent: str | None = None
    model: str | None = None
    mode: str | None = None
    custom: str | None = None
    checks: Annotated[list[CheckLine], Field(max_length=50)] = []
    approval: bool = False
    env: dict[str, str] = {}


class ListRuns(Params):
    """`pipeline.list`: runs, the newest first, and what can be started by name."""

    repo: str | None = None
    """The repository whose pipelines are listed beside the shipped ones."""


class OneRun(Params):
    """`pipeline.show`."""

    run: Annotated[str, Field(min_length=1, max_length=200)]


class Decide(OneRun):
    """`pipeline.decide`: what a person wants of a run or of one of its steps.

    Without a step, the only one is meant for which it makes sense.
    """

    what: Literal["approve", "deny", "retry", "skip", "cancel"]
    step: str | None = None
    note: Annotated[str, Field(max_length=20_000)] = ""
    stop: bool = False
    """Whether a cancelled run stops the agents that still run."""
