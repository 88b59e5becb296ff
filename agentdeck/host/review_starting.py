"""Starts one reviewer: noted first, so that a crash never has it started twice."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.findings import FindingState, Kept, told_again
from agentdeck.core.review_prompts import review_prompt
from agentdeck.core.review_rules import (
    Review,
    ReviewRule,
    ReviewState,
    ended,
    next_round,
)
from agentdeck.core.session import Session, SessionId
from agentdeck.git.review_targets import Target
from agentdeck.host.creation import Creator
from agentdeck.host.journal import Journal
from agentdeck.host.review_guard import findings_file
from agentdeck.host.review_store import ReviewStore
from agentdeck.host.session_files import read_json
from agentdeck.rpc.messages import CreateSession

logger = logging.getLogger(__name__)

MAX_TOLD = 50
"""So many earlier findings a reviewer is told of."""


@dataclass(frozen=True, slots=True)
class ReviewStarter:
    """Makes the session of a review."""

    paths: Paths
    creator: Creator
    journal: Journal
    kept: ReviewStore

    async def start(
        self, rule: ReviewRule, session: Session, target: Target, *, by_hand: bool
    ) -> Review:
        """Start a reviewer on a commit of a session; it waits in the pool for a place.

        Raises:
            AgentDeckError: If it cannot be started. One that a person did not ask for
                is then kept as failed, so that it is not tried without end.
        """
        now = datetime.now(UTC)
        review = Review(
            id=secrets.token_hex(5),
            session=session.id,
            name=session.name,
            rule=rule.name,
            key=rule.key,
            commit=target.commit,
            tree=target.tree,
            at=now.isoformat(timespec="milliseconds"),
            round=next_round(rule.name, session.id, self.kept.reviews),
            by_hand=by_hand,
        )
        await self.kept.keep(review)
        try:
            reviewer = await self._create(rule, session, target, review)
        except AgentDeckError as error:
            await self._not_started(review, error, by_hand=by_hand)
            raise
        await self.journal.written()
        # A quick reviewer may be done by now.
        current = self.kept.review(review.id) or review
        if not current.is_over:
            current = replace(
                current,
                state=ReviewState.UNDER_WAY,
                reviewer=reviewer.id,
                reviewer_name=reviewer.name,
            )
            await self.kept.keep(current)
        logger.info("review_started", extra={"session_id": session.id})
        return current

    async def _not_started(
        self, review: Review, error: AgentDeckError, *, by_hand: bool
    ) -> None:
        if by_hand:
            await self.kept.drop(review.id)
            return
        now = datetime.now(UTC)
        note = f"It could not start: {error.message}"
        await self.kept.keep(ended(review, ReviewState.FAILED, now, note=note))

    async def _create(
        self, rule: ReviewRule, session: Session, target: Target, review: Review
    ) -> Session:
        folder = self.paths.session_dir(session.id)
        env = await asyncio.to_thread(read_json, folder / "env.json")
        session_id = SessionId(secrets.token_hex(5))
        found = [k for k in self.kept.findings(session.id) if k.by == rule.name]
        prompt = review_prompt(
            branch=session.branch,
            title=session.title,
            commit=target.commit,
            start=target.start,
            path=str(findings_file(self.paths, session_id)),
            more=rule.prompt,
            earlier=_told(k for k in found if k.stands),
            dismissed=_told(k for k in found if k.state is FindingState.DISMISSED),
        )
        request = CreateSession(
            repo=session.repo,
            prompt=prompt,
            agent=rule.agent or None,
            model=rule.model or None,
            mode=rule.mode or None,
            custom=rule.custom or None,
            base=target.commit,
            title=f"review {session.name} {rule.name}",
            auto_commit=False,
            limit_minutes=rule.limits.minutes,
            limit_tokens=rule.limits.tokens,
            limit_cost_usd=rule.limits.cost_usd,
            env=env or {},
        )
        return await self.creator.create(
            request,
            id=session_id,
            title=f"Review by {rule.name}: {session.title}",
            review=review.id,
            reviews=session.id,
        )


def _told(kept: Iterable[Kept]) -> tuple[str, ...]:
    return tuple(told_again(each) for each in list(kept)[:MAX_TOLD])
