"""Variants of one task: counted side by side, one merged, the others discarded."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.core.errors import AgentDeckError, NoSuchSessionError, RefusedError
from agentdeck.core.gain_walk import measure
from agentdeck.core.own_checkout import require_worktree
from agentdeck.core.review import Compare
from agentdeck.core.session import Phase, Session, running_s
from agentdeck.git.review import listing
from agentdeck.git.review_sides import sides_of
from agentdeck.git.taking import take_file, take_hunk
from agentdeck.host.method import Method
from agentdeck.rpc import variant_messages as v
from agentdeck.rpc.messages import MergeSessions
from agentdeck.rpc.protocol import error_to_wire
from agentdeck.rpc.wire import session_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1


class VariantMethods:
    """What may be asked about variants."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "variants.compare": Method(v.CompareVariants, self._compare),
            "variants.pick": Method(v.PickVariant, self._pick),
            "variants.take": Method(v.TakeFile, self._take),
        }

    def _group(self, group: str) -> list[Session]:
        found = [s for s in self._host.sessions if s.group == group]
        if not found:
            raise NoSuchSessionError(f"There are no variants of a group {group!r}.")
        return sorted(found, key=lambda session: (session.position, session.id))

    async def _compare(self, params: v.CompareVariants) -> dict[str, Any]:
        sessions = self._group(params.group)
        rows = await asyncio.gather(
            *(asyncio.to_thread(_row, session) for session in sessions)
        )
        supervised = await self._supervised_s(sessions)
        names = {session.name for session in sessions}
        for session, row in zip(sessions, rows, strict=True):
            row["supervised_minutes"] = round(supervised[session.id] / 60, 2)
            # Variants of one task change the same lines by their nature.
            beside = [name for name in session.collides if name not in names]
            row["collides"] = beside
        return {"group": params.group, "variants": rows}

    async def _supervised_s(self, sessions: list[Session]) -> dict[str, float]:
        """How long a person was at each, as `metrics` measures it."""
        ids = {str(session.id) for session in sessions}
        await self._host.journal.written()
        events = await self._host.store.gain.events()
        since = min(session.created_at for session in sessions)
        measured = await asyncio.to_thread(
            measure, events, since, datetime.now(UTC), wanted=ids.__contains__
        )
        found = {row.id: row.totals.supervised_ms / 1000 for row in measured.sessions}
        return {each: found.get(each, 0.0) for each in ids}

    async def _pick(self, params: v.PickVariant) -> dict[str, Any]:
        """Merge one and discard the rest; where it cannot be merged nothing happens."""
        winner = self._host.sessions.session(params.id)
        if not winner.group:
            raise RefusedError(f"{winner.name} is no variant; `agentdeck merge` it.")
        others = [s for s in self._group(winner.group) if s.id != winner.id]
        ids = {str(session.id) for session in others}
        if params.expected is not None and ids != set(params.expected):
            raise RefusedError("There are other variants by now; look again.")
        request = MergeSessions(ids=[params.id], strategy=params.strategy)
        (merged,) = await self._host.landing.merge(request)
        if not merged["ok"]:
            return {"merged": merged, "results": []}
        await asyncio.gather(*(self._stop(session) for session in others))
        group = uuid.uuid4().hex
        results = [await self._discard(session, group) for session in others]
        return {"merged": merged, "results": results}

    async def _stop(self, session: Session) -> None:
        """Have a session's agent end; what does not is told when it is discarded."""
        if session.phase is Phase.QUEUED:
            return
        try:
            await self._host.stop_session(session, force=False)
        except AgentDeckError:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_WITHIN_S
        while loop.time() < deadline:
            now = self._host.sessions.find(session.id)
            if now is None or now.is_over:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _discard(self, session: Session, group: str) -> dict[str, Any]:
        result: dict[str, Any] = {"id": session.id, "name": session.name}
        try:
            now = self._host.sessions.session(session.id)
            return {**result, "ok": True, **await self._host.trash.discard(now, group)}
        except AgentDeckError as error:
            return {**result, "ok": False, "error": error_to_wire(error)}

    async def _take(self, params: v.TakeFile) -> dict[str, Any]:
        source = self._host.sessions.session(params.source)
        target = self._host.sessions.session(params.target)
        if source.id == target.id:
            raise RefusedError("Take it from another session than the one it goes to.")
        if source.repo != target.repo:
            raise RefusedError(
                f"{source.name} and {target.name} are of two repositories."
            )
        require_worktree(target, "writes")
        worktrees = Path(source.worktree), Path(target.worktree)
        for session, worktree in zip((source, target), worktrees, strict=True):
            if not await asyncio.to_thread(worktree.is_dir):
                raise RefusedError(f"The worktree of {session.name} is not there.")
        async with self._host.landing.lock(target.repo):
            await asyncio.to_thread(_take, params, source, *worktrees)
        self._host.git_watch.refresh(target.id)
        return {"path": params.path, "source": source.name, "target": target.name}


def _take(params: v.TakeFile, source: Session, of: Path, into: Path) -> None:
    if params.hunk is None:
        take_file(of, into, params.path)
        return
    sides = sides_of(source, Compare())
    take_hunk(sides, into, params.path, params.hunk, params.header)


def _row(session: Session) -> dict[str, Any]:
    """One variant with its files; what cannot be read of them is said."""
    files: list[dict[str, Any]] = []
    problem = ""
    try:
        found = listing(sides_of(session, Compare())).files
        files = [
            {"path": f.path, "added": f.added, "removed": f.removed} for f in found
        ]
    except AgentDeckError as error:
        problem = error.message
    return {
        "session": session_to_wire(session),
        "files": files,
        "added": sum(file["added"] for file in files),
        "removed": sum(file["removed"] for file in files),
        "commits": session.ahead,
        "minutes": round(running_s(session, datetime.now(UTC)) / 60, 2),
        "tokens": session.tokens_in + session.tokens_out,
        "cost_usd": session.cost_usd,
        "findings": {
            "error": session.finding_errors,
            "warning": session.finding_warnings,
            "note": session.finding_notes,
        },
        "problem": problem,
    }
