"""The merge queue: sessions' branches into their bases, a batch at a time."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.merge_queue import Verdict, squash_message
from agentdeck.core.own_checkout import require_worktree
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
from agentdeck.host.merge_runs import (
    MAX_KNOWN,
    Checker,
    MergeRun,
    NotCheckedError,
    Pending,
    Pendings,
    pending_of,
)
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.messages import MergeSessions
from agentdeck.rpc.protocol import error_to_wire

SAVE_TIMEOUT_S = 30.0
LOOKS = 4
"""How often a checked merge looks anew because its base moved."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The sessions of a request that go into one branch of one repository."""

    repo: str
    into: str
    sessions: tuple[Session, ...]


class Landing:
    """Merges sessions into a base; one batch at a time in a repository."""

    def __init__(
        self,
        sessions: Sessions,
        batches: Batches,
        refresh: Callable[[str], None],
        checker: Checker,
        pendings: Pendings,
    ) -> None:
        self._sessions = sessions
        self._batches = batches
        self._refresh = refresh
        self._checker = checker
        self._pendings = pendings
        self._locks: dict[str, asyncio.Lock] = {}
        self._runs: dict[str, MergeRun] = {}
        self._tasks: set[asyncio.Task[list[dict[str, Any]]]] = set()
        self.discard: Callable[[Session, str], Awaitable[dict[str, Any]]] = _kept
        """Discards a session that landed, one of a group."""
        self._known: dict[str, AgentDeckError | None] = {}
        """What is known of the checks of trees, from one merge to the next."""

    def lock(self, repo: str) -> asyncio.Lock:
        """What keeps batches and discards of one repository apart."""
        return self._locks.setdefault(repo, asyncio.Lock())

    async def merge(self, request: MergeSessions) -> list[dict[str, Any]]:
        """Merge sessions in the order given, each on top of the one before.

        Gives a result for each. One that cannot be merged is left untouched; the
        others of its base land together or, when the base cannot move, not at all.
        A client that leaves does not end it.
        """
        task = asyncio.create_task(self._merge(request), name="merge")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    def cancel(self, batch: str) -> None:
        """End a merge before its next session; nothing of it is merged then.

        Raises:
            RefusedError: If there is none under way.
        """
        if batch not in self._runs:
            raise RefusedError("That merge is over already.")
        self._runs[batch].cancel()

    async def pending(self) -> list[dict[str, Any]]:
        """The merges that a crash interrupted: what is merged by now, and what not."""
        found = []
        for each in await asyncio.to_thread(lambda: list(self._pendings)):
            if each.id in self._runs:
                continue
            left, merged = self._left_of(each)
            if not left:
                await asyncio.to_thread(self._pendings.drop, each.id)
                continue
            found.append(
                {
                    "batch": each.id,
                    "at": each.at,
                    "ids": left,
                    "left": [each.names[i] for i in left],
                    "merged": [each.names[i] for i in merged],
                    "strategy": each.request.get("strategy"),
                    "into": each.request.get("into"),
                }
            )
        return found

    async def resume(self, batch: str) -> MergeSessions:
        """What is left of an interrupted merge, as a request to go on with it.

        Raises:
            RefusedError: If there is none of that name.
        """
        for each in await asyncio.to_thread(lambda: list(self._pendings)):
            if each.id == batch and each.id not in self._runs:
                left, _ = self._left_of(each)
                self._known |= dict.fromkeys(each.passed)
                values = {**each.request, "ids": left, "batch": each.id}
                return MergeSessions.model_validate(values)
        raise RefusedError("No interrupted merge is called that.")

    async def drop(self, batch: str) -> None:
        """Do not offer to go on with an interrupted merge any more."""
        if batch not in self._runs:
            await asyncio.to_thread(self._pendings.drop, batch)

    async def close(self) -> None:
        """End the merges under way, before their base moves if that is possible."""
        for run in self._runs.values():
            run.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _left_of(self, pending: Pending) -> tuple[list[str], list[str]]:
        """The ids that a merge still has to merge, and those it has merged."""
        found = [self._sessions.find(each) for each in pending.names]
        there = [session for session in found if session is not None]
        left = [str(s.id) for s in there if not s.is_merged]
        return left, [str(s.id) for s in there if s.is_merged]

    async def _merge(self, request: MergeSessions) -> list[dict[str, Any]]:
        run_id = request.batch or uuid.uuid4().hex
        if run_id in self._runs:
            raise RefusedError("That merge is under way already.")
        found = [self._sessions.find(each) for each in dict.fromkeys(request.ids)]
        names = {str(s.id): s.name for s in found if s is not None}
        run = MergeRun(run_id, names, self._checker, self._tell)
        run.known = self._known
        self._runs[run_id] = run
        try:
            if request.dry_run:
                return await self._merge_parts(request, run)
            results = await self._merge_and_remember(request, run, names)
            if request.discard:
                await self._discard_landed(results)
            return results
        finally:
            del self._runs[run_id]
            while len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]

    async def _discard_landed(self, results: list[dict[str, Any]]) -> None:
        group = uuid.uuid4().hex
        for result in results:
            session = self._sessions.find(result["id"])
            if not result["ok"] or session is None:
                continue
            try:
                result.update(await self.discard(session, group))
            except AgentDeckError as error:
                result["stays"] = error.message

    async def _merge_and_remember(
        self, request: MergeSessions, run: MergeRun, names: dict[str, str]
    ) -> list[dict[str, Any]]:
        """Merge, with what is left to do in a file until it is done."""
        pending = pending_of(run.id, request, names)
        passed: list[str] = []

        async def passed_one(key: str) -> None:
            passed.append(key)
            now = pending.model_copy(update={"passed": tuple(passed)})
            await asyncio.to_thread(self._pendings.keep, now)

        run.on_passed = passed_one
        await asyncio.to_thread(self._pendings.keep, pending)
        results = await self._merge_parts(request, run)
        await asyncio.to_thread(self._forget, pending)
        return results

    def _forget(self, done: Pending) -> None:
        """Forget a merge that is done, and those that it took over."""
        for each in list(self._pendings):
            if each.id == done.id or set(each.names) <= set(done.names):
                self._pendings.drop(each.id)

    def _tell(self, data: dict[str, object]) -> None:
        self._sessions.tell(EventKind.MERGE_PROGRESS, str(data["id"]), data)

    async def _merge_parts(
        self, request: MergeSessions, run: MergeRun
    ) -> list[dict[str, Any]]:
        results: dict[str, dict[str, Any]] = {}
        sessions = [self._sessions.find(each) for each in dict.fromkeys(request.ids)]
        for part in _parts([s for s in sessions if s is not None], request.into):
            for session, result in await self._merge_part(part, request, run):
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
        await asyncio.to_thread(self._pendings.drop_old)
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
        for each in await self.pending():
            left = ", ".join(each["left"])
            said.append(
                f"A merge was interrupted before it came to {left}."
                " `agentdeck merge --resume` goes on with it, as does R in the queue (m)."
            )
        return said

    async def _merge_part(
        self, part: _Part, request: MergeSessions, run: MergeRun
    ) -> list[tuple[Session, dict[str, Any]]]:
        early = [(s, refused) for s in part.sessions if (refused := _refused(s))]
        ready = [s for s in part.sessions if not _refused(s)]
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
        work = _Work(part, ready, request, run)
        try:
            batch = await self._worked(work, keep, kept)
        except AgentDeckError as error:
            for record in kept:
                await self._batches.drop(record)
            failed = {"ok": False, "error": error_to_wire(error)}
            return early + [(session, failed) for session in ready]
        names = {session.branch: session.name for session in ready}
        results = [
            (session, _result(step, batch, names, each.message or ""))
            for session, step, each in zip(ready, batch.steps, work.wanted, strict=True)
        ]
        return early + results

    async def _worked(
        self, work: _Work, keep: Callable[[Batch], None], kept: list[Record]
    ) -> Batch:
        """Look, then merge; anew where the base moved while it was checked.

        Only the merge itself keeps others off the repository.
        """
        for _ in range(LOOKS):
            looked = await asyncio.to_thread(work.look)
            if looked is not None:
                return looked
            async with self.lock(work.part.repo):
                try:
                    batch = await asyncio.to_thread(work.land, keep)
                except NotCheckedError:
                    continue
                if kept:
                    await self._note(kept[0])
                return batch
        raise RefusedError(
            f"{work.part.into!r} kept moving while the merge was checked, so nothing "
            "was merged. Try again when it is quiet."
        )

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


