"""The merge queue: sessions' branches into their bases, a batch at a time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.session import Session
from agentdeck.git.batches import Batch, take_back
from agentdeck.git.repository import open_repository
from agentdeck.host.batches import Batches, Record, has_landed
from agentdeck.host.landing_work import (
    Part,
    Work,
    parts_of,
    record_of,
    refusal_of,
    result_of,
)
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
                return await self._mergeparts_of(request, run)
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
        results = await self._mergeparts_of(request, run)
        await asyncio.to_thread(self._forget, pending)
        return results

    def _forget(self, done: Pending) -> None:
        """Forget a merge that is done, and those that it took over."""
        for each in list(self._pendings):
            if each.id == done.id or set(each.names) <= set(done.names):
                self._pendings.drop(each.id)

    def _tell(self, data: dict[str, object]) -> None:
        self._sessions.tell(EventKind.MERGE_PROGRESS, str(data["id"]), data)

    async def _mergeparts_of(
        self, request: MergeSessions, run: MergeRun
    ) -> list[dict[str, Any]]:
        results: dict[str, dict[str, Any]] = {}
        sessions = [self._sessions.find(each) for each in dict.fromkeys(request.ids)]
        for part in parts_of([s for s in sessions if s is not None], request.into):
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
        self, part: Part, request: MergeSessions, run: MergeRun
    ) -> list[tuple[Session, dict[str, Any]]]:
        early = [(s, refused) for s in part.sessions if (refused := refusal_of(s))]
        ready = [s for s in part.sessions if not refusal_of(s)]
        loop = asyncio.get_running_loop()
        kept: list[Record] = []

        def keep(batch: Batch) -> None:
            # On the merging thread: the record has to be on disk before it goes on.
            record = record_of(part, batch)
            saving = asyncio.run_coroutine_threadsafe(self._batches.keep(record), loop)
            saving.result(SAVE_TIMEOUT_S)
            kept[:] = [record]

        if not ready:
            return early
        work = Work(part, ready, request, run)
        try:
            batch = await self._worked(work, keep, kept)
        except AgentDeckError as error:
            for record in kept:
                await self._batches.drop(record)
            failed = {"ok": False, "error": error_to_wire(error)}
            return early + [(session, failed) for session in ready]
        names = {session.branch: session.name for session in ready}
        results = [
            (session, result_of(step, batch, names, each.message or ""))
            for session, step, each in zip(ready, batch.steps, work.wanted, strict=True)
        ]
        return early + results

    async def _worked(
        self, work: Work, keep: Callable[[Batch], None], kept: list[Record]
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


def _take_back(record: Record) -> None:
    repository = open_repository(Path(record.repo))
    take_back(repository, record.into, record.final, record.previous)
