"""Lets rules answer permissions: decided before anybody is called, and logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agentdeck.config.settings import AnswerSettings
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.events import EventKind
from agentdeck.core.rules import Rule, Ruling, ruling_for
from agentdeck.core.session import Phase, Session
from agentdeck.host.answering import Answering
from agentdeck.host.sessions import Sessions
from agentdeck.host.store import Store
from agentdeck.host.supervisor import Supervisor
from agentdeck.rpc.messages import Answer

logger = logging.getLogger(__name__)

PAST_QUESTIONS = 500
"""How many states with a question a dry run looks back over, and answers a log."""


class RuleKeeper:
    """Judges each question that comes, and carries its ruling out."""

    def __init__(
        self,
        sessions: Sessions,
        supervisor: Supervisor,
        answering: Answering,
        store: Store,
        settings: AnswerSettings,
    ) -> None:
        self._sessions = sessions
        self._supervisor = supervisor
        self._answering = answering
        self._store = store
        self.automatic = settings.automatic
        self.rules = tuple(
            Rule(r.agent, r.repository, tuple(r.allow), tuple(r.deny))
            for r in settings.rules
        )
        self._begun: dict[str, datetime | None] = {}
        self._failed: dict[str, datetime | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_left: Callable[[Session], None] = lambda _: None
        """Called with a session of which a rule could not answer the question."""

    def is_on(self, session: Session) -> bool:
        """Whether rules answer in a session."""
        own = session.auto_answers
        return bool(self.rules) and (self.automatic if own is None else own)

    def judge(self, session: Session) -> Session:
        """The session with the rule that answers it, if one does; begins the answer.

        Of several permissions that are open none is answered: the screen may show
        another than the one that was told last.
        """
        if session.needs is None:
            self._begun.pop(session.id, None)
            self._failed.pop(session.id, None)
        ruling = self._ruling(session)
        by = ruling.by if ruling is not None else ""
        if ruling is not None and not self._is_noted(self._begun, session):
            self._begun[session.id] = session.needs_since
            task = asyncio.create_task(self._carry_out(session, ruling), name="rule")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return session if session.ruled_by == by else replace(session, ruled_by=by)

    def take_up(self, session_id: str) -> None:
        """Judge what a session asked before its runner could be reached."""
        session = self._sessions.find(session_id)
        if session is not None and session.needs is not None:
            self._sessions.put(session)

    async def close(self) -> None:
        """Answer no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def rehearsal(self) -> list[dict[str, Any]]:
        """The questions of late, newest first, and what the rules would answer."""
        rows: list[dict[str, Any]] = []
        seen: set[tuple[str, datetime | None]] = set()
        for session in await self._store.past_questions(PAST_QUESTIONS):
            if session.needs is None or (session.id, session.needs_since) in seen:
                continue
            seen.add((session.id, session.needs_since))
            ruling = ruling_for(self.rules, session)
            rows.append(
                {
                    "at": (session.needs_since or session.updated_at).isoformat(),
                    "name": session.name,
                    "agent": session.agent,
                    "kind": session.needs.kind.value,
                    "asked": session.needs.text,
                    "action": ruling.action if ruling else None,
                    "by": ruling.by if ruling else "",
                }
            )
        return rows

    async def log(self) -> list[dict[str, Any]]:
        """The automatic answers that are still kept, newest first."""
        events = await self._store.newest_of(EventKind.RULE_ANSWERED, PAST_QUESTIONS)
        return [{"at": event.at.isoformat(), **event.data} for event in events]

    def _ruling(self, session: Session) -> Ruling | None:
        if session.needs is None or session.phase is not Phase.RUNNING:
            return None
        if not self.is_on(session) or self._is_noted(self._failed, session):
            return None
        live = self._supervisor.live(session.id)
        if live is None or live.link is None or live.witness.asks_several:
            return None
        return ruling_for(self.rules, session)

    @staticmethod
    def _is_noted(noted: dict[str, datetime | None], session: Session) -> bool:
        return session.id in noted and noted[session.id] == session.needs_since

    async def _carry_out(self, session: Session, ruling: Ruling) -> None:
        needs, since = session.needs, session.needs_since
        shown = since.isoformat(timespec="milliseconds") if since else ""
        request = Answer(
            ids=[session.id], action=ruling.action, since={session.id: shown}
        )
        told: dict[str, object] = {
            "name": session.name,
            "asked": needs.text if needs is not None else "",
            "action": ruling.action,
            "by": ruling.by,
        }
        try:
            await self._answering.answer(session, request, by=f" by {ruling.by}")
        except AgentDeckError as error:
            told["error"] = error.message
            self._leave(session)
        except Exception:
            # Whatever it was, the question must not stay hidden from people.
            logger.exception("rule_failed", extra={"session_id": session.id})
            told["error"] = "Something in AgentDeck went wrong; see its log."
            self._leave(session)
        self._sessions.tell(EventKind.RULE_ANSWERED, session.id, told)

    def _leave(self, session: Session) -> None:
        """Leave a question to a person."""
        self._failed[session.id] = session.needs_since
        now = self._sessions.find(session.id)
        if now is not None and now.needs is not None:
            self.on_left(self._sessions.put(now))


def rules_to_wire(keeper: RuleKeeper, sessions: Sequence[Session]) -> dict[str, Any]:
    """The rules as `agentdeck rules --json` shows them."""
    return {
        "automatic": keeper.automatic,
        "rules": [
            {
                "number": number,
                "agent": rule.agent,
                "repository": rule.repository,
                "allow": list(rule.allow),
                "deny": list(rule.deny),
            }
            for number, rule in enumerate(keeper.rules, 1)
        ],
        "sessions": [
            {"name": session.name, "on": session.auto_answers}
            for session in sessions
            if session.auto_answers is not None
        ],
    }