async def _kept(_session: Session, _group: str) -> dict[str, Any]:
    """Nothing that landed is discarded."""
    return {}


def _parts(sessions: list[Session], into: str | None) -> list[_Part]:
    grouped: dict[tuple[str, str], list[Session]] = {}
    for session in sessions:
        grouped.setdefault((session.repo, into or session.base), []).append(session)
    return [_Part(repo, base, tuple(own)) for (repo, base), own in grouped.items()]


def _refused(session: Session) -> dict[str, Any] | None:
    """The result for a session that has nothing to merge; None if it may have."""
    try:
        require_worktree(session, "merges")
        _require_own_work(session)
        _require_started(session)
    except RefusedError as error:
        return {"ok": False, "verdict": Verdict.REFUSED, "error": error_to_wire(error)}
    return None


def _require_own_work(session: Session) -> None:
    if session.is_review:
        raise RefusedError(
            f"{session.name} is a review: it only reads another session's work, so "
            "there is nothing of it to merge."
        )


def _require_started(session: Session) -> None:
    if session.phase in (Phase.QUEUED, Phase.PREPARING):
        raise RefusedError(
            f"{session.name} has not started, so there is nothing to merge."
        )


@dataclass(slots=True)
class _Work:
    """What the merging thread does for one part of a request."""

    part: _Part
    sessions: list[Session]
    request: MergeSessions
    merge: MergeRun
    wanted: list[Wanted] = field(default_factory=list)
    how: How = field(default_factory=How)

    def look(self) -> Batch | None:
        """Find out how each would fare, and check it, if either is asked for.

        Nothing is locked meanwhile. Gives the batch of a rehearsal; None if it is
        still to be landed.
        """
        repository = open_repository(Path(self.part.repo))
        request, into = self.request, self.part.into
        self.wanted = [
            Wanted(
                each.branch,
                request.messages.get(each.id)
                or _message(repository, each, into, request),
            )
            for each in self.sessions
        ]
        is_checked = self._is_checked()
        self.how = How(
            request.strategy,
            stop_on_conflict=request.stop_on_conflict,
            check=self._check if is_checked else None,
        )
        self.merge.began(is_look=True)
        if not (request.dry_run or is_checked):
            return None
        hearers = Hearers(on_step=self._on_step)
        batch = rehearse(repository, self.wanted, into, self.how, hearers)
        self.merge.began(is_look=False)
        return batch if request.dry_run else None

    def land(self, keep: Callable[[Batch], None]) -> Batch:
        """Merge what was looked at.

        Raises:
            NotCheckedError: If the base moved, so that there are other files to check.
        """
        repository = open_repository(Path(self.part.repo))
        hearers = Hearers(on_step=self._on_step, before_move=keep)
        return merge_many(repository, self.wanted, self.part.into, self.how, hearers)

    def _is_checked(self) -> bool:
        if self.request.check is not None:
            return self.request.check
        if self.request.dry_run:
            return False
        return any(self.merge.wants_check(session) for session in self.sessions)

    def _session(self, branch: str) -> Session:
        return next(each for each in self.sessions if each.branch == branch)

    def _check(self, branch: str, tree: str) -> AgentDeckError | None:
        return self.merge.check(self._session(branch), tree)

    def _on_step(self, step: Step) -> None:
        self.merge.on_step(step, self._session(step.branch))


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


def _result(
    step: Step, batch: Batch, names: dict[str, str], message: str
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "verdict": step.verdict.value,
        "earlier": [names[branch] for branch in step.earlier],
        "into": batch.into,
        "message": message,
    }
    error = step.problem
    if step.verdict is Verdict.NOT_REACHED:
        error = RefusedError("One before it could not be merged, so it was not tried.")
    elif error is None:
        error = batch.blocked
    if error is not None:
        return {**result, "ok": False, "error": error_to_wire(error)}
    return {**result, "ok": True, "commit": step.commit}
