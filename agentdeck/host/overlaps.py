"""The overlap radar: which sessions of a repository get into each other's way.

Looks again at a session when its git state was read; compares again only the pairs of
which a side has become another. One thread does it, and after a look it rests four
times as long as that took, so that it never costs more than a fifth of a core.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.session import Phase, Session
from agentdeck.git.overlaps import Overlap, Overlaps, State
from agentdeck.git.repository import open_repository
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

SOON_S = 0.5
"""How long news are gathered before a look."""
SLICE_S = 0.8
"""How long a look takes at most, but for its last step; then what is known is told."""
CHUNK = 24
"""How many pairs are compared in one step."""
REST_FACTOR = 4.0
MAX_SCRATCH_FILES = 20_000
"""Above so many objects of ours the folder is emptied and all is compared anew."""

_NOTHING = Overlap()


@dataclass(slots=True)
class _Watched:
    """What is known of one repository."""

    repo: str
    scratch: Path
    overlaps: Overlaps | None = None
    states: dict[str, State | None] = field(default_factory=dict)
    bases: dict[str, State] = field(default_factory=dict)
    """By session: its base, as it is since the session left it."""
    compared: dict[tuple[str, str], Overlap] = field(default_factory=dict)
    """By the commits of two states, of which the same give the same."""
    unread: dict[str, None] = field(default_factory=dict)
    """Sessions to look at, the one that changed last at the end."""
    order: dict[str, int] = field(default_factory=dict)
    """When each was last to be looked at, as a number that grows."""
    numbers: Iterator[int] = field(default_factory=itertools.count)
    task: asyncio.Task[None] | None = None
    made: int = 0

    def is_known(self, ours: str, others: Iterable[str]) -> bool:
        """Whether a session was compared with all of these and with its base."""
        mine = self.states.get(ours)
        states = [self.states.get(each) for each in others]
        states.append(self.bases.get(ours))
        return mine is None or all(
            other is None or _key(mine, other) in self.compared for other in states
        )

    def between(self, ours: str, theirs: str | None) -> Overlap:
        """What is known of two sessions, or of one and its base."""
        mine = self.states.get(ours)
        other = self.bases.get(ours) if theirs is None else self.states.get(theirs)
        if mine is None or other is None:
            return _NOTHING
        found = self.compared.get(_key(mine, other), _NOTHING)
        return found if mine.commit <= other.commit else found.flipped()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sessions that overlap, or a session and its base."""

    ours: Session
    theirs: Session | None
    """None where it is the base."""
    overlap: Overlap


