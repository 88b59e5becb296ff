"""Runs pipelines: looks at a run when one of its sessions changed, and does what is next.

What is next is decided by `core/pipeline_runs.py` alone. Each open run has one task,
which sleeps until there is news; a host that starts finds out again where each run is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.pipeline_runs import (
    Action,
    ActionKind,
    Doing,
    Light,
    Seen,
    State,
    light_of,
    seen_of,
    what_next,
)
from agentdeck.core.pipeline_wire import ShownRun, run_from_wire, run_to_wire
from agentdeck.core.pipelines import Step
from agentdeck.core.session import Activity, Phase, Session, moved
from agentdeck.host.pipeline_book import Book, Run, RunRecord, shown
from agentdeck.host.pipeline_steps import HeldError, StepStarter, env_file
from agentdeck.host.session_files import write_json

if TYPE_CHECKING:
    from agentdeck.host.application import Host

logger = logging.getLogger(__name__)

SETTLE_S = 0.3
"""How long news is gathered; some agents look at rest for a moment in their turn."""
TAIL_LINES = 60


class Pipelines:
    """All runs of pipelines."""

    def __init__(self, host: Host, saved: Mapping[str, str]) -> None:
        self._host = host
        self.book = Book(host.store, saved)
        self._starter = StepStarter(host)
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._drivers: dict[str, asyncio.Task[None]] = {}
        self._facts: dict[str, object] = {}
        """What a run can see of each session, as it was when it last changed."""
        self._shown: dict[str, ShownRun] = {}
        self.on_needs: Callable[[str], None] = lambda _: None
        """Called with a sentence when a run comes to need a person."""

    async def begin(self, record: RunRecord, env: Mapping[str, str]) -> Run:
        """Keep a new run and start it.

        Raises:
            AgentDeckError: If the disk refuses.
        """
        file = env_file(self._host, record.name)
        await asyncio.to_thread(_write_env, file, dict(env))
        run = await self.book.add(record)
        await self.look(run)
        self._drive(run)
        return run

    async def take_up(self) -> None:
        """Go on with the runs that were open when the last host ended."""
        for session in self._host.sessions:
            run = self.book.find(session.run) if session.run else None
            if run is not None and session.tries >= run.of(session.step).tries:
                run.of(session.step).session = session.id
                run.of(session.step).tries = session.tries
        known = {env_file(self._host, run.name) for run in self.book}
        await asyncio.to_thread(_forget_others, self._host, known)
        for run in self.book:
            if not run.record.outcome:
                self._drive(run)
            elif run.record.final is not None:
                # Its end is no news.
                self._shown[run.name] = run_from_wire(run.record.final)

    async def close(self) -> None:
        """Do nothing more; what is begun goes on, and so does the run later."""
        for task in (tasks := list(self._drivers.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def heard(self, session_id: str) -> None:
        """A session changed, or went."""
        session = self._host.sessions.find(session_id)
        facts = _facts(session)
        if self._facts.get(session_id, self) == facts:
            return
        self._facts[session_id] = facts
        if session is None:
            self._facts.pop(session_id)
        for name in self._drivers:
            run = self.book.find(name)
            if run is not None and _concerns(run, session_id, session):
                _note_landing(run, session)
                run.held.clear()
                self._news[name].set()

    def sent(self, session_id: str) -> None:
        """A message to a session went out, or did not."""
        self._facts.pop(session_id, None)
        self.heard(session_id)

    def wake(self, run: Run) -> None:
        """Look at a run again; one that was over goes on if there is anything to do."""
        run.held.clear()
        run.record.final = None
        self._drive(run)

    async def look(self, run: Run) -> ShownRun:
        """Where a run is now, or was at its end; clients are told if that is news."""
        final = run.record.final
        if final is not None:
            return self._tell(run, run_from_wire(final))
        state = await self._state(run)
        return self._tell(run, shown(run, state, self._host.sessions))

    def open_runs(self) -> list[dict[str, Any]]:
        """The open runs as clients see them."""
        return [
            run_to_wire(self._shown[run.name])
            for run in self.book
            if not run.record.outcome and run.name in self._shown
        ]

    async def state_of(self, run: Run) -> State:
        """All that is known of a run now."""
        return await self._state(run)

    def _drive(self, run: Run) -> None:
        self._news[run.name].set()
        before = self._drivers.get(run.name)
        if before is None or before.done():
            task = asyncio.create_task(self._go_on(run), name=f"pipeline-{run.name}")
            self._drivers[run.name] = task
            task.add_done_callback(lambda done: self._rests(run, done))

    def _rests(self, run: Run, task: asyncio.Task[None]) -> None:
        if self._drivers.get(run.name) is task:
            del self._drivers[run.name]

    async def _go_on(self, run: Run) -> None:
        news = self._news[run.name]
        while not run.record.outcome:
            await news.wait()
            await asyncio.sleep(SETTLE_S)
            news.clear()
            try:
                await self._act(run)
            except Exception:
                # One run must not end the others, and its next news tries again.
                logger.exception("pipeline_failed", extra={"run": run.name})

    async def _act(self, run: Run) -> None:
        state = await self._state(run)
        self._tell(run, shown(run, state, self._host.sessions))
        actions = what_next(run.pipeline, state)
        if not actions:
            await self.book.save_changed(run)
            return
        done = await asyncio.gather(
            *(self._do(run, action, state) for action in actions)
        )
        await self.book.save(run)
        if not run.record.outcome and any(done):
            self._news[run.name].set()
        await self.look(run)

    async def _do(self, run: Run, action: Action, state: State) -> bool:
        """Do one thing; says whether the run has to be looked at again at once."""
        match action.kind:
            case ActionKind.BEGIN:
                await self._begin(run, action, state)
                return True
            case ActionKind.CHECK:
                await self._check(run, action.step)
            case ActionKind.SEND_BACK:
                await self._send_back(run, action)
            case ActionKind.STOP:
                await self._stop(run, action.step)
            case ActionKind.END:
                self._end(run, action.outcome, state)
        return False

    async def _begin(self, run: Run, action: Action, state: State) -> None:
        step, record = run.pipeline.step(action.step), run.of(action.step)
        try:
            session = await self._starter.begin(run, step, action.tries, state)
        except HeldError as error:
            run.held[step.name] = error.message
            return
        except (AgentDeckError, OSError) as error:
            logger.info("step_not_begun: %s", error)
            record.problem, record.session = str(error), ""
            return
        record.session, record.tries, record.problem = session.id, action.tries, ""

    async def _check(self, run: Run, name: str) -> None:
        session = self._session(run, run.pipeline.step(name))
        if session is None:
            return
        try:
            await self._host.checks.start(session)
        except AgentDeckError as error:
            run.barred[name] = error.message
            self._news[run.name].set()

    async def _send_back(self, run: Run, action: Action) -> None:
        """Give a red step's agent what the checks printed, once for each try.

        The message and the number of the try are one change of the session, so a host
        that dies in between sends it not at all or once.
        """
        step = run.pipeline.step(action.step)
        session = self._session(run, step)
        if session is None or session.tries >= action.tries:
            return
        output = self._host.outputs.last(session.id, "check")
        tail = await asyncio.to_thread(output.tail, TAIL_LINES)
        owes = await self._starter.owes(run, step, session)
        text = self._starter.retry_text(run, step, owes or session.check_note, tail)
        now = self._host.sessions.find(session.id)
        if now is None or now.tries >= action.tries:
            return
        changed = replace(
            now,
            queued=(*now.queued, text),
            tries=action.tries,
            check=CheckState.NONE,
            check_note="",
            updated_at=datetime.now(UTC),
        )
        run.of(step.name).tries = action.tries
        if changed.is_over:
            self._host.limits.renew(changed)
            queued = moved(changed, Phase.QUEUED, datetime.now(UTC))
            self._host.sessions.put(replace(queued, exit_code=None, unread=False))
        else:
            self._host.outbox.consider(self._host.sessions.put(changed))

    async def _stop(self, run: Run, name: str) -> None:
        session = self._session(run, run.pipeline.step(name))
        if session is None or session.is_over or session.phase is Phase.STOPPING:
            return
        try:
            await self._host.stop_session(session, force=False)
        except AgentDeckError as error:
            logger.info("step_not_stopped: %s", error)

    def _end(self, run: Run, outcome: str, state: State) -> None:
        run.record.outcome = outcome
        run.record.ended_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        run.record.final = run_to_wire(shown(run, state, self._host.sessions))

    async def _state(self, run: Run) -> State:
        seen = {}
        for step in run.pipeline.steps:
            found = await self._seen(run, step)
            if found is not None:
                seen[step.name] = found
        record = run.record
        return State(seen, run.words(), record.cancelled, record.stops)

    async def _seen(self, run: Run, step: Step) -> Seen | None:
        record = run.of(step.name)
        session = self._session(run, step)
        if session is None:
            if not record.session and not step.is_adopted:
                return None
            merged = bool(record.merged_into)
            return Seen(Doing.GONE, merged=merged, tries=record.tries)
        if _may_rest(session) and not run.record.outcome:
            # What its turn left uncommitted is its work, too.
            await self._host.turns.settled(session.id)
            session = self._session(run, step) or session
        _note_landing(run, session)
        light, owes = Light.NONE, ""
        if _may_rest(session):
            light = await self._light(run, step, session)
            owes = await self._starter.owes(run, step, session)
        is_sending = self._host.outbox.is_sending(session.id)
        seen = seen_of(session, light, is_sending=is_sending, owes=owes)
        if light is Light.BARRED and step.name in run.barred:
            seen = replace(seen, check_note=run.barred[step.name])
        return seen

    async def _light(self, run: Run, step: Step, session: Session) -> Light:
        plan = await asyncio.to_thread(self._host.checks.plan, session)
        standing = plan.standing
        barred = standing.problem
        if standing.needs_trust and standing.settings.check_commands:
            barred = f"its checks wait for trust: agentdeck trust {standing.repo}"
        if barred and not plan.commands:
            run.barred[step.name] = barred
        elif session.check not in (CheckState.NONE, CheckState.INTERRUPTED):
            run.barred.pop(step.name, None)
        if step.name in run.barred:
            return Light.BARRED
        return light_of(session, has_checks=bool(plan.commands), barred=barred)

    def _session(self, run: Run, step: Step) -> Session | None:
        session_id = step.session or run.of(step.name).session
        return self._host.sessions.find(session_id) if session_id else None

    def _tell(self, run: Run, now: ShownRun) -> ShownRun:
        before = self._shown.get(run.name)
        if now == before:
            return now
        self._shown[run.name] = now
        self._host.journal.record(EventKind.PIPELINE_CHANGED, {"run": run_to_wire(now)})
        known = before.needs if before is not None else ()
        for name in now.needs:
            step = next(each for each in now.steps if each.name == name)
            # What an agent asks is told with its session.
            if name not in known and step.state != "asking":
                self.on_needs(f"{run.name}: {name} {step.reason}")
        if now.is_over and (before is None or not before.is_over):
            self._say_end(now)
        return now

    def _say_end(self, run: ShownRun) -> None:
        failed = [step for step in run.steps if step.state == "failed"]
        text = f"The pipeline {run.name} is {run.outcome}."
        if run.outcome == "failed" and failed:
            text = f"The pipeline {run.name} failed at {failed[0].name}: {failed[0].reason}."
        level = "warning" if run.outcome == "failed" else "info"
        self._host.journal.record(EventKind.NOTICE, {"level": level, "text": text})


def _may_rest(session: Session) -> bool:
    rests = session.phase is Phase.RUNNING and session.activity is Activity.IDLE
    return rests or session.phase is Phase.ENDED


def _facts(session: Session | None) -> object:
    if session is None:
        return None
    return (
        session.phase,
        session.activity,
        session.check,
        session.check_note,
        session.merged_into,
        session.queued,
        session.tries,
        session.dirty,
        session.reason,
    )


def _concerns(run: Run, session_id: str, session: Session | None) -> bool:
    if session is not None and session.run == run.name:
        return True
    ids = (step.session or run.of(step.name).session for step in run.pipeline.steps)
    return session_id in ids


def _note_landing(run: Run, session: Session | None) -> None:
    """Keep where a session landed, as it may be discarded at once."""
    if session is None or not session.is_merged:
        return
    for step in run.pipeline.steps:
        if session.id in (step.session, run.of(step.name).session):
            run.of(step.name).merged_into = session.merged_into or ""


def _write_env(file: Path, env: dict[str, str]) -> None:
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_json(file, env)
    except OSError as error:
        raise AgentDeckError(
            f"{file} cannot be written: {error.strerror}. Free some room on that disk."
        ) from error


def _forget_others(host: Host, known: set[Path]) -> None:
    for file in (host.paths.state / "pipelines").glob("*.json"):
        if file not in known:
            file.unlink(missing_ok=True)
