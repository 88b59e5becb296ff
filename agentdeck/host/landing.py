"""The merge queue: sessions' branches into their bases, a batch at a time."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.merge_queue import Verdict, squash_message
from agentdeck.core.session import Phase, Session
from agentdeck.git.batches import (
    Batch,
    Hearers,
    How,
    Step,
    Wanted,
    merge_many,
    rehearse,
    take_back,
)
from agentdeck.git.commits import commits_between
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, open_repository
from agentdeck.host.batches import Batches, Landed, Record, has_landed
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.messages import MergeSessions
from agentdeck.rpc.protocol import error_to_wire

SAVE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class _Part:
    """The sessions of a request that go into one branch of one repository."""

    repo: str
    into: str
    sessions: tuple[Session, ...]


class Landing:
    """Merges sessions into a base; one batch at a time in a repository."""

    def __init__(
        self, sessions: Sessions, batches: Batches, refresh: Callable[[str], None]
    ) -> None:
        self._sessions = sessions
        self._batches = batches
        self._refresh = refresh
        self._locks: dict[str, asyncio.Lock] = {}

    def lock(self, repo: str) -> asyncio.Lock:
        """What keeps batches and discards of one repository apart."""
        return self._locks.setdefault(repo, asyncio.Lock())

    async def merge(self, request: MergeSessions) -> list[dict[str, Any]]:
        """Merge sessions in the order given, each on top of the one before.

        Gives a result for each. One that cannot be merged is left untouched; the
        others of its base land together or, when the base cannot move, not at all.
        """
        results: dict[str, dict[str, Any]] = {}
        sessions = [self._sessions.find(each) for each in dict.fromkeys(request.ids)]
        for part in _parts([s for s in sessions if s is not None], request.into):
            for session, result in await self._merge_part(part, request):
                results[session.id] = {
                    "id": session.id,
                    "name": session.name,
                    **result,
                }
        gone = NoSuchSessionError("There is no such session any more.")
        missing = {"ok": False, "error": error_to_wire(gone)}
        return [
            results.get(each, {"id": each, "name": each, **missing})
            for each in dict.fromkeys(request.ids)
        ]

    async def undo(self, record: Record) -> dict[str, Any]:
        """Put a base back to where it was before a batch.

        Raises:
            RefusedError: If the base has moved on, or its checkout is not clean.
        """
        async with self.lock(record.repo):
            await asyncio.to_thread(_take_back, record)
            await self._batches.drop(record)
        names = []
        for item in record.items:
            names.append(item.name)
            session = self._sessions.find(item.session_id)
            if session is not None and session.merged_head == item.head:
                self._sessions.change(
                    session.id, merged_into=None, merged_commit=None, merged_head=None
                )
                self._refresh(session.id)
        return {"undone": "merge", "into": record.into, "names": names}

    async def settle(self) -> list[str]:
        """Find out what became of batches that a killed host left; says what."""
        said = []
        for record in [each for each in self._batches if not each.is_done]:
            names = ", ".join(item.name for item in record.items)
            if await asyncio.to_thread(has_landed, record):
                await self._note(record)
                said.append(f"The merge of {names} into {record.into} had landed.")
            else:
                await self._batches.drop(record)
                said.append(
                    f"The merge of {names} into {record.into} was interrupted, and"
                    " nothing of it was merged. Merge again when you like."
                )
        return said

    async def _merge_part(
        self, part: _Part, request: MergeSessions
    ) -> list[tuple[Session, dict[str, Any]]]:
        ready = [s for s in part.sessions if not _has_not_started(s)]
        early = [(s, _not_started(s)) for s in part.sessions if _has_not_started(s)]
        loop = asyncio.get_running_loop()
        kept: list[Record] = []

        def keep(batch: Batch) -> None:
            # On the merging thread: the record has to be on disk before it goes on.
            record = _record(part, batch)
            saving = asyncio.run_coroutine_threadsafe(self._batches.keep(record), loop)
            saving.result(SAVE_TIMEOUT_S)
            kept[:] = [record]

        if not ready:
            return early
        try:
            async with self.lock(part.repo):
                batch = await asyncio.to_thread(_run, part, ready, request, keep)
                if kept:
                    await self._note(kept[0])
        except AgentDeckError as error:
            for record in kept:
                await self._batches.drop(record)
            failed = {"ok": False, "error": error_to_wire(error)}
            return early + [(session, failed) for session in ready]
        names = {session.branch: session.name for session in ready}
        results = [
            (session, _result(step, batch, names))
            for session, step in zip(ready, batch.steps, strict=True)
        ]
        return early + results

    async def _note(self, record: Record) -> None:
        """Have the sessions say that they are merged."""
        for item in record.items:
            if self._sessions.find(item.session_id) is None:
                continue
            self._sessions.change(
                item.session_id,
                merged_into=record.into,
                merged_commit=item.commit,
                merged_head=item.head,
            )
            data: dict[str, object] = {"into": record.into, "commit": item.commit}
            self._sessions.tell(EventKind.SESSION_MERGED, item.session_id, data)
            self._refresh(item.session_id)
        await self._batches.keep(record.model_copy(update={"is_done": True}))


def _parts(sessions: list[Session], into: str | None) -> list[_Part]:
    grouped: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        grouped.setdefault((session.repo, into or session.base), []).append(session)
    return [_Part(repo, base, tuple(own)) for (repo, base), own in grouped.items()]


def _has_not_started(session: Session) -> bool:
    return session.phase in (Phase.QUEUED, Phase.PREPARING)


def _not_started(session: Session) -> dict[str, Any]:
    error = RefusedError(
        f"{session.name} has not started, so there is nothing to merge."
    )
    return {"ok": False, "verdict": Verdict.REFUSED, "error": error_to_wire(error)}


def _run(
    part: _Part,
    sessions: list[Session],
    request: MergeSessions,
    keep: Callable[[Batch], None],
) -> Batch:
    repository = open_repository(Path(part.repo))
    wanted = [
        Wanted(each.branch, _message(repository, each, part.into, request))
        for each in sessions
    ]
    how = How(request.strategy, stop_on_conflict=request.stop_on_conflict)
    if request.dry_run:
        return rehearse(repository, wanted, part.into, how)
    return merge_many(repository, wanted, part.into, how, Hearers(before_move=keep))


def _take_back(record: Record) -> None:
    repository = open_repository(Path(record.repo))
    take_back(repository, record.into, record.final, record.previous)


def _message(
    repository: Repository, session: Session, into: str, request: MergeSessions
) -> str:
    if request.message is not None:
        return request.message
    if request.strategy != "squash":
        return f"Merge branch '{session.branch}' into {into}\n\n{session.title}"
    try:
        own = commits_between(repository, full_ref(into), full_ref(session.branch))
    except AgentDeckError:
        return session.title
    return squash_message(session.title, [each.subject for each in reversed(own)])


def _record(part: _Part, batch: Batch) -> Record:
    by_branch = {session.branch: session for session in part.sessions}
    landed = [step for step in batch.steps if step.commit]
    return Record(
        id=uuid.uuid4().hex,
        at=time.time(),
        repo=part.repo,
        into=part.into,
        previous=batch.previous,
        final=batch.final,
        items=tuple(
            Landed(
                session_id=by_branch[step.branch].id,
                name=by_branch[step.branch].name,
                head=step.head,
                commit=step.commit,
            )
            for step in landed
        ),
    )


def _result(step: Step, batch: Batch, names: dict[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "verdict": step.verdict.value,
        "earlier": [names[branch] for branch in step.earlier],
        "into": batch.into,
    }
    error = step.problem
    if step.verdict is Verdict.NOT_REACHED:
        error = RefusedError("One before it could not be merged, so it was not tried.")
    elif error is None:
        error = batch.blocked
    if error is not None:
        return {**result, "ok": False, "error": error_to_wire(error)}
    return {**result, "ok": True, "commit": step.commit}
