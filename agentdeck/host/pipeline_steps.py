"""Begins the session of a step: where its branch starts, and what its agent is told."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentdeck.core.briefs import limits_to_order
from agentdeck.core.errors import RefusedError
from agentdeck.core.pipeline_prompts import filled
from agentdeck.core.pipeline_runs import Hold, State, hold, sources, standings
from agentdeck.core.pipelines import OnConflict, Step
from agentdeck.core.session import Session
from agentdeck.git.checkouts import named
from agentdeck.git.joins import Joined, LeftOut, Tip, join, missing_from
from agentdeck.git.names import full_ref
from agentdeck.git.repository import commit_of, open_repository
from agentdeck.git.status import uncommitted
from agentdeck.host.creation import Placed
from agentdeck.host.pipeline_book import Run
from agentdeck.host.session_files import read_json
from agentdeck.host.store import Change
from agentdeck.rpc.messages import CreateSession

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class HeldError(RefusedError):
    """A step cannot begin before somebody puts something right."""


@dataclass(frozen=True, slots=True)
class Source:
    """A step before: its session if it is there, else the branch that has its work."""

    step: str
    branch: str
    session: Session | None


class StepStarter:
    """Begins steps, each try of each at most once."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def begin(self, run: Run, step: Step, tries: int, state: State) -> Session:
        """Begin the session of a step, or find the one that was begun already.

        Raises:
            HeldError: If a branch that it starts from has uncommitted work.
            AgentDeckError: If it cannot begin at all.
        """
        session_id = id_of(run.name, step.name, tries)
        found = self._host.sessions.find(session_id)
        if found is not None:
            return found
        before = [self._source(run, name) for name in _before(run, step, state)]
        begins_at = [
            self._source(run, name) for name in sources(run.pipeline, state, step.name)
        ]
        for source in begins_at:
            await self._require_committed(source)
        branch = f"{run.name}-{step.name}"
        joined = await asyncio.to_thread(_start, run, begins_at, branch)
        if joined.left_out and (step.run or step.on_conflict is OnConflict.STOP):
            raise RefusedError(_conflict_words(joined.left_out, begins_at))
        request = self._request(run, step, tries, before, joined)
        placed = Placed(
            id=session_id,
            run=run.name,
            step=step.name,
            tries=tries,
            start=joined.commit,
            folder=run.name,
            keep=self._keep,
        )
        record = run.of(step.name)
        record.owed = [each.tip.commit for each in joined.left_out]
        record.owed_note = ", ".join(each.tip.branch for each in joined.left_out)
        return await self._host.creator.create(request, placed)

    def retry_text(self, run: Run, step: Step, note: str, tail: Sequence[str]) -> str:
        """What an agent is told whose checks are red."""
        output = "\n".join(tail)
        text = step.retry_prompt or RETRY
        values = {**run.record.variables, "run": run.name, "step": step.name}
        values |= {"base": run.record.base, "output": output, "note": note}
        return filled(text, values)

    async def owes(self, run: Run, step: Step, session: Session) -> str:
        """What a step's branch had to merge and has not, in a sentence."""
        record = run.of(step.name)
        if not record.owed:
            return ""
        missing = await asyncio.to_thread(_missing, session, record.owed)
        return f"it has not merged {record.owed_note}" if missing else ""

    async def _keep(self, session: Session) -> None:
        # On disk before anything starts: a host that dies now begins no second one.
        await self._host.store.apply(Change(saved=(session,)))

    def _source(self, run: Run, name: str) -> Source:
        step, record = run.pipeline.step(name), run.of(name)
        session = self._host.sessions.find(step.session or record.session)
        landed = session.merged_into if session else record.merged_into
        if landed:
            return Source(name, landed, session)
        if session is None:
            raise RefusedError(
                f"The session of {name} is gone, and its branch with it."
            )
        return Source(name, session.branch, session)

    async def _require_committed(self, source: Source) -> None:
        session = source.session
        if session is None or source.branch != session.branch:
            return
        await self._host.turns.settled(session.id)
        files = await asyncio.to_thread(_dirty, Path(session.worktree))
        if files and session.auto_commit:
            # The host that should have committed the end of its turn was killed.
            self._host.turns.ended(session.id)
            await self._host.turns.settled(session.id)
            files = await asyncio.to_thread(_dirty, Path(session.worktree))
        if files:
            self._host.git_watch.refresh(session.id)
            raise HeldError(
                f"{session.name} has changes that are not committed: {named(files)}"
            )

    def _request(
        self, run: Run, step: Step, tries: int, before: list[Source], joined: Joined
    ) -> CreateSession:
        record, word = run.record, run.of(step.name)
        listed = "\n".join(f"- {s.step}: branch {s.branch}" for s in before)
        values = {
            **record.variables,
            "run": run.name,
            "step": step.name,
            "base": record.base,
            "before": listed or "(none)",
            **{f"branch.{s.step}": s.branch for s in before},
        }
        prompt = filled(step.prompt, values).strip()
        if joined.left_out:
            prompt = f"{_merge_task(joined.left_out)}\n\n{prompt}"
        if word.approved and word.note:
            prompt += f"\n\nThe person who approved this step says: {word.note}"
        number = f"-{tries + 1}" if tries else ""
        title = filled(step.title, values) or f"{step.name}: {record.title}"
        return CreateSession(
            repo=record.repo,
            prompt="" if step.run else prompt,
            agent=None if step.run else step.agent or record.agent or None,
            command=["sh", "-c", step.run] if step.run else [],
            base=record.base,
            name=f"{run.name}-{step.name}{number}",
            title=" ".join(title.split())[:200],
            model=step.model or None,
            mode=step.mode or None,
            custom=step.custom or None,
            images=list(step.images),
            checks=list(step.checks),
            auto_commit=step.auto_commit,
            group=run.name if step.variant else "",
            variant=" ".join(filled(step.variant, values).split())[:200],
            env=read_json(env_file(self._host, run.name)) or {},
            **limits_to_order(step.limits),
        )


