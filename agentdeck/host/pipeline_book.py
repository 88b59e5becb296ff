"""The runs of pipelines as they are kept: what was started, and what was decided.

Where a step is follows from its session, so only what no session tells is kept here.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from agentdeck.core.errors import RefusedError, UsageError
from agentdeck.core.pipeline_runs import (
    NEEDS_PERSON,
    Standing,
    State,
    Word,
    standings,
)
from agentdeck.core.pipeline_wire import (
    ShownRun,
    ShownStep,
    pipeline_from_wire,
    pipeline_to_wire,
)
from agentdeck.core.pipelines import Pipeline, Step
from agentdeck.core.slugs import slug_from
from agentdeck.host.sessions import Sessions
from agentdeck.host.store import Store

logger = logging.getLogger(__name__)

MAX_RUNS = 500
MAX_NAME = 24
TASK_SHOWN = 400


class StepRecord(BaseModel):
    """What is kept of a step."""

    model_config = ConfigDict(extra="forbid")

    session: str = ""
    tries: int = 0
    merged_into: str = ""
    """Where its session landed, for when that is gone."""
    owed: list[str] = []
    """Commits that its agent has to merge."""
    owed_note: str = ""
    """Which those are, in a few words."""
    approved: bool | None = None
    note: str = ""
    skipped: bool = False
    again: int = 0
    problem: str = ""


class RunRecord(BaseModel):
    """What is kept of a run. The pipeline is the one that it was started with."""

    model_config = ConfigDict(extra="forbid")

    version: int = 1
    name: str
    title: str
    repo: str
    base: str
    base_commit: str
    agent: str = ""
    variables: dict[str, str] = {}
    created_at: str
    pipeline: dict[str, Any]
    outcome: str = ""
    ended_at: str = ""
    cancelled: bool = False
    stops: bool = False
    final: dict[str, Any] | None = None
    """How it was when it was over; its sessions may be gone since."""
    steps: dict[str, StepRecord] = {}


class Run:
    """A run, and what this host knows of it beside."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self.pipeline: Pipeline = pipeline_from_wire(record.pipeline)
        self.held: dict[str, str] = {}
        """Why steps cannot begin now, until their sessions change."""
        self.saved = ""
        """What is on disk of it."""
        self.barred: dict[str, str] = {}
        """Why the checks of steps cannot run, until a person does something."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.record.name

    def of(self, step: str) -> StepRecord:
        """What is kept of a step."""
        return self.record.steps.setdefault(step, StepRecord())

    def words(self) -> dict[str, Word]:
        """What was decided of the steps."""
        return {
            name: Word(
                approved=each.approved,
                note=each.note,
                skipped=each.skipped,
                again=each.again,
                problem=each.problem,
                held=self.held.get(name, ""),
            )
            for name in (step.name for step in self.pipeline.steps)
            for each in (self.of(name),)
        }


class Book:
    """All runs that are kept, the newest last."""

    def __init__(self, store: Store, saved: Mapping[str, str]) -> None:
        self._store = store
        read = (_read(data) for data in saved.values())
        runs = sorted((r for r in read if r), key=lambda run: run.record.created_at)
        self._runs = {run.name: run for run in runs}

    def __iter__(self) -> Iterator[Run]:
        return iter(tuple(self._runs.values()))

    def find(self, name: str) -> Run | None:
        """The run of exactly that name."""
        return self._runs.get(name)

    def named(self, name: str) -> Run:
        """The run that a name or its unique begin means.

        Raises:
            UsageError: If it means none, or several.
        """
        if name in self._runs:
            return self._runs[name]
        found = [run for known, run in self._runs.items() if known.startswith(name)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(run.name for run in found[:5])
            raise UsageError(f"{name!r} could be any of {names}. Give a longer name.")
        raise UsageError(
            f"No run is called {name!r}. `agentdeck pipeline list` lists them."
        )

    async def add(self, record: RunRecord) -> Run:
        """Keep a new run."""
        run = Run(record)
        self._runs[run.name] = run
        await self.save(run)
        return run

    async def save(self, run: Run) -> None:
        """Keep what changed of a run.

        Raises:
            StoreError: If the disk refuses.
        """
        data = json.dumps(run.record.model_dump())
        await self._store.save_run(run.name, data, keep=MAX_RUNS)
        run.saved = data

    async def save_changed(self, run: Run) -> None:
        """Keep a run if anything of it changed.

        Raises:
            StoreError: If the disk refuses.
        """
        if json.dumps(run.record.model_dump()) != run.saved:
            await self.save(run)

    def new_name(self, text: str) -> str:
        """A name that no run has."""
        slug = slug_from(text)[: MAX_NAME - 5].strip("-") or "run"
        while (name := f"{slug}-{secrets.token_hex(2)}") in self._runs:
            continue
        return name


def a_record(pipeline: Pipeline, name: str, **values: Any) -> RunRecord:
    """The record of a run that begins now."""
    return RunRecord(
        name=name,
        pipeline=pipeline_to_wire(pipeline),
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        **values,
    )


def shown(run: Run, state: State, sessions: Sessions) -> ShownRun:
    """A run as clients see it."""
    now = standings(run.pipeline, state)
    record = run.record
    steps = [_shown(run, step, now[step.name], sessions) for step in run.pipeline.steps]
    is_over = bool(record.outcome)
    needs = [] if is_over else [s.name for s in steps if s.state in NEEDS_PERSON]
    return ShownRun(
        name=run.name,
        pipeline=run.pipeline.name,
        title=record.title,
        repo=record.repo,
        base=record.base,
        created_at=record.created_at,
        outcome=record.outcome,
        ended_at=record.ended_at,
        needs=tuple(needs),
        steps=tuple(steps),
    )


def _shown(run: Run, step: Step, standing: Standing, sessions: Sessions) -> ShownStep:
    record = run.of(step.name)
    session = sessions.find(step.session or record.session)
    return ShownStep(
        name=step.name,
        state=standing.state.value,
        reason=standing.reason,
        after=tuple((edge.step, edge.when.value) for edge in step.after),
        join=step.join.value,
        session=session.id if session else "",
        session_name=session.name if session else "",
        branch=session.branch if session else "",
        is_adopted=step.is_adopted,
        is_command=bool(step.run),
        approval=step.approval,
        note=record.note,
        tries=session.tries if session and not step.is_adopted else record.tries,
        retries=step.retries,
        task=(step.run or step.prompt or (session.title if session else ""))[
            :TASK_SHOWN
        ],
    )


def step_of(run: Run, name: str) -> Step:
    """A step by its name.

    Raises:
        UsageError: If there is none.
    """
    for step in run.pipeline.steps:
        if step.name == name:
            return step
    names = ", ".join(step.name for step in run.pipeline.steps)
    raise UsageError(f"{run.name} has no step {name!r}. There are {names}.")


def require_own(run: Run, step: Step) -> None:
    """Refuse what cannot be done to a session that was there before the run."""
    if step.is_adopted:
        raise RefusedError(
            f"{step.name} was there before {run.name}; act on the session itself."
        )


def _read(data: str) -> Run | None:
    try:
        return Run(RunRecord.model_validate_json(data))
    except (ValueError, KeyError, TypeError):
        logger.warning("pipeline_run_unreadable")
        return None
