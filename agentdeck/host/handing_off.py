"""Hands work off: conversation, repository state and intent, from one session to another.

The source's files and conversation are only read. What it has not committed is kept
under a hidden ref before the new session is made, and stays there as long as that.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agentdeck.agents.definition import Agent
from agentdeck.agents.registry import Registry, is_installed
from agentdeck.config.brief_files import parse_brief, rendered
from agentdeck.core.briefs import order_of
from agentdeck.core.conversation import Said
from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.core.events import EventKind
from agentdeck.core.handoffs import (
    Can,
    Way,
    conversation_in_words,
    first_brief,
    terminal_in_words,
    way_of,
    whole_prompt,
)
from agentdeck.core.session import Session
from agentdeck.git.carrying import CARRIED, forget
from agentdeck.git.repository import open_repository
from agentdeck.host.creation import Creator
from agentdeck.host.handoff_sources import (
    Source,
    State,
    keep,
    of_outside,
    of_session,
    said_in,
    state_of,
)
from agentdeck.host.outbox import Outbox
from agentdeck.host.sessions import Sessions
from agentdeck.rpc.handoff_messages import LookAtHandoff, StartHandoff
from agentdeck.rpc.messages import CreateSession

logger = logging.getLogger(__name__)

STOPPED_WITHIN_S = 30.0
LOOK_EVERY_S = 0.1


SCREEN_LINES = 500
"""Within so many of the newest lines a screen that has settled stands already."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a session's terminal has shown, for agents that keep no record."""

    lines_of: Callable[[Session], Awaitable[list[str]]]
    screen_of: Callable[[Session], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A source with who goes on, and how the conversation goes along."""

    source: Source
    target: Agent
    way: Way
    reason: str
    said: tuple[Said, ...]
    words: str

    @property
    def is_same_agent(self) -> bool:
        return self.target.name == self.source.agent.name


class Handoffs:
    """Continues sessions, and conversations from outside, as other sessions."""

    def __init__(
        self,
        sessions: Sessions,
        registry: Registry,
        creator: Creator,
        outbox: Outbox,
        terminal: Terminal,
        stop: Callable[[Session], Awaitable[None]],
    ) -> None:
        self._sessions = sessions
        self._registry = registry
        self._creator = creator
        self._outbox = outbox
        self._terminal = terminal
        self._stop = stop
        self._to_archive: set[str] = set()

    async def look(self, params: LookAtHandoff) -> dict[str, Any]:
        """What would be handed off, how, and a brief to begin with.

        Raises:
            AgentDeckError: If there is no such source, or a choice is not possible.
        """
        plan = await self._plan(params)
        source, session = plan.source, plan.source.session
        problem, state = "", None
        if not params.in_checkout:
            try:
                state = await asyncio.to_thread(state_of, source, params.with_ignored)
            except AgentDeckError as error:
                problem = error.message
        checks = session.checks if session is not None else ()
        brief = first_brief(source.title, plan.said, plan.way, checks)
        path = params.env.get("PATH")
        return {
            "source": {
                "id": session.id if session is not None else None,
                "name": source.name,
                "title": source.title,
                "agent": source.agent.name,
                "folder": str(source.folder),
                "in_checkout": session is None or session.in_checkout,
                "repo": source.repo,
                "base": source.base.name,
                "is_busy": source.is_busy,
                "is_live": session is not None and session.is_live,
                "model": session.model if session is not None else None,
            },
            "agent": plan.target.name,
            "agents": [
                {
                    "name": agent.name,
                    "title": agent.title,
                    "installed": is_installed(agent, path),
                }
                for agent in self._registry
                if agent.name != "command"
            ],
            "conversation": {
                "way": plan.way.value,
                "reason": plan.reason,
                "ways": self._ways(plan, params),
                "said": len(plan.said),
                "characters": len(plan.words),
            },
            "carried": _carried(state),
            "problem": problem,
            "brief": rendered(brief),
        }

    async def start(self, params: StartHandoff) -> dict[str, Any]:
        """Start the session that goes on; gives both.

        Raises:
            RefusedError: If the source is in the middle of a turn and nothing was
                chosen for that.
            AgentDeckError: If anything of it is not possible; nothing changed then.
        """
        if params.id and params.busy != "now":
            await self._come_to_rest(params)
        plan = await self._plan(params)
        order = self._order(params, plan)
        session = plan.source.session
        if plan.way is Way.RESUME and session is not None and session.is_live:
            await self._stopped(session)
        ref = ""
        state: State | None = None
        if not params.in_checkout:
            ref = f"{CARRIED}{secrets.token_hex(8)}"
            state = await asyncio.to_thread(keep, plan.source, ref, params.with_ignored)
        try:
            made = await self._creator.create(order, **_values(plan, params, ref))
        except (AgentDeckError, asyncio.CancelledError):
            if ref:
                await asyncio.to_thread(_forget, plan.source.repo, ref)
            raise
        self._link(plan, made)
        await self._settle(plan.source, params.source)
        return {"session": made.id, "way": plan.way.value, "carried": _carried(state)}

    def phase_changed(self, session: Session) -> None:
        """Archive a source that was to be archived once it is over."""
        if session.id in self._to_archive and session.is_over:
            self._to_archive.discard(session.id)
            self._sessions.put(replace(session, archived=True, unread=False))

    async def _plan(self, params: LookAtHandoff) -> _Plan:
        source = await self._source(params)
        target = self._registry.agent(params.agent or source.agent.name)
        if target.name == "command":
            raise UsageError(
                "A command holds no conversation. Choose who goes on with --to AGENT."
            )
        if params.in_checkout:
            _require_own_checkout(source)
        said = tuple(await asyncio.to_thread(said_in, source))
        words = conversation_in_words(said, source.agent.title)
        session = source.session
        if not words and session is not None:
            words = terminal_in_words(await self._shown(session))
        can = Can(
            same_agent=target.name == source.agent.name,
            forks=target.forks,
            is_known=_is_known(source, said),
            has_words=bool(words),
            is_live=session is not None and session.is_live and params.source == "stay",
        )
        way, reason = way_of(params.way, can, source.agent.title, target.title)
        if way is not Way.MARKDOWN:
            words = ""
        return _Plan(source, target, way, reason, said, words)

    async def _shown(self, session: Session) -> list[str]:
        """What a session's terminal has shown; its screen is told once it settled."""
        lines = await self._terminal.lines_of(session)
        try:
            screen = await self._terminal.screen_of(session)
        except AgentDeckError:
            return lines
        shown = [str(line) for line in screen["lines"]]
        known = set(lines[-SCREEN_LINES:])
        return [*lines, *(line for line in shown if line not in known)]

    async def _source(self, params: LookAtHandoff) -> Source:
        if params.id:
            session = self._sessions.session(params.id)
            return await asyncio.to_thread(of_session, session, self._registry)
        return await asyncio.to_thread(
            of_outside, params.outside, params.repo, params.env, self._registry
        )

    def _ways(self, plan: _Plan, params: LookAtHandoff) -> list[str]:
        """The ways that are possible, the best first."""
        session = plan.source.session
        words = bool(plan.said) or plan.way is Way.MARKDOWN
        can = Can(
            same_agent=plan.is_same_agent,
            forks=plan.target.forks,
            is_known=_is_known(plan.source, plan.said),
            has_words=words,
            is_live=session is not None and session.is_live and params.source == "stay",
        )
        found = []
        for way in Way:
            try:
                way_of(way, can, "", "")
            except UsageError:
                continue
            found.append(way.value)
        return found

    async def _come_to_rest(self, params: StartHandoff) -> None:
        """See that a source is not in the middle of a turn."""
        source = await self._source(params)
        if not source.is_busy or source.session is None:
            return
        if params.busy == "refuse":
            raise RefusedError(
                f"{source.name} is in the middle of a turn, so what it has written is"
                " half done. Wait for its end, interrupt it, or hand off what is there"
                " now.",
                busy=True,
            )
        await self._outbox.interrupt(source.session)

    def _order(self, params: StartHandoff, plan: _Plan) -> CreateSession:
        parsed = parse_brief(params.brief)
        if parsed.problems:
            told = parsed.problems[0]
            raise UsageError(f"The brief: {told.key} {told.text}")
        order = order_of(parsed.brief)
        task = str(order["prompt"])
        if not task and params.type != "local":
            raise UsageError("The brief says nothing to do: it needs a goal.")
        source, session = plan.source, plan.source.session
        kept = session if session is not None and plan.is_same_agent else None
        prompt = whole_prompt(
            task,
            plan.words,
            source=source.name,
            folder=str(source.folder),
            is_moved=not params.in_checkout,
        )
        model = params.model or order["model"] or (kept.model if kept else None)
        mode = params.mode or order["mode"]
        custom = order["custom"] or (kept.custom if kept else None)
        values = {
            **order,
            "repo": str(source.folder) if params.in_checkout else source.repo,
            "prompt": prompt,
            "agent": plan.target.name,
            "model": model,
            "mode": mode or (kept.permission_mode if kept else None),
            "custom": custom,
            "base": None,
            "title": order["title"] or source.title,
            "name": params.name,
            "type": params.type,
            "in_checkout": params.in_checkout,
            "env": params.env,
        }
        return CreateSession.model_validate(values)

    async def _stopped(self, session: Session) -> None:
        """Stop a session and wait until it is over."""
        await self._stop(session)
        deadline = asyncio.get_running_loop().time() + STOPPED_WITHIN_S
        while not self._sessions.session(session.id).is_over:
            if asyncio.get_running_loop().time() > deadline:
                raise RefusedError(
                    f"{session.name} does not stop, so its conversation cannot be"
                    " resumed yet."
                )
            await asyncio.sleep(LOOK_EVERY_S)

    def _link(self, plan: _Plan, made: Session) -> None:
        """Have both sessions know each other, and say so on their timelines."""
        source = plan.source
        how = _HOW[plan.way]
        kind = EventKind.SESSION_HANDED_OFF
        text = f"continues {source.name}, {how}"
        self._sessions.tell(kind, made.id, {"text": text, "origin": made.origin})
        before = source.session and self._sessions.find(source.session.id)
        if before:
            continued = (*before.continued, str(made.id))
            self._sessions.put(replace(before, continued=continued))
            text = f"continued by {made.name} ({plan.target.title}), {how}"
            self._sessions.tell(kind, before.id, {"text": text, "session": made.id})

    async def _settle(self, source: Source, choice: str) -> None:
        """Do with the source what was chosen; the new session is there in any case."""
        session = source.session and self._sessions.find(source.session.id)
        if not session or choice == "stay":
            return
        if choice == "archive":
            self._to_archive.add(str(session.id))
        if session.is_over:
            self.phase_changed(session)
            return
        try:
            await self._stop(session)
        except AgentDeckError as error:
            logger.warning("source_not_stopped: %s", error)


_HOW = {
    Way.FORK: "its conversation forked",
    Way.RESUME: "its conversation resumed",
    Way.MARKDOWN: "its conversation in words",
    Way.NONE: "without its conversation",
}


def _values(plan: _Plan, params: StartHandoff, ref: str) -> dict[str, Any]:
    """What the new session takes over; its base, so that all of its commits count."""
    goes_on = plan.way in (Way.FORK, Way.RESUME)
    base = plan.source.base
    placed = (
        {} if params.in_checkout else {"base": base.name, "base_commit": base.commit}
    )
    return {
        **placed,
        "handoff": ref,
        "origin": plan.source.origin,
        "way": plan.way.value,
        "continues": plan.source.conversation if goes_on else "",
    }


def _is_known(source: Source, said: tuple[Said, ...]) -> bool:
    """Whether the CLI can find the conversation again.

    One that keeps a record has nothing to go on with before the first word in it.
    """
    return bool(source.conversation) and (source.agent.read_said is None or bool(said))


def _require_own_checkout(source: Source) -> None:
    session = source.session
    if session is not None and not session.in_checkout:
        raise UsageError(
            f"{session.name} works in a worktree. In your own checkout nothing is"
            " changed, so only what was begun there can go on there."
        )


def _carried(state: State | None) -> dict[str, Any] | None:
    """What goes along, as clients see it."""
    if state is None:
        return None
    found = state.found
    return {
        "commits": state.commits,
        "staged": list(found.staged) if found else [],
        "unstaged": list(found.unstaged) if found else [],
        "untracked": list(found.untracked) if found else [],
        "ignored": list(found.ignored) if found else [],
        "left_out": list(found.left_out) if found else [],
        "has_files": found is not None,
    }


def _forget(repo: str, ref: str) -> None:
    try:
        forget(open_repository(Path(repo)).root, ref)
    except AgentDeckError as error:
        logger.warning("handoff_not_forgotten: %s", error)