RETRY = """\
The checks of your work failed ({note}). This is the end of what they printed:

{output}

Find out why, put it right, and commit it."""


def id_of(run: str, step: str, tries: int) -> str:
    """The id of a try of a step: always the same, so that none is begun twice."""
    return hashlib.sha256(f"{run}/{step}/{tries}".encode()).hexdigest()[:10]


def env_file(host: Host, run: str) -> Path:
    """Where the environment of a run's sessions is kept, for this user alone."""
    return host.paths.state / "pipelines" / f"{run}.json"


def _before(run: Run, step: Step, state: State) -> list[str]:
    """The steps before that count, also where the step begins at the base."""
    now = standings(run.pipeline, state)
    return [
        edge.step
        for edge in step.after
        if hold(edge, now[edge.step], state.seen.get(edge.step)) is Hold.YES
        and edge.step in state.seen
    ]


def _dirty(worktree: Path) -> list[str]:
    return uncommitted(worktree) if (worktree / ".git").exists() else []


def _start(run: Run, begins_at: list[Source], branch: str) -> Joined:
    if not begins_at:
        return Joined(run.record.base_commit)
    repository = open_repository(Path(run.record.repo))
    tips = []
    for source in begins_at:
        commit = commit_of(repository, full_ref(source.branch))
        if commit is None:
            raise RefusedError(f"The branch {source.branch} of {source.step} is gone.")
        tips.append(Tip(source.branch, commit))
    return join(repository, tips, branch)


def _missing(session: Session, owed: list[str]) -> list[str]:
    repository = open_repository(Path(session.repo))
    tip = commit_of(repository, full_ref(session.branch))
    return owed if tip is None else missing_from(repository, tip, owed)


def _merge_task(left_out: Sequence[LeftOut]) -> str:
    lines = "\n".join(
        f"- git merge {each.tip.branch}   (conflicts in {named(list(each.files))})"
        for each in left_out
    )
    return (
        "First merge these branches into yours, settle the conflicts so that what each "
        f"of them wanted is kept, and commit each merge:\n\n{lines}\n\nThen this:"
    )


def _conflict_words(left_out: Sequence[LeftOut], begins_at: Sequence[Source]) -> str:
    first = left_out[0]
    others = ", ".join(s.branch for s in begins_at if s.branch != first.tip.branch)
    return (
        f"{first.tip.branch} changed the same lines of {named(list(first.files))} as "
        f"{others}; settle it on one of them, then retry this step"
    )
