"""Starts reviews by rules, and sees each through to its findings.

A rule is the person's own or a trusted repository's. What it starts is an ordinary
session that waits in the pool; what was reviewed is on disk before it starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from agentdeck.config.review_settings import ReviewSettings, rule_from
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.review_rules import (
    Review,
    ReviewRule,
    ReviewState,
    ended,
    is_of_commits,
    is_under_way,
    needs_green,
    rests,
    why_not_again,
    why_not_here,
    why_not_yet,
    why_too_many,
)
from agentdeck.core.session import Phase, Session
from agentdeck.git.review_targets import Target, review_target
from agentdeck.host.findings_book import FindingsBook
from agentdeck.host.review_starting import ReviewStarter
from agentdeck.host.review_store import ReviewStore
from agentdeck.host.sessions import Sessions
from agentdeck.host.trust import Trust

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule has to say of a session now."""

    rule: ReviewRule
    session: Session
    why: str
    """Why no review starts; empty if one does."""
    target: Target | None = None
    is_bound: bool = False
    """Whether only a bound on reviews keeps it."""


class Reviews:
    """All reviews and the rules that start them."""

    def __init__(
        self,
        settings: ReviewSettings,
        sessions: Sessions,
        trust: Trust,
        kept: ReviewStore,
        book: FindingsBook,
        starter: ReviewStarter,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._trust = trust
        self._kept = kept
        self._book = book
        self._starter = starter
        self._own = [rule_from(entry, settings.rounds) for entry in settings.rules]
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._wanted: dict[str, bool] = {}
        """Sessions to look at again, and whether their branch moved."""
        self._starting = asyncio.Lock()
        """Keeps two looks from starting the same review."""
        self._is_closed = False
        self.settled: Callable[[str], Awaitable[None]] = _at_once
        """Waits for what has to be done with the end of a turn."""
        self.notice: Callable[[str], None] = lambda _: None
        """Called with a sentence for the person."""
        book.on_over = self._review_over

    def rules(self, repo: str) -> list[ReviewRule]:
        """The rules for a repository: the person's own, then its own. Blocks.

        Of two with one name the person's own holds; without a repository only these.
        """
        entries = self._trust.at(repo).allowed.reviews.rules if repo else ()
        theirs = [rule_from(each, self._settings.rounds, repo) for each in entries]
        own = {rule.name for rule in self._own}
        return [*self._own, *(rule for rule in theirs if rule.name not in own)]

    async def take_up(self) -> None:
        """Go on where the last host ended.

        What it had begun is seen through or forgotten; rules look again at sessions
        that are not older than they are, as news of them may have been lost.
        """
        by_review = {s.review: s for s in self._sessions if s.is_review}
        for review in [r for r in self._kept.reviews if not r.is_over]:
            await self._take_up_one(review, by_review.get(review.id))
        started = [s for s in self._sessions if s.phase is not Phase.QUEUED]
        for repo in sorted({s.repo for s in started}):
            await self._look_again([s for s in started if s.repo == repo])

    async def _take_up_one(self, review: Review, reviewer: Session | None) -> None:
        if reviewer is not None:
            if review.state is ReviewState.ASKED:
                await self._kept.keep(
                    replace(
                        review,
                        state=ReviewState.UNDER_WAY,
                        reviewer=reviewer.id,
                        reviewer_name=reviewer.name,
                    )
                )
            self._book.look(reviewer.id)
        elif review.state is ReviewState.ASKED:
            await self._kept.drop(review.id)
        else:
            now = datetime.now(UTC)
            note = "its session is gone"
            await self._kept.keep(ended(review, ReviewState.FAILED, now, note=note))

    async def _look_again(self, sessions: list[Session]) -> None:
        """Look at sessions of one repository that are younger than one of its rules."""
        try:
            rules = await asyncio.to_thread(self.rules, sessions[0].repo)
        except (AgentDeckError, OSError) as error:
            logger.info("rules_unread: %s", error)
            return
        seen = [at for rule in rules if (at := self._kept.seen_at(rule.key))]
        for session in sessions:
            created = session.created_at.isoformat(timespec="milliseconds")
            if not session.is_review and any(at <= created for at in seen):
                self.consider(session.id)
        await self._kept.see(rule.key for rule in rules)

    def changed(self, session: Session) -> None:
        """A session came into another phase or its agent does something else."""
        if self._is_closed:
            return
        if session.is_review:
            self._book.look(session.id)
        elif rests(session):
            self.consider(session.id)

    def moved(self, session_id: str) -> None:
        """A session's branch is at another commit."""
        self.consider(session_id, moved=True)

    def consider(self, session_id: str, *, moved: bool = False) -> None:
        """See soon whether a rule starts a review; asks that come meanwhile are one."""
        if self._is_closed:
            return
        if session_id in self._looks:
            self._wanted[session_id] = self._wanted.get(session_id, False) or moved
            return
        work = self._look(session_id, moved=moved)
        task = asyncio.create_task(work, name=f"review-look-{session_id}")
        self._looks[session_id] = task
        task.add_done_callback(lambda done: self._looked(session_id, done))

    async def close(self) -> None:
        """Start no more reviews; those that run go on."""
        self._is_closed = True
        self._wanted.clear()
        for task in (tasks := list(self._looks.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._book.close()

    async def verdicts(self, session: Session, *, moved: bool = True) -> list[Verdict]:
        """What each rule has to say of a session as it is now.

        Raises:
            AgentDeckError: If its repository cannot be read.
        """
        rules = await asyncio.to_thread(self.rules, session.repo)
        await self._kept.see(rule.key for rule in rules)
        now = datetime.now(UTC)
        found: list[Verdict] = []
        for rule in rules:
            why = why_not_here(rule, session, now)
            why = why or why_not_yet(rule, session, moved=moved)
            if why:
                found.append(Verdict(rule, session, why))
            else:
                found.append(await self._judged(rule, session, now))
        return found

    async def _judged(
        self, rule: ReviewRule, session: Session, now: datetime
    ) -> Verdict:
        target = await asyncio.to_thread(
            review_target, session, committed_only=is_of_commits(rule)
        )
        if not target.is_changed:
            return Verdict(rule, session, "it has changed nothing")
        if needs_green(rule) and session.check_tree != target.tree:
            return Verdict(rule, session, "its checks passed on other files")
        reviews = self._kept.reviews
        why = why_not_again(rule, session, target.commit, target.tree, reviews)
        if why:
            return Verdict(rule, session, why, target)
        bounds = self._settings.bounds
        why = why_too_many(rule, session, reviews, bounds, now)
        return Verdict(rule, session, why, target, is_bound=bool(why))

    async def start_by_hand(
        self, session: Session, rule: ReviewRule, *, again: bool
    ) -> Review:
        """Start a review that a person asks for.

        Raises:
            RefusedError: If there is nothing to review, or these files were.
            AgentDeckError: If the reviewer cannot be started.
        """
        if session.is_review:
            raise RefusedError(f"{session.name} is a review; it is not reviewed.")
        if session.phase in (Phase.QUEUED, Phase.PREPARING):
            raise RefusedError(f"{session.name} has not started.")
        async with self._starting:
            await self.settled(session.id)
            target = await asyncio.to_thread(review_target, session)
            if not target.is_changed:
                raise RefusedError(f"{session.name} has changed nothing to review.")
            why = why_not_again(
                rule, session, target.commit, target.tree, self._kept.reviews
            )
            if is_under_way(rule, session, self._kept.reviews):
                raise RefusedError(f"{session.name}: {rule.name}: {why}.")
            if why and not again:
                raise RefusedError(
                    f"{session.name}: {rule.name}: {why}. --again reviews it anew."
                )
            return await self._starter.start(rule, session, target, by_hand=True)

    def _looked(self, session_id: str, task: asyncio.Task[None]) -> None:
        self._looks.pop(session_id, None)
        if not task.cancelled() and task.exception() is not None:
            logger.error("review_look_failed", exc_info=task.exception())
        if session_id in self._wanted:
            self.consider(session_id, moved=self._wanted.pop(session_id))

    async def _look(self, session_id: str, *, moved: bool) -> None:
        await self.settled(session_id)
        session = self._sessions.find(session_id)
        if session is None or session.is_review:
            return
        try:
            async with self._starting:
                for verdict in await self.verdicts(session, moved=moved):
                    await self._follow(verdict)
        except (AgentDeckError, OSError) as error:
            logger.info("not_reviewed: %s", error)

    async def _follow(self, verdict: Verdict) -> None:
        rule, session = verdict.rule, verdict.session
        if verdict.is_bound:
            self._note(session.id, f"No review by {rule.name}: {verdict.why}")
        if verdict.why or verdict.target is None:
            return
        try:
            await self._starter.start(rule, session, verdict.target, by_hand=False)
        except AgentDeckError as error:
            note = f"The review by {rule.name} could not start: {error.message}"
            self._note(session.id, note)
            self.notice(f"{session.name}: {note}")
            return
        self._note(session.id, "")

    def _note(self, session_id: str, note: str) -> None:
        if self._sessions.find(session_id) is not None:
            self._sessions.change(session_id, review_note=note)

    def _review_over(self, review: Review) -> None:
        """Its session may have gone on meanwhile."""
        self.consider(review.session)


async def _at_once(_: str) -> None:
    """Nothing has to be done before."""


def verdict_to_wire(verdict: Verdict) -> dict[str, Any]:
    """What a rule says of a session, as `agentdeck reviews --dry-run` shows it."""
    return {
        "id": verdict.session.id,
        "name": verdict.session.name,
        "rule": verdict.rule.name,
        "starts": not verdict.why,
        "why": verdict.why,
        "commit": verdict.target.commit if verdict.target else "",
    }
