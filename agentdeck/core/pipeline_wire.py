"""Pipelines and their runs as JSON: on disk, and for clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agentdeck.core.briefs import Limits
from agentdeck.core.pipelines import (
    Edge,
    Join,
    OnConflict,
    Pipeline,
    Start,
    Step,
    When,
)

_TUPLES = ("checks", "images")


def pipeline_to_wire(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline as JSON: enumerations are texts."""
    return {**asdict(pipeline), "variables": dict(pipeline.variables)}


def pipeline_from_wire(values: Mapping[str, Any]) -> Pipeline:
    """A pipeline from its JSON object."""
    steps = tuple(_step(each) for each in values["steps"])
    return Pipeline(**{**values, "steps": steps})


def _step(values: Mapping[str, Any]) -> Step:
    known = {name: tuple(values[name]) for name in _TUPLES}
    return Step(
        **{
            **values,
            **known,
            "after": tuple(Edge(e["step"], When(e["when"])) for e in values["after"]),
            "join": Join(values["join"]),
            "start": Start(values["start"]),
            "on_conflict": OnConflict(values["on_conflict"]),
            "limits": Limits(**values["limits"]),
        }
    )


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of a run as clients see it."""

    name: str
    state: str
    reason: str = ""
    after: tuple[tuple[str, str], ...] = ()
    """The steps before, and where each has to be."""
    join: str = "all"
    session: str = ""
    """The id of its session, once it has one."""
    session_name: str = ""
    branch: str = ""
    is_adopted: bool = False
    is_command: bool = False
    approval: bool = False
    note: str = ""
    """What a person said to it."""
    tries: int = 0
    retries: int = 0
    task: str = ""
    """The begin of its prompt, or its command."""


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run as clients see it. `outcome` is empty as long as it goes on."""

    name: str
    pipeline: str
    title: str
    repo: str
    base: str
    created_at: str
    outcome: str = ""
    ended_at: str = ""
    needs: tuple[str, ...] = ()
    """The steps that wait for a person."""
    steps: tuple[ShownStep, ...] = field(default=())

    @property
    def is_over(self) -> bool:
        """Whether nothing more begins in it by itself."""
        return bool(self.outcome)


def run_to_wire(run: ShownRun) -> dict[str, Any]:
    """A run as `agentdeck pipeline show --json` shows it."""
    steps = [
        {**asdict(step), "after": [{"step": s, "when": w} for s, w in step.after]}
        for step in run.steps
    ]
    return {**asdict(run), "needs": list(run.needs), "steps": steps}


def run_from_wire(values: Mapping[str, Any]) -> ShownRun:
    """A run from its JSON object; keys of a newer host are left out."""
    steps = tuple(
        ShownStep(
            **{
                **_known(each, ShownStep),
                "after": tuple((e["step"], e["when"]) for e in each["after"]),
            }
        )
        for each in values["steps"]
    )
    known = _known(values, ShownRun)
    return ShownRun(**{**known, "needs": tuple(values["needs"]), "steps": steps})


def _known(values: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    return {n: v for n, v in values.items() if n in kind.__dataclass_fields__}
