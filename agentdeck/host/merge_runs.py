"""One merge under way: its progress, its checks, its end by a person, its memory.

What is under way is in a file, so that after a crash a person can go on with what was
not merged; what was checked before is not checked again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from agentdeck.core.checks import CheckResult, Command
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.session import Session
from agentdeck.git.batch_steps import Step
from agentdeck.host.session_files import read_json, write_json
from agentdeck.rpc.messages import MergeSessions

logger = logging.getLogger(__name__)

KEPT_S = 7 * 86400
MAX_KNOWN = 500
Tell = Callable[[dict[str, object]], None]


class MergeCancelledError(RefusedError):
    """A person ended a merge before the base moved."""


class ChecksFailedError(RefusedError):
    """The merged files did not pass a session's checks."""


class NotCheckedError(AgentDeckError):
    """The base moved, so that the merge has other files than those checked."""


class Checker(Protocol):
    """What runs checks."""

    def commands_for(self, session: Session) -> tuple[Command, ...]:
        """The commands that check a session. Blocks."""
        ...

    def wants_check(self, session: Session) -> bool:
        """Whether a merge of a session is checked unless told otherwise. Blocks."""
        ...

    async def run(self, session: Session, *, at: str) -> CheckResult:
        """Run them on a tree."""
        ...


class Pending(BaseModel):
    """A merge that was begun and whose end is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = 1
    id: str
    at: float
    request: dict[str, Any]
    names: dict[str, str]
    passed: tuple[str, ...] = ()
    """Keys of what was checked well."""


class MergeRun:
    """A merge under way. Its methods but `cancel` are called on the merging thread."""

    def __init__(
        self, run_id: str, names: dict[str, str], checker: Checker, tell: Tell
    ) -> None:
        self.id = run_id
        self._names = names
        self._checker = checker
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._is_cancelled = threading.Event()
        self._check: Future[CheckResult] | None = None
        self._done = 0
        self._is_looking = True
        self.known: dict[str, AgentDeckError | None] = {}
        """What is known of trees: None for those that passed."""
        self.on_passed: Callable[[str], Awaitable[None]] | None = None

    def cancel(self) -> None:
        """End it before the next session; nothing of it is merged then."""
        self._is_cancelled.set()
        if self._check is not None:
            self._check.cancel()

    def require_going(self) -> None:
        """Raise if a person ended it.

        Raises:
            MergeCancelledError: If so.
        """
        if self._is_cancelled.is_set():
            raise MergeCancelledError(
                "The merge was cancelled before the base moved, so nothing of it was "
                "merged."
            )

    def wants_check(self, session: Session) -> bool:
        """Whether a session's merge is checked unless told otherwise."""
        return self._checker.wants_check(session)

    def began(self, *, is_look: bool) -> None:
        """A look at all sessions begins, perhaps anew, or the merge itself."""
        self._is_looking = is_look
        self._done = 0

    def on_step(self, step: Step, session: Session) -> None:
        """Say how it went with a session, and stop if a person ended it."""
        self._done += 1
        if self._is_looking:
            self._say(session, step.verdict.value)
        self.require_going()

    def check(self, session: Session, tree: str) -> AgentDeckError | None:
        """Why a session's merged files are not good; None if they are.

        Raises:
            NotCheckedError: If they were not looked at before, and it is too late.
            MergeCancelledError: If a person ended it meanwhile.
        """
        key = _key(tree, self._checker.commands_for(session))
        if key in self.known:
            return self.known[key]
        if not self._is_looking:
            raise NotCheckedError("The base moved while the merge was checked.")
        self.require_going()
        self._say(session, "checking")
        result = self._checked(session, tree)
        problem = None if result.passed else _failed(session, result)
        self.known[key] = problem
        if problem is None and self.on_passed is not None:
            saving = asyncio.run_coroutine_threadsafe(
                _awaited(self.on_passed(key)), self._loop
            )
            saving.result()
        return problem

    def _checked(self, session: Session, tree: str) -> CheckResult:
        running = asyncio.run_coroutine_threadsafe(
            self._checker.run(session, at=tree), self._loop
        )
        self._check = running
        if self._is_cancelled.is_set():
            running.cancel()
        try:
            return running.result()
        except FutureCancelledError:
            self.require_going()
            raise
        finally:
            self._check = None

    def _say(self, session: Session, state: str) -> None:
        data: dict[str, object] = {
            "batch": self.id,
            "id": session.id,
            "name": session.name,
            "state": state,
            "done": self._done,
            "of": len(self._names),
        }
        self._loop.call_soon_threadsafe(self._tell, data)


class Pendings:
    """The merges that were begun, a file for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[Pending]:
        """All of them, the oldest first. Blocks."""
        found = []
        for file in self._folder.glob("*.json"):
            values = read_json(file)
            try:
                found.append(Pending.model_validate(values))
            except ValueError:
                logger.warning("pending_merge_unreadable", extra={"path": str(file)})
        return iter(sorted(found, key=lambda pending: pending.at))

    def keep(self, pending: Pending) -> None:
        """Keep one. Blocks."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(self._folder / f"{pending.id}.json", pending.model_dump())

    def drop(self, pending_id: str) -> None:
        """Forget one. Blocks."""
        (self._folder / f"{pending_id}.json").unlink(missing_ok=True)

    def drop_old(self) -> None:
        """Forget those that nobody went on with. Blocks."""
        for pending in list(self):
            if pending.at < time.time() - KEPT_S:
                self.drop(pending.id)


def pending_of(run_id: str, request: MergeSessions, names: dict[str, str]) -> Pending:
    """What is kept of a merge that begins now."""
    return Pending(id=run_id, at=time.time(), request=request.model_dump(), names=names)


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _key(tree: str, commands: tuple[Command, ...]) -> str:
    words = "\0".join(word for command in commands for word in (*command.argv, "\n"))
    return f"{tree}:{hashlib.sha256(words.encode(errors='replace')).hexdigest()[:16]}"


def _failed(session: Session, result: CheckResult) -> ChecksFailedError:
    return ChecksFailedError(
        f"{session.name} does not pass its checks on the merged files: {result.note}.",
        tail=list(result.tail),
        commit=result.commit,
    )
