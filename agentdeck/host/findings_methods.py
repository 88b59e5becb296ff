"""The methods about reviews by agents: starting them, and what they found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentdeck.core import comments as c
from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.core.findings import (
    FindingState,
    Kept,
    comment_text,
    in_order,
    kept_to_wire,
)
from agentdeck.core.review import Compare
from agentdeck.core.review_rules import (
    ReviewEvent,
    ReviewRule,
    review_to_wire,
    rule_named,
    rule_to_wire,
)
from agentdeck.core.session import Phase, Session
from agentdeck.host.creation import COMMAND_AGENT
from agentdeck.host.findings_posting import post_findings
from agentdeck.host.method import Each, Method
from agentdeck.host.review_keeper import verdict_to_wire
from agentdeck.host.review_methods import places_of
from agentdeck.rpc import findings_messages as m
from agentdeck.rpc.review_messages import ReviewOf

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class FindingsMethods:
    """Lists, sends and dismisses findings; lists and starts reviews."""

    def __init__(self, host: Host, each: Each) -> None:
        self._host = host
        self._each = each
        self.table: dict[str, Method] = {
            "findings.list": Method(m.ListFindings, self._list),
            "findings.dismiss": Method(m.DismissFindings, self._dismiss),
            "findings.reopen": Method(m.ReopenFindings, self._reopen),
            "findings.send": Method(m.SendFindings, self._send),
            "findings.post": Method(m.PostFindings, self._post),
            "reviews.list": Method(m.ListReviews, self._reviews),
            "reviews.rehearse": Method(m.RehearseReviews, self._rehearse),
            "reviews.start": Method(m.StartReviews, self._start),
        }

    async def _list(self, params: m.ListFindings) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        kept = in_order(self._host.findings.of(session.id))
        places = await self._places(session, params, kept)
        return {"findings": [kept_to_wire(k, places.get(k.id)) for k in kept]}

    async def _places(
        self, session: Session, params: ReviewOf, kept: Iterable[Kept]
    ) -> dict[str, c.Place]:
        compare = Compare(params.kind, params.revision)
        comments = [_as_comment(each) for each in kept if each.finding.path]
        try:
            return await asyncio.to_thread(places_of, session, compare, comments)
        except AgentDeckError:
            # Its branch may be gone; what was found is still to be read.
            return {}

    async def _dismiss(self, params: m.DismissFindings) -> dict[str, Any]:
        reason = " ".join(params.reason.split())
        return await self._set(params, dismissed_at=_now(), reason=reason)

    async def _reopen(self, params: m.ReopenFindings) -> dict[str, Any]:
        return await self._set(params, dismissed_at="", reason="")

    async def _set(
        self, params: m.DismissFindings | m.ReopenFindings, **values: str
    ) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        changed = await self._host.findings.change(session, params.findings, **values)
        return {"findings": [kept_to_wire(each) for each in changed]}

    async def _send(self, params: m.SendFindings) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        book = self._host.findings
        if params.findings is None:
            found = book.of(session.id)
            chosen = [k for k in found if k.state is FindingState.OPEN]
        else:
            chosen = book.chosen(session, params.findings)
        if not chosen:
            raise RefusedError(f"{session.name} has no finding that is not sent yet.")
        chosen = in_order(chosen)
        places = await self._places(session, params, chosen)
        comments = [_as_comment(each) for each in chosen]
        message = c.message_of(comments, places, "finding")
        ids = [each.id for each in chosen]
        answer = {"message": message, "ids": ids}
        if params.preview:
            return {**answer, "queued": 0}
        queued = await self._deliver(session, message, params.when)
        await book.change(session, ids, sent_at=_now())
        return {**answer, "queued": queued}

    async def _deliver(self, session: Session, message: str, when: str) -> int:
        """Give the session's agent a message; one that is over is started again."""
        if session.agent == COMMAND_AGENT:
            raise RefusedError(
                f"{session.name} runs a command, which takes no messages."
            )
        if when == "interrupt" and session.phase is Phase.RUNNING:
            await self._host.outbox.interrupt_and_send(session, message)
            return 0
        if session.is_over:
            queued = (*session.queued, message)
            self._host.sessions.change(session.id, queued=queued)
            self._host.resume_session(self._host.sessions.session(session.id))
            return len(queued)
        return len(self._host.outbox.add(session, message).queued)

    async def _post(self, params: m.PostFindings) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        book = self._host.findings
        if params.findings is None:
            found = book.of(session.id)
            chosen = [k for k in found if k.stands and not k.posted_at]
        else:
            chosen = book.chosen(session, params.findings)
        if not chosen:
            raise RefusedError(f"{session.name} has no finding that is not posted yet.")
        posted = await asyncio.to_thread(post_findings, session, in_order(chosen))
        ids = [each.id for each in chosen]
        await book.change(session, ids, posted_at=_now())
        return {"ids": ids, "url": posted.url, "inline": posted.inline}

    async def _reviews(self, params: m.ListReviews) -> dict[str, Any]:
        sessions = list(self._host.sessions)
        if params.id is not None:
            sessions = [self._host.sessions.session(params.id)]
        repos = {session.repo for session in sessions}
        if params.repo is not None:
            repos.add((await self._host.trust.of(params.repo)).repo)
        rules: dict[str, ReviewRule] = {}
        for repo in sorted(repos) or [""]:
            found = await asyncio.to_thread(self._host.reviews.rules, repo)
            rules |= {rule.key: rule for rule in found}
        ids = {str(session.id) for session in sessions}
        return {
            "rules": [rule_to_wire(rule) for rule in rules.values()],
            "reviews": [
                review_to_wire(review)
                for review in self._host.review_store.reviews
                if params.id is None or review.session in ids
            ],
        }

    async def _rehearse(self, params: m.RehearseReviews) -> dict[str, Any]:
        chosen = self._host.sessions
        sessions = (
            [chosen.session(each) for each in params.ids]
            if params.ids is not None
            else [s for s in chosen if not (s.is_review or s.archived)]
        )
        rows: list[dict[str, Any]] = []
        for session in sessions:
            try:
                verdicts = await self._host.reviews.verdicts(session)
            except AgentDeckError as error:
                row = {"id": session.id, "name": session.name, "rule": ""}
                rows.append({**row, "starts": False, "why": error.message})
                continue
            rows += [verdict_to_wire(verdict) for verdict in verdicts]
        return {"reviews": rows}

    async def _start(self, params: m.StartReviews) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            rule = await self._rule_of(session, params)
            reviews = self._host.reviews
            review = await reviews.start_by_hand(session, rule, again=params.again)
            return {"review": review_to_wire(review)}

        return await self._each(params.ids, act)

    async def _rule_of(self, session: Session, params: m.StartReviews) -> ReviewRule:
        if params.rule is not None:
            if params.agent or params.custom or params.model:
                raise UsageError("Give either a rule or an agent, not both.")
            rules = await asyncio.to_thread(self._host.reviews.rules, session.repo)
            return rule_named(params.rule, rules)
        agent = params.agent or self._host.settings.agent
        return ReviewRule(
            name=params.custom or agent,
            on=(ReviewEvent.MANUAL,),
            agent=agent,
            model=params.model or "",
            custom=params.custom or "",
            prompt=params.prompt,
        )


def _as_comment(kept: Kept) -> c.Comment:
    return c.Comment(kept.id, kept.anchor, comment_text(kept), kept.at, kept.hunk)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
