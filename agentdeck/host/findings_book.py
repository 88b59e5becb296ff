"""What reviewers found: read from their files, kept with the reviewed session.

A reviewer's file is read when its turn is over and whenever it is put in place. One
that cannot be read stays where it is, and the reviewing session says why.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agentdeck.config.paths import Paths
from agentdeck.core import comments as c
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.events import EventKind
from agentdeck.core.findings import (
    Finding,
    FindingsError,
    Kept,
    Reading,
    after_review,
    counts_of,
    finding_id,
    read_findings,
)
from agentdeck.core.review_rules import Review, ReviewState, ended, rests
from agentdeck.core.session import Phase, Session
from agentdeck.git.review import content_of
from agentdeck.git.review_sides import Sides
from agentdeck.host.review_guard import (
    findings_file,
    findings_folder,
    remove_left,
    written_findings,
)
from agentdeck.host.review_store import ReviewStore
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

DONE = "its review is done"
"""Why a reviewer is stopped once its findings are read: it holds a place."""
REST_S = 0.6
"""How long a reviewer must have rested before its file counts as whole."""
NOTHING_AFTER_S = 20.0
"""How long one must rest without a file to have failed: some look at rest, or ask
for trust, before they begin."""
HUNK_AROUND = 2
AGAIN = (
    "Your findings could not be read: {problem}. Write the whole file {file} once "
    "more, as JSON in the form that you were told."
)


@dataclass(frozen=True, slots=True)
class _Read:
    reading: Reading
    is_there: bool


class FindingsBook:
    """Reads what reviewers wrote, and keeps it."""

    def __init__(self, paths: Paths, sessions: Sessions, kept: ReviewStore) -> None:
        self._paths = paths
        self._sessions = sessions
        self._kept = kept
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wanted: set[str] = set()
        self._asked_again: set[str] = set()
        self._resting: dict[str, float] = {}
        """Since when reviewers without a file rest, by the loop's clock."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.on_over: Callable[[Review], None] = lambda _: None
        """Called with a review that is over."""
        self.stop: Callable[[Session, str], None] = lambda *_: None
        """Stops a reviewer that is done."""
        self.tell: Callable[[Session, str], object] = lambda *_: None
        """Sends a reviewer a message."""

    async def tidy(self) -> None:
        """Remove what is left of reviewers that are gone for good."""
        await asyncio.to_thread(remove_left, self._paths)

    def look(self, reviewer_id: str) -> None:
        """See soon what a reviewer has written; asks that come meanwhile are one."""
        if reviewer_id in self._tasks:
            self._wanted.add(reviewer_id)
            return
        task = asyncio.create_task(
            self._look(reviewer_id), name=f"findings-{reviewer_id}"
        )
        self._tasks[reviewer_id] = task
        task.add_done_callback(lambda done: self._looked(reviewer_id, done))

    async def close(self) -> None:
        """Look no more; the next host does."""
        self._wanted.clear()
        for timer in self._timers.values():
            timer.cancel()
        for task in (tasks := list(self._tasks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def of(self, session_id: str) -> tuple[Kept, ...]:
        """The findings in a session's work."""
        return self._kept.findings(session_id)

    async def change(
        self, session: Session, ids: Iterable[str], **values: str
    ) -> list[Kept]:
        """Set fields of some findings; gives them as they are then.

        Raises:
            UsageError: If there is no such finding.
        """
        async with self._locks[session.id]:
            chosen = {kept.id for kept in self.chosen(session, ids)}
            changed = [
                replace(kept, **values) if kept.id in chosen else kept  # type: ignore[arg-type]
                for kept in self.of(session.id)
            ]
            await self._keep(session.id, changed)
        return [kept for kept in changed if kept.id in chosen]

    def chosen(self, session: Session, ids: Iterable[str]) -> list[Kept]:
        """The findings that are meant, by id or a beginning of it that no other has.

        Raises:
            UsageError: If one means none.
        """
        found: dict[str, Kept] = {}
        for name in ids:
            meant = [k for k in self.of(session.id) if name and k.id.startswith(name)]
            if len(meant) != 1:
                raise UsageError(
                    f"{session.name} has no finding {name!r}; "
                    f"`agentdeck findings {session.name}` lists them."
                )
            found[meant[0].id] = meant[0]
        return list(found.values())

    def _looked(self, reviewer_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(reviewer_id, None)
        if not task.cancelled() and task.exception() is not None:
            logger.error("findings_look_failed", exc_info=task.exception())
        if reviewer_id in self._wanted:
            self._wanted.discard(reviewer_id)
            self.look(reviewer_id)

    async def _look(self, reviewer_id: str) -> None:
        reviewer = self._sessions.find(reviewer_id)
        if reviewer is not None and reviewer.phase is Phase.RUNNING and rests(reviewer):
            await asyncio.sleep(REST_S)
            reviewer = self._sessions.find(reviewer_id)
        review = self._kept.review(reviewer.review) if reviewer is not None else None
        if reviewer is None or review is None:
            await self._gone(reviewer_id)
            return
        is_at_end = reviewer.is_over or (rests(reviewer) and not reviewer.queued)
        if not is_at_end:
            self._resting.pop(reviewer_id, None)
        try:
            read = await asyncio.to_thread(self._read, reviewer)
            if read.is_there:
                await self._take(review, reviewer, read.reading, is_at_end=is_at_end)
            elif is_at_end and not review.is_over and self._has_waited(reviewer):
                await self._failed(review, reviewer, "it wrote no findings")
        except FindingsError as error:
            # Before the end of its turn it may not have written all of it.
            if is_at_end:
                await self._not_read(review, reviewer, error.message)
        except (AgentDeckError, OSError) as error:
            logger.warning("findings_not_kept: %s", error)
            self._note(reviewer.id, f"Its findings could not be kept: {error}")

    def _has_waited(self, reviewer: Session) -> bool:
        """Whether nothing more can be expected of one without a file."""
        if reviewer.is_over:
            return True
        loop = asyncio.get_running_loop()
        since = self._resting.setdefault(reviewer.id, loop.time())
        left_s = since + NOTHING_AFTER_S - loop.time()
        if left_s <= 0:
            return True
        timer = self._timers.pop(reviewer.id, None)
        if timer is not None:
            timer.cancel()
        self._timers[reviewer.id] = loop.call_later(left_s, self.look, reviewer.id)
        return False

    async def _gone(self, reviewer_id: str) -> None:
        """A reviewer was discarded."""
        for review in self._kept.reviews:
            if review.reviewer == reviewer_id and not review.is_over:
                note = "it was discarded"
                now = datetime.now(UTC)
                over = ended(review, ReviewState.FAILED, now, note=note)
                await self._kept.keep(over)

    def _read(self, reviewer: Session) -> _Read:
        found: list[Finding] = []
        left_out = 0
        reasons: list[str] = []
        written = written_findings(self._paths, reviewer.id)
        for name, data in written:
            try:
                one = read_findings(data, reviewer.worktree)
            except FindingsError as error:
                raise FindingsError(f"{name}: {error.message}") from error
            found += one.findings
            left_out += one.left_out
            reasons += one.reasons
        reading = Reading(tuple(dict.fromkeys(found)), left_out, tuple(reasons))
        return _Read(reading, bool(written))

    async def _take(
        self, review: Review, reviewer: Session, reading: Reading, *, is_at_end: bool
    ) -> None:
        now = datetime.now(UTC)
        at = now.isoformat(timespec="milliseconds")
        found = await asyncio.to_thread(_anchored, review, reviewer, reading, at)
        # Before its turn is over, what it has not found yet is not gone.
        by = review.rule if is_at_end else ""
        async with self._locks[review.session]:
            before = self.of(review.session)
            after = after_review(
                before, found, by=by, review=review.id, commit=review.commit
            )
            if after != before:
                await self._keep(review.session, after)
        note = _note_of(reading)
        self._note(reviewer.id, f"{_told(len(found))}. {note}".strip())
        was_over = review.state is ReviewState.DONE
        if is_at_end and (not was_over or review.found != len(found)):
            done = replace(
                ended(review, ReviewState.DONE, now, found=len(found), note=note),
                reviewer=reviewer.id,
                reviewer_name=reviewer.name,
            )
            await self._kept.keep(done)
            self._say_done(review, reviewer, len(found))
            self.on_over(done)
        if is_at_end and reviewer.phase is Phase.RUNNING and not was_over:
            self.stop(reviewer, DONE)
        elif is_at_end and reviewer.is_over and reviewer.reason in (DONE, "ended"):
            self._put_away(reviewer)

    def _put_away(self, reviewer: Session) -> None:
        """A reviewer that was stopped as it was done has not failed, nor asks anything.

        What it found is news of the reviewed session.
        """
        if self._sessions.find(reviewer.id) is not None:
            self._sessions.change(reviewer.id, exit_code=None, unread=False)

    def _say_done(self, review: Review, reviewer: Session, found: int) -> None:
        session = self._sessions.find(review.session)
        if session is None:
            return
        self._sessions.change(session.id, unread=session.unread or found > 0)
        told = _told(found)
        text = f"{reviewer.name}: {told[:1].lower()}{told[1:]} in {session.name}."
        data: dict[str, object] = {"level": "info", "text": text}
        self._sessions.tell(EventKind.NOTICE, session.id, data)

    async def _not_read(self, review: Review, reviewer: Session, problem: str) -> None:
        """A file that is none: its agent is asked once to write it again."""
        file = findings_file(self._paths, reviewer.id)
        is_first = reviewer.id not in self._asked_again
        if reviewer.phase is Phase.RUNNING and is_first and not review.is_over:
            self._asked_again.add(reviewer.id)
            self._note(reviewer.id, f"Asked to write its findings again: {problem}")
            self.tell(reviewer, AGAIN.format(problem=problem, file=file))
            return
        await self._failed(review, reviewer, f"its findings cannot be read: {problem}")

    async def _failed(self, review: Review, reviewer: Session, problem: str) -> None:
        folder = findings_folder(self._paths, reviewer.id)
        self._note(reviewer.id, f"{problem[:1].upper()}{problem[1:]}. See {folder}.")
        if review.state is ReviewState.FAILED:
            return
        if self._sessions.find(reviewer.id) is not None:
            self._sessions.change(reviewer.id, unread=True)
        over = replace(
            ended(review, ReviewState.FAILED, datetime.now(UTC), note=problem),
            reviewer=reviewer.id,
            reviewer_name=reviewer.name,
        )
        await self._kept.keep(over)
        self.on_over(over)

    def _note(self, reviewer_id: str, note: str) -> None:
        if self._sessions.find(reviewer_id) is not None:
            self._sessions.change(reviewer_id, review_note=note)

    async def _keep(self, session_id: str, findings: Iterable[Kept]) -> None:
        await self._kept.keep_findings(session_id, tuple(findings))
        kept = self.of(session_id)
        if self._sessions.find(session_id) is None:
            return
        errors, warnings, notes = counts_of(kept)
        self._sessions.change(
            session_id,
            finding_errors=errors,
            finding_warnings=warnings,
            finding_notes=notes,
        )
        self._sessions.tell(
            EventKind.REVIEW_CHANGED,
            session_id,
            {"findings": errors + warnings + notes},
        )


def _told(found: int) -> str:
    if not found:
        return "Found nothing"
    return f"Found {found} thing{'' if found == 1 else 's'}"


def _note_of(reading: Reading) -> str:
    if not reading.left_out:
        return ""
    noun = "finding" if reading.left_out == 1 else "findings"
    why = "; ".join(dict.fromkeys(reading.reasons))
    return f"{reading.left_out} {noun} left out: {why}."


def _anchored(
    review: Review, reviewer: Session, reading: Reading, at: str
) -> list[Kept]:
    """The findings with the lines that they are on, as the reviewed commit has them."""
    # The worktree may be gone; the repository has the commit.
    sides = Sides(Path(reviewer.repo), review.commit, review.commit)
    contents: dict[str, list[str]] = {}
    seen: dict[tuple[object, ...], int] = {}
    found: list[Kept] = []
    for finding in reading.findings:
        path = finding.path
        if path not in contents:
            there = content_of(sides, path, is_old=False) if path else None
            contents[path] = there or []
        lines = contents[path]
        # A line beyond the end is about the file, not about its last line.
        first = finding.line if finding.line <= len(lines) else 0
        anchor = c.anchored(path, "new", lines, first, finding.end)
        same = (path, finding.rule, finding.message, anchor.texts)
        seen[same] = nth = seen.get(same, 0) + 1
        found.append(
            Kept(
                finding_id(review.rule, finding, anchor.texts, nth),
                finding,
                anchor,
                review=review.id,
                by=review.rule,
                reviewer=reviewer.name,
                commit=review.commit,
                at=at,
                hunk=_quoted(lines, anchor),
            )
        )
    return found


def _quoted(lines: list[str], anchor: c.Anchor) -> str:
    """The lines that a finding is on and a few around, as they were reviewed."""
    if not anchor.line:
        return ""
    first = max(1, anchor.line - HUNK_AROUND)
    last = min(len(lines), min(anchor.end, anchor.line + c.MAX_QUOTED) + HUNK_AROUND)
    return "\n".join(
        f"{number:>5}  {lines[number - 1][:500]}" for number in range(first, last + 1)
    )
