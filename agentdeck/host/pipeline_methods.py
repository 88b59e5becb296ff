"""What may be asked about pipelines: starting one, looking at runs, deciding."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.config.pipeline_files import known_pipelines, load_pipeline
from agentdeck.core.checks import CheckState
from agentdeck.core.errors import RefusedError, UsageError
from agentdeck.core.pipeline_prompts import filled, literal, values_for
from agentdeck.core.pipeline_runs import State, StepState, standings
from agentdeck.core.pipeline_wire import run_to_wire
from agentdeck.core.pipelines import Edge, Pipeline, Step
from agentdeck.core.session import Session
from agentdeck.core.slugs import slug_from, title_from, unique_slug
from agentdeck.git.repository import Base, Repository, open_repository, resolve_base
from agentdeck.host.method import Method
from agentdeck.host.pipeline_book import Run, a_record, require_own, step_of
from agentdeck.rpc import pipeline_messages as p
from agentdeck.rpc.messages import CreateSession

if TYPE_CHECKING:
    from agentdeck.host.application import Host

LISTED = 50
NEXT = "next"
"""The step of a follow-up that comes after the sessions there are."""
_MAY_SKIP = frozenset(StepState) - {
    StepState.DONE,
    StepState.SKIPPED,
    StepState.PASSED,
    StepState.CANCELLED,
}
_FITS = {
    "approve": frozenset({StepState.APPROVAL}),
    "deny": frozenset({StepState.APPROVAL}),
    "retry": frozenset({StepState.FAILED, StepState.BLOCKED, StepState.SKIPPED}),
    "skip": _MAY_SKIP,
}


class PipelineMethods:
    """The methods on pipelines."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._runs = host.pipelines
        self._starting = asyncio.Lock()
        self.table: dict[str, Method] = {
            "pipeline.run": Method(p.RunPipeline, self._run),
            "pipeline.follow": Method(p.Follow, self._follow),
            "pipeline.list": Method(p.ListRuns, self._list),
            "pipeline.show": Method(p.OneRun, self._show),
            "pipeline.decide": Method(p.Decide, self._decide),
        }

    async def _run(self, params: p.RunPipeline) -> dict[str, Any]:
        repository, base = await asyncio.to_thread(_opened, params.repo, params.base)
        pipeline = await asyncio.to_thread(
            load_pipeline, params.source, repository.root
        )
        values = values_for(pipeline, params.variables)
        title = title_from(values["prompt"]) or filled(pipeline.title, values)
        return await self._begin(
            pipeline,
            params.env,
            title=title or pipeline.name,
            repo=str(repository.root),
            base=base.name,
            base_commit=base.commit,
            agent=params.agent or "",
            variables=values,
        )

    async def _follow(self, params: p.Follow) -> dict[str, Any]:
        sessions = [self._host.sessions.session(each) for each in params.ids]
        first = sessions[0]
        if any(session.repo != first.repo for session in sessions):
            raise RefusedError("These sessions are of several repositories.")
        pipeline = _follow_up(sessions, params)
        return await self._begin(
            pipeline,
            params.env,
            title=title_from(params.prompt),
            repo=first.repo,
            base=first.base,
            base_commit=first.base_commit,
        )

    async def _begin(
        self, pipeline: Pipeline, env: dict[str, str], **values: Any
    ) -> dict[str, Any]:
        """Start a run whose first steps could start now, as far as can be told."""
        env = env or dict(os.environ)
        async with self._starting:
            name = self._runs.book.new_name(pipeline.name)
            record = a_record(pipeline, name, **values)
            for step in pipeline.steps:
                if not step.is_adopted:
                    await self._try(record.repo, record.base, record.agent, step, env)
            run = await self._runs.begin(record, env)
        return {"run": run_to_wire(await self._runs.look(run))}

    async def _try(
        self, repo: str, base: str, agent: str, step: Step, env: dict[str, str]
    ) -> None:
        """Refuse at once what no session can be: an agent that is not installed."""
        request = CreateSession(
            repo=repo,
            prompt=step.prompt,
            agent=None if step.run else step.agent or agent or None,
            command=["sh", "-c", step.run] if step.run else [],
            base=base,
            mode=step.mode or None,
            custom=step.custom or None,
            env=env,
        )
        try:
            await self._host.creator.rehearse(request)
        except UsageError as error:
            raise UsageError(f"step {step.name!r}: {error.message}") from error

    async def _list(self, params: p.ListRuns) -> dict[str, Any]:
        repo = Path(params.repo) if params.repo else None
        known = await asyncio.to_thread(known_pipelines, repo)
        newest = list(self._runs.book)[-LISTED:][::-1]
        runs = [run_to_wire(await self._runs.look(run)) for run in newest]
        return {"runs": runs, "pipelines": [asdict(each) for each in known]}

    async def _show(self, params: p.OneRun) -> dict[str, Any]:
        run = self._runs.book.named(params.run)
        return {"run": run_to_wire(await self._runs.look(run))}

    async def _decide(self, params: p.Decide) -> dict[str, Any]:
        run = self._runs.book.named(params.run)
        state = await self._runs.state_of(run)
        if params.what == "cancel":
            self._cancel(run, stop=params.stop)
        else:
            step = _meant(run, state, params)
            await self._decide_step(run, step, params, state)
        await self._runs.book.save(run)
        self._runs.wake(run)
        return {"run": run_to_wire(await self._runs.look(run))}

    def _cancel(self, run: Run, *, stop: bool) -> None:
        if run.record.outcome:
            raise RefusedError(f"{run.name} is over: {run.record.outcome}.")
        run.record.cancelled, run.record.stops = True, stop

    async def _decide_step(
        self, run: Run, step: Step, params: p.Decide, state: State
    ) -> None:
        record = run.of(step.name)
        if params.note or params.what != "retry":
            record.note = params.note.strip()
        match params.what:
            case "approve" | "deny":
                record.approved = params.what == "approve"
            case "skip":
                record.skipped = True
            case _:
                await self._retry(run, step, state)
        run.record.outcome = run.record.ended_at = ""

    async def _retry(self, run: Run, step: Step, state: State) -> None:
        require_own(run, step)
        record = run.of(step.name)
        standing = standings(run.pipeline, state)[step.name]
        record.skipped, record.problem = False, ""
        if record.approved is False:
            record.approved = None
        run.barred.pop(step.name, None)
        seen = state.seen.get(step.name)
        if seen is None:
            return
        if standing.state is StepState.FAILED:
            record.again = seen.tries + 1
        session = self._host.sessions.find(record.session)
        is_checked = standing.state is StepState.BLOCKED and session is not None
        if (
            is_checked
            and session is not None
            and session.check is CheckState.INTERRUPTED
        ):
            await self._host.checks.start(session)