class OverlapRadar:
    """Keeps each session's row true to what it collides with."""

    def __init__(self, sessions: Sessions, folder: Path) -> None:
        self._sessions = sessions
        self._folder = folder
        self._watched: dict[str, _Watched] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="overlaps")

    def consider(self, session_id: str) -> None:
        """Look again at a session, as its branch, base or files may be others."""
        session = self._sessions.find(session_id)
        if session is None or session.is_review:
            return
        if session.phase is not Phase.QUEUED:
            watched = self._watch(session.repo)
            watched.unread.pop(session_id, None)
            watched.unread[session_id] = None
            watched.order[session_id] = next(watched.numbers)
            self._look_soon(session.repo)

    def gone(self, session: Session) -> None:
        """A session was removed; those that it collided with do so no more."""
        watched = self._watched.get(session.repo)
        if watched is not None and watched.states.pop(str(session.id), None):
            self._look_soon(session.repo)

    def pairs(self, repo: str | None = None) -> list[Pair]:
        """All pairs that overlap, of one repository or of all."""
        found: list[Pair] = []
        for each in self._watched.values():
            if repo is not None and each.repo != repo:
                continue
            sessions = self._concerned(each)
            for n, ours in enumerate(sessions):
                overlap = each.between(ours.id, None)
                found.append(Pair(ours, None, overlap))
                found += [
                    Pair(ours, theirs, each.between(ours.id, theirs.id))
                    for theirs in sessions[n + 1 :]
                ]
        return [p for p in found if p.overlap.clashes or p.overlap.same]

    def sessions(self, repo: str | None = None) -> list[Session]:
        """The sessions that are compared: those that changed something."""
        watched = [w for w in self._watched.values() if repo in (None, w.repo)]
        return [session for each in watched for session in self._concerned(each)]

    async def text(self, ours: Session, theirs: Session | None) -> str:
        """The conflicts between two sessions, or a session and its base, as a text.

        Raises:
            RefusedError: If one of them has no change of its own.
        """
        if theirs is not None and theirs.repo != ours.repo:
            raise RefusedError(
                f"{ours.name} and {theirs.name} are in different repositories."
            )
        watched = self._watch(ours.repo)
        mine = watched.states.get(ours.id)
        other = watched.states.get(theirs.id) if theirs else watched.bases.get(ours.id)
        overlaps = watched.overlaps
        if overlaps is None or mine is None or other is None:
            lacking = ours.name if mine is None or theirs is None else theirs.name
            raise RefusedError(f"{lacking} has changed nothing that was seen yet.")
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(
            self._thread, overlaps.text, mine.commit, other.commit
        )
        named = theirs.name if theirs is not None else ours.base
        return text.replace(mine.commit, ours.name).replace(other.commit, named)

    async def settled(self) -> None:
        """Wait until all that was asked for has been looked at."""
        while tasks := [w.task for w in self._watched.values() if w.task is not None]:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """End the looks under way."""
        tasks = [w.task for w in self._watched.values() if w.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _watch(self, repo: str) -> _Watched:
        if repo not in self._watched:
            scratch = self._folder / str(len(self._watched))
            self._watched[repo] = _Watched(repo, scratch)
        return self._watched[repo]

    def _concerned(self, watched: _Watched) -> list[Session]:
        # A copy, as the thread may be adding to it.
        found = (self._sessions.find(each) for each in list(watched.states))
        kept = [s for s in found if s is not None and watched.states.get(str(s.id))]
        return sorted(
            (s for s in kept if not s.is_merged), key=lambda s: (s.position, s.id)
        )

    def _look_soon(self, repo: str) -> None:
        watched = self._watched[repo]
        if watched.task is None:
            watched.task = asyncio.create_task(self._look(watched), name="overlaps")

    async def _look(self, watched: _Watched) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(SOON_S)
            is_done = False
            while not is_done or watched.unread:
                unread, watched.unread = watched.unread, {}
                sessions = [s for s in self._sessions if s.repo == watched.repo]
                begun = time.monotonic()
                left, is_done = await loop.run_in_executor(
                    self._thread, _compare, watched, sessions, unread
                )
                # What came meanwhile is newer.
                watched.unread = {**left, **watched.unread}
                self._tell(watched)
                await asyncio.sleep((time.monotonic() - begun) * REST_FACTOR)
        except AgentDeckError as error:
            logger.info("overlaps_not_seen: %s", error)
        except Exception:
            logger.exception("overlaps_not_seen")
        finally:
            watched.task = None
        if watched.unread:
            self._look_soon(watched.repo)

    def _tell(self, watched: _Watched) -> None:
        """Say of each session what it collides with, once it is known of all others."""
        concerned = self._concerned(watched)
        ids = {session.id for session in concerned}
        for session in concerned:
            others = [s for s in concerned if s.id != session.id]
            if not watched.is_known(session.id, [s.id for s in others]):
                continue
            between = {s.name: watched.between(session.id, s.id) for s in others}
            self._sessions.put(
                replace(
                    self._sessions.session(session.id),
                    collides=_names(n for n, o in between.items() if o.clashes),
                    same_files=_names(
                        n for n, o in between.items() if o.same and not o.clashes
                    ),
                    collides_with_base=bool(watched.between(session.id, None).clashes),
                )
            )
        for session in self._sessions:
            if session.repo == watched.repo and session.id not in ids:
                cleared = replace(
                    session, collides=(), same_files=(), collides_with_base=False
                )
                self._sessions.put(cleared)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _key(one: State, other: State) -> tuple[str, str]:
    first, second = sorted((one.commit, other.commit))
    return first, second


def _compare(
    watched: _Watched, sessions: list[Session], unread: dict[str, None]
) -> tuple[dict[str, None], bool]:
    """Read states that may be others and compare what is not compared yet, for a while.

    What changed last comes first, so that it is told first.

    Returns:
        The sessions that are still to be read, and whether all pairs are compared.
    """
    until = time.monotonic() + SLICE_S
    if watched.made > MAX_SCRATCH_FILES:
        shutil.rmtree(watched.scratch, ignore_errors=True)
        watched.overlaps, watched.made = None, 0
        watched.states.clear()
        watched.compared.clear()
        unread = {str(session.id): None for session in sessions} | unread
    if watched.overlaps is None:
        repository = open_repository(Path(watched.repo))
        watched.overlaps = Overlaps(repository, watched.scratch)
    by_id = {str(session.id): session for session in sessions}
    left = dict(unread)
    tips: dict[str, str | None] = {}
    for number, key in enumerate(reversed(unread)):
        if number and time.monotonic() > until:
            break
        del left[key]
        if key in by_id:
            _read_state(watched, watched.overlaps, by_id[key], tips)
    pairs = _pairs(watched, [s for s in sessions if not s.is_merged])
    watched.compared = {k: o for k, o in watched.compared.items() if k in pairs}
    missing = [pair for key, pair in pairs.items() if key not in watched.compared]
    for at in range(0, len(missing), CHUNK):
        if at and time.monotonic() > until:
            return left, False
        chunk = missing[at : at + CHUNK]
        for pair, found in zip(
            chunk, watched.overlaps.compare_many(chunk), strict=True
        ):
            watched.compared[_key(*pair)] = found
            watched.made += bool(found.clashes or found.same)
    return left, True


def _pairs(
    watched: _Watched, sessions: list[Session]
) -> dict[tuple[str, str], tuple[State, State]]:
    """All pairs there are, of what changed last first, each in its commits' order."""
    live = {
        str(session.id): state
        for session in sessions
        if (state := watched.states.get(str(session.id))) is not None
    }
    newest_first = sorted(live, key=lambda each: -watched.order.get(each, 0))
    pairs: dict[tuple[str, str], tuple[State, State]] = {}
    for n, ours in enumerate(newest_first):
        others = [watched.bases[ours]] if ours in watched.bases else []
        others += [live[theirs] for theirs in newest_first[n + 1 :]]
        for other in others:
            # In the order of their commits, so that both ways are one result.
            first, second = sorted((live[ours], other), key=lambda s: s.commit)
            pairs[_key(first, second)] = (first, second)
    return pairs


def _read_state(
    watched: _Watched,
    overlaps: Overlaps,
    session: Session,
    tips: dict[str, str | None],
) -> None:
    if session.base not in tips:
        tips[session.base] = overlaps.tip(session.base) or overlaps.tip(
            session.base_commit
        )
    base, key = tips[session.base], str(session.id)
    watched.states[key] = None
    watched.bases.pop(key, None)
    if base is None or not (session.ahead or session.dirty):
        return
    watched.made += 1
    try:
        state = overlaps.state(Path(session.worktree), session.branch, base)
    except AgentDeckError as error:
        logger.info("state_not_seen: %s", error)
        return
    watched.states[key] = state
    if state is not None and state.fork != base:
        watched.bases[key] = overlaps.base_state(base, state.fork)
