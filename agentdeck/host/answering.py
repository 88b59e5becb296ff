"""Answers what agents ask: by their keys, and only while the question still stands.

An answer names the question by the time since which it is asked. Before a key is
pressed the agent's screen is read once more, so that a late key never answers
something else, and one that comes before the dialog is drawn waits for it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Any

from agentdeck.agents.definition import Answers
from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Activity, Needs, NeedsKind, Session
from agentdeck.host.sessions import Sessions
from agentdeck.host.supervisor import LiveSession, Supervisor
from agentdeck.host.typing_in import send_text
from agentdeck.rpc.messages import Answer

DRAWN_WITHIN_S = 4.0
"""A hook tells of a dialog before it is drawn; a slow machine takes a while."""
LOOK_EVERY_S = 0.08
"""How often the screen is read while the dialog is waited for."""
SETTLED_WITHIN_S = 10.0
"""How soon after a denial the agent must take a text."""
BETWEEN_KEYS_S = 0.15

_YES_NO = frozenset({NeedsKind.PERMISSION, NeedsKind.PLAN, NeedsKind.TRUST})
_UNANSWERABLE = frozenset({NeedsKind.LIMIT, NeedsKind.ERROR, NeedsKind.LOGIN})
_FREE_CHOICES = ("type something", "other", "none of the above")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an agent gets: keys, then a text, and both in words."""

    keys: tuple[str, ...]
    says: str
    text: str | None = None
    denies_first: bool = False


class Answering:
    """Sends answers, one at a time to each session."""

    def __init__(self, sessions: Sessions, supervisor: Supervisor) -> None:
        self._sessions = sessions
        self._supervisor = supervisor
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def answer(
        self, session: Session, request: Answer, by: str = ""
    ) -> dict[str, Any]:
        """Answer what a session asks; with `preview` only say what it would get.

        Args:
            session: The session.
            request: The answer.
            by: Who answers where no person does, for the evidence: ` by rule 1 (ls)`.

        Raises:
            AgentDeckError: If it asks nothing, something else by now, or nothing that
                this answers.
        """
        async with self._locks[session.id]:
            session = self._sessions.session(session.id)
            needs = self._open_question(session, request)
            live = self._live(session)
            plan = plan_for(needs, live.witness.agent.answers, request)
            if request.preview:
                return {"asks": needs.text, "gets": plan.says}
            await self._until_drawn(session, live)
            self._open_question(self._sessions.session(session.id), request)
            await self._carry_out(session, live, plan, by)
        return {"asks": needs.text, "gets": plan.says}

    def _live(self, session: Session) -> LiveSession:
        self._supervisor.link(session)
        live = self._supervisor.live(session.id)
        assert live is not None  # noqa: S101 - `link` has raised otherwise
        return live

    @staticmethod
    def _open_question(session: Session, request: Answer) -> Needs:
        needs = session.needs
        if needs is None or session.is_over:
            raise RefusedError(f"{session.name} asks nothing now.")
        shown = request.since.get(session.id)
        since = session.needs_since
        now = since.isoformat(timespec="milliseconds") if since else ""
        if shown is not None and shown != now:
            raise RefusedError(
                f"{session.name} asks something else by now: {needs.text}"
            )
        return needs

    async def _until_drawn(self, session: Session, live: LiveSession) -> None:
        """Wait until the question is on the screen, where its rules can tell.

        Raises:
            RefusedError: If it does not come.
        """
        agent = live.witness.agent
        if not any(rule.activity is Activity.NEEDS_INPUT for rule in agent.rules):
            return
        believed = live.witness.believed
        if believed is not None and believed.source.name in ("PROCESS", "SIGNAL"):
            return
        link = self._supervisor.link(session)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAWN_WITHIN_S
        while True:
            screen = await link.ask({"t": "screen"})
            lines = [str(line) for line in screen.get("lines", [])]
            found = agent.detect(lines, str(screen.get("title") or ""))
            if found is not None and found.activity is Activity.NEEDS_INPUT:
                return
            if loop.time() >= deadline:
                raise RefusedError(
                    f"{session.name} does not show its question, so no key was "
                    "pressed. Look at it with `agentdeck attach`."
                )
            await asyncio.sleep(LOOK_EVERY_S)

    async def _carry_out(
        self, session: Session, live: LiveSession, plan: Plan, by: str
    ) -> None:
        link = self._supervisor.link(session)
        for number, key in enumerate(plan.keys):
            if number:
                await asyncio.sleep(BETWEEN_KEYS_S)
            await link.ask({"t": "key", "key": key})
        if plan.keys:
            live.witness.answered(f"answered{by}: {plan.says}")
        if plan.text is None:
            return
        if plan.denies_first:
            await self._until_it_rests(session)
        elif plan.keys:
            await asyncio.sleep(BETWEEN_KEYS_S)
        said = f"answered: {plan.text}"[:200]
        witness = live.witness
        await send_text(
            link, plan.text, witness.agent.unsent, partial(witness.answered, said)
        )

    async def _until_it_rests(self, session: Session) -> None:
        deadline = asyncio.get_running_loop().time() + SETTLED_WITHIN_S
        while self._sessions.session(session.id).activity is not Activity.IDLE:
            if asyncio.get_running_loop().time() >= deadline:
                raise RefusedError(
                    f"{session.name} was told no, but did not come to rest, so the "
                    "text was not sent."
                )
            await asyncio.sleep(LOOK_EVERY_S)