def _meant(run: Run, state: State, params: p.Decide) -> Step:
    """The step that a decision is about.

    Raises:
        UsageError: If it names none that there is, or could mean several.
        RefusedError: If the decision makes no sense where the step is.
    """
    if run.record.cancelled:
        raise RefusedError(f"{run.name} was cancelled; start the pipeline anew.")
    now = _states(run, state)
    fits = _FITS[params.what]
    if params.step is not None:
        step = step_of(run, params.step)
        if now[step.name] not in fits:
            raise RefusedError(
                f"{step.name} is {now[step.name].value}, so there is nothing to "
                f"{params.what}."
            )
        return step
    wanted = fits - {StepState.SKIPPED} if params.what == "retry" else fits
    found = [step for step in run.pipeline.steps if now[step.name] in wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RefusedError(f"{run.name} has no step to {params.what}.")
    names = ", ".join(step.name for step in found)
    raise UsageError(f"Which step shall it {params.what}? It could be {names}.")


def _states(run: Run, state: State) -> dict[str, StepState]:
    """Where each step is, or was at the end of the run: so people were told."""
    if run.record.final is not None:
        steps = run.record.final["steps"]
        return {each["name"]: StepState(each["state"]) for each in steps}
    now = standings(run.pipeline, state)
    return {name: standing.state for name, standing in now.items()}


def _opened(repo: str, base: str | None) -> tuple[Repository, Base]:
    repository = open_repository(Path(repo))
    return repository, resolve_base(repository, base)


def _follow_up(sessions: list[Session], params: p.Follow) -> Pipeline:
    names: list[str] = [NEXT]
    adopted = []
    for session in sessions:
        plain = re.sub(r"[^a-z0-9-]+", "-", session.name.lower())[:21].strip("-")
        name = unique_slug(plain or "session", names.__contains__)
        names.append(name)
        adopted.append(Step(name, title=session.title, session=session.id))
    step = Step(
        NEXT,
        prompt=literal(params.prompt),
        agent=params.agent or "",
        model=params.model or "",
        mode=params.mode or "",
        custom=params.custom or "",
        checks=tuple(params.checks),
        approval=params.approval,
        after=tuple(Edge(each.name, params.when) for each in adopted),
    )
    name = slug_from(params.prompt)
    return Pipeline(name, (*adopted, step), title=title_from(params.prompt))