def plan_for(needs: Needs, answers: Answers, request: Answer) -> Plan:
    """The keys and the text that answer a question.

    Raises:
        RefusedError: If the question cannot be answered in this way.
    """
    if request.reply is not None:
        return _reply(needs, answers, request.reply)
    if needs.kind in _UNANSWERABLE:
        raise RefusedError(
            f"This cannot be answered from here: {needs.text} "
            "`agentdeck attach` opens its terminal."
        )
    if request.choice is not None:
        return _choice(needs, answers, request.choice)
    return _yes_or_no(needs, answers, is_yes=request.action == "approve")


def _choice(needs: Needs, answers: Answers, choice: int) -> Plan:
    if choice > len(needs.choices):
        raise RefusedError(
            f"There is no choice {choice}: {needs.text} Reply with a text instead."
        )
    says = f"{choice}. {needs.choices[choice - 1]}"
    if answers.by_arrows:
        step = "right" if answers.across else "down"
        return Plan((*[step] * (choice - 1), "enter"), says)
    confirms = needs.kind in answers.confirmed_kinds
    return Plan((str(choice), *(answers.after_number if confirms else ())), says)


def _yes_or_no(needs: Needs, answers: Answers, *, is_yes: bool) -> Plan:
    if needs.kind not in _YES_NO:
        raise RefusedError(
            f"It asks for more than yes or no: {needs.text} Choose or reply."
        )
    keys = answers.approve if is_yes else answers.deny
    if is_yes and needs.kind in answers.confirmed_kinds:
        keys = (*keys, *answers.after_number)
    named = needs.choices[int(keys[0]) - 1 : int(keys[0])] if keys[0].isdigit() else ()
    said = f"{keys[0]}. {named[0]}" if named else f"{'+'.join(keys)}"
    return Plan(keys, f"{'approved' if is_yes else 'denied'} ({said})")


def _reply(needs: Needs, answers: Answers, text: str) -> Plan:
    """A text never goes into a dialog that would take its first digit for a choice."""
    says = f"“{text[:80]}”"
    if needs.kind in _YES_NO:
        return Plan(answers.deny, f"denied, then {says}", text, denies_first=True)
    for number, choice in enumerate(needs.choices, 1):
        if choice.casefold().startswith(_FREE_CHOICES):
            return Plan((str(number),), says, text)
    return Plan((), says, text)
