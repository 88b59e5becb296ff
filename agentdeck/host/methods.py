"""The methods that clients may call, each validated before it runs."""

from __future__ import annotations

import asyncio
import difflib
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck import __version__
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.filters import parse_filter
from agentdeck.core.moments import BY_AGENT
from agentdeck.core.session import Session
from agentdeck.git.commits import commits_between
from agentdeck.git.repository import open_repository
from agentdeck.host.agent_list import list_agents
from agentdeck.host.composer_methods import ComposerMethods
from agentdeck.host.demo import start_demo
from agentdeck.host.each import each_session
from agentdeck.host.explaining import explain
from agentdeck.host.findings_methods import FindingsMethods
from agentdeck.host.gain_methods import GainMethods
from agentdeck.host.handoff_methods import HandoffMethods
from agentdeck.host.hook_methods import HookMethods
from agentdeck.host.landing_methods import LandingMethods
from agentdeck.host.listing_methods import ListingMethods
from agentdeck.host.log_methods import LogMethods
from agentdeck.host.mcp_methods import McpMethods
from agentdeck.host.method import Method
from agentdeck.host.overlaps_methods import OverlapsMethods
from agentdeck.host.pipeline_methods import PipelineMethods
from agentdeck.host.pulls_methods import PullsMethods
from agentdeck.host.resolving_methods import ResolvingMethods
from agentdeck.host.review_methods import ReviewMethods
from agentdeck.host.ruling import rules_to_wire
from agentdeck.host.trash import DAY_S, to_wire
from agentdeck.host.turns_methods import TurnsMethods
from agentdeck.host.typing_in import send_text, type_text
from agentdeck.host.variants import VariantMethods
from agentdeck.host.worktree_methods import WorktreeMethods
from agentdeck.rpc import messages as m
from agentdeck.rpc.protocol import error_to_wire
from agentdeck.rpc.wire import event_to_wire, session_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host

logger = logging.getLogger(__name__)

MAX_REPLAY = 5000
"""A client that missed more events than this gets a snapshot, which is shorter."""


class Methods:
    """The host's methods by name, apart from those on open screens."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "host.status": Method(m.Nothing, self._status),
            "host.stop": Method(m.Nothing, self._stop_host),
            "pool.set": Method(m.SetPool, self._set_pool),
            "session.create": Method(m.CreateSession, self._create),
            "session.list": Method(m.ListSessions, self._list),
            "session.stop": Method(m.StopSessions, self._stop),
            "session.resume": Method(m.ManySessions, self._resume),
            "session.discard": Method(m.ManySessions, self._discard),
            "trash.list": Method(m.Nothing, self._trash),
            "trash.restore": Method(m.ManySessions, self._restore),
            "trash.prune": Method(m.PruneTrash, self._prune),
            "session.send": Method(m.SendText, self._send),
            "session.queue": Method(m.SetQueue, self._queue),
            "session.rules": Method(m.SetRules, self._switch_rules),
            "rules.list": Method(m.Nothing, self._rules),
            "rules.rehearse": Method(m.Nothing, self._rehearse_rules),
            "rules.log": Method(m.Nothing, self._rules_log),
            "session.keys": Method(m.SendKeys, self._keys),
            "session.answer": Method(m.Answer, self._answer),
            "session.mark_read": Method(m.MarkRead, self._mark_read),
            "session.rename": Method(m.Rename, self._rename),
            "session.screen": Method(m.ReadScreen, self._screen),
            "session.logs": Method(m.ReadLogs, self._logs),
            "session.commits": Method(m.OneSession, self._commits),
            "session.explain": Method(m.OneSession, self._explain),
            "events.since": Method(m.ReadEvents, self._events),
            "app.keep_layout": Method(m.KeepLayout, self._keep_layout),
            "agents.list": Method(m.ListAgents, self._agents),
            "demo.start": Method(m.StartDemo, self._demo),
        }
        self.table |= ListingMethods(host, self._each).table
        self.table |= LandingMethods(host).table
        self.table |= TurnsMethods(host, self._each).table
        self.table |= WorktreeMethods(host).table
        self.table |= OverlapsMethods(host).table
        self.table |= ResolvingMethods(host, self._each).table
        self.table |= PullsMethods(host, self._each).table
        self.table |= ReviewMethods(host).table
        self.table |= FindingsMethods(host, self._each).table
        self.table |= LogMethods(host).table
        self.table |= GainMethods(host).table
        self.table |= HookMethods(host).table
        self.table |= McpMethods(host).table
        self.table |= ComposerMethods(host).table
        self.table |= VariantMethods(host).table
        self.table |= HandoffMethods(host).table
        self.table |= PipelineMethods(host).table

    def closest(self, name: str) -> str:
        """A sentence about a method that there is not."""
        close = difflib.get_close_matches(name, self.table, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"The host has no method {name!r}.{hint}"

    async def greeting(self, since: int | None) -> dict[str, Any]:
        """What a client is told first: the snapshot, or the events it missed."""
        host = self._host
        events = None
        if since is not None:
            events = await host.store.events_since(since, MAX_REPLAY + 1)
            if events is not None and len(events) > MAX_REPLAY:
                events = None
        app = host.settings.app
        return {
            "version": __version__,
            "pid": os.getpid(),
            "server_seq": host.journal.told_seq,
            "app": {
                "theme": app.theme,
                "release_key": app.release_key,
                "ascii": app.ascii,
                "motion": app.motion,
                "keys": app.keys,
                "bell": host.settings.notify.bell,
                "terminal": host.settings.notify.terminal,
                "quiet": host.settings.notify.quiet,
                "auto_answers": host.rules.automatic,
            },
            "layouts": host.layouts.kept,
            "view": host.listing.view,
            "filters": host.listing.wire(),
            "default_agent": host.settings.agent,
            "agents": host.registry.listed(),
            "pool": host.pool.state(),
            "runs": host.pipelines.open_runs(),
            "home": str(host.paths.state),
            "sessions": None if events is not None else self._listed(everything=True),
            "events": None if events is None else [event_to_wire(e) for e in events],
        }

    def _listed(
        self, query: str = "", *, everything: bool = False
    ) -> list[dict[str, Any]]:
        wanted, now = parse_filter(query, self._host.listing.queries), datetime.now(UTC)
        fits = wanted.meets_all if everything else wanted.matches
        chosen = [s for s in self._host.sessions if fits(s, now)]
        chosen.sort(key=lambda s: (s.position, s.id))
        return [session_to_wire(session) for session in chosen]

    async def _status(self, _: m.Nothing) -> dict[str, Any]:
        host = self._host
        pool = host.pool.state()
        return {
            "pid": os.getpid(),
            "version": __version__,
            "sessions": len(host.sessions),
            "running": pool["running"],
            "queued": pool["queued"],
            "uptime": round(time.monotonic() - host.started_at, 3),
            "limit": pool["limit"],
            "paused": pool["paused"],
            "home": str(host.paths.state),
        }

    async def _stop_host(self, _: m.Nothing) -> dict[str, Any]:
        self._host.stopping.set()
        return {}

    async def _set_pool(self, params: m.SetPool) -> dict[str, Any]:
        return await self._host.pool.set(params.limit, params.paused)

    async def _create(self, params: m.CreateSession) -> dict[str, Any]:
        fleet, creator = self._host.fleet, self._host.creator
        if params.started_by == "person":
            session = await creator.create(params)
        else:
            origin = await fleet.origin_of(params)
            session = await creator.create(
                await fleet.request_from(params, origin),
                admit=partial(fleet.admit, origin),
                parent=origin.parent,
                depth=origin.depth,
            )
        return {"session": session_to_wire(session)}

    async def _list(self, params: m.ListSessions) -> dict[str, Any]:
        return {"sessions": self._listed(params.filter, everything=params.everything)}

    async def _each(
        self, ids: list[str], act: Callable[[Session], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        return await each_session(self._host.sessions, ids, act)

    async def _stop(self, params: m.StopSessions) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            await self._host.stop_session(session, force=params.force)
            return {}

        return await self._each(params.ids, act)

    async def _resume(self, params: m.ManySessions) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            self._host.resume_session(session)
            return {}

        return await self._each(params.ids, act)

    async def _discard(self, params: m.ManySessions) -> dict[str, Any]:
        group = uuid.uuid4().hex

        async def act(session: Session) -> dict[str, Any]:
            return await self._host.trash.discard(session, group)

        return await self._each(params.ids, act)

    async def _trash(self, _: m.Nothing) -> dict[str, Any]:
        entries = await self._host.trash.listed()
        return {"sessions": [to_wire(entry) for entry in entries]}

    async def _restore(self, params: m.ManySessions) -> dict[str, Any]:
        names = {
            str(e.session.id): e.session.name for e in await self._host.trash.listed()
        }
        results: list[dict[str, Any]] = []
        for session_id in dict.fromkeys(params.ids):
            result = {"id": session_id, "name": names.get(session_id, session_id)}
            try:
                done = await self._host.trash.restore(session_id)
                results.append({**result, "ok": True, **done})
            except AgentDeckError as error:
                results.append({**result, "ok": False, "error": error_to_wire(error)})
        return {"results": results}

    async def _prune(self, params: m.PruneTrash) -> dict[str, Any]:
        gone = await self._host.trash.expire(params.older_than_days * DAY_S)
        return {"sessions": [to_wire(entry) for entry in gone]}

    async def _send(self, params: m.SendText) -> dict[str, Any]:
        what = "a text was sent" if params.by == "person" else BY_AGENT

        async def act(session: Session) -> dict[str, Any]:
            match params.when:
                case "now":
                    return await self._type(session, params, what)
                case "queue":
                    queued = self._host.outbox.add(session, params.text).queued
                    return {"queued": len(queued)}
                case "interrupt":
                    outbox = self._host.outbox
                    await outbox.interrupt_and_send(session, params.text, what)
                    return {}

        return await self._each(params.ids, act)

    async def _queue(self, params: m.SetQueue) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        if params.expected is not None and tuple(params.expected) != session.queued:
            raise RefusedError(
                f"Other messages wait for {session.name} by now; look again."
            )
        changed = self._host.outbox.set(session, tuple(params.messages))
        return {"session": session_to_wire(changed)}

    async def _switch_rules(self, params: m.SetRules) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            sessions = self._host.sessions
            changed = sessions.change(session.id, auto_answers=params.automatic)
            return {"on": self._host.rules.is_on(changed)}

        return await self._each(params.ids, act)

    async def _rules(self, _: m.Nothing) -> dict[str, Any]:
        return rules_to_wire(self._host.rules, list(self._host.sessions))

    async def _rehearse_rules(self, _: m.Nothing) -> dict[str, Any]:
        return {"answers": await self._host.rules.rehearsal()}

    async def _rules_log(self, _: m.Nothing) -> dict[str, Any]:
        return {"answers": await self._host.rules.log()}

    async def _type(
        self, session: Session, params: m.SendText, what: str
    ) -> dict[str, Any]:
        link, text = self._host.supervisor.link(session), params.text
        note = partial(self._note_answer, session, what)
        if params.submit:
            live = self._host.supervisor.live(session.id)
            if live is not None:
                live.witness.prompt = text
            unsent = self._host.registry.agent(session.agent).unsent
            await send_text(link, text, unsent, note)
        else:
            await type_text(link, text, submit=False)
            note()
        return {}

    async def _keys(self, params: m.SendKeys) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            link = self._host.supervisor.link(session)
            for key in params.keys:
                await link.ask({"t": "key", "key": key})
            self._note_answer(session, f"{' '.join(params.keys[:5])} was pressed")
            return {}

        return await self._each(params.ids, act)

    async def _answer(self, params: m.Answer) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.answering.answer(session, params)

        return await self._each(params.ids, act)

    def _note_answer(self, session: Session, what: str) -> None:
        live = self._host.supervisor.live(session.id)
        if live is not None:
            live.witness.answered_if_asked(what)

    async def _mark_read(self, params: m.MarkRead) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            read: dict[str, datetime | None] = {}
            if session.unread and not params.unread:
                read = {"read_at": datetime.now(UTC), "read_before": session.read_at}
            self._host.sessions.change(session.id, unread=params.unread, **read)
            return {}

        return await self._each(params.ids, act)

    async def _rename(self, params: m.Rename) -> dict[str, Any]:
        session = self._host.sessions.change(params.id, title=params.title)
        return {"session": session_to_wire(session)}

    async def _screen(self, params: m.ReadScreen) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return await self._host.screen_of(session, ansi=params.ansi)

    async def _logs(self, params: m.ReadLogs) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return await self._host.recordings.read(session, params)

    async def _commits(self, params: m.OneSession) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return {"commits": await asyncio.to_thread(_commits_of, session)}

    async def _explain(self, params: m.OneSession) -> dict[str, Any]:
        return explain(self._host, self._host.sessions.session(params.id))

    async def _events(self, params: m.ReadEvents) -> dict[str, Any]:
        host = self._host
        events = await host.store.events_since(params.since, params.limit)
        if events is None:
            newest = host.journal.told_seq
            if params.since is None or params.since > newest:
                events = []
            else:
                raise RefusedError(
                    f"The events after {params.since} are no longer kept; the newest "
                    f"is {newest}."
                )
        return {
            "events": [event_to_wire(event) for event in events],
            "server_seq": host.journal.told_seq,
        }

    async def _keep_layout(self, params: m.KeepLayout) -> dict[str, Any]:
        await self._host.layouts.keep(params.size, params.layout)
        return {}

    async def _agents(self, params: m.ListAgents) -> dict[str, Any]:
        return await list_agents(self._host, params)

    async def _demo(self, params: m.StartDemo) -> dict[str, Any]:
        return await start_demo(Path(params.folder), self._host.creator.create)


def _commits_of(session: Session) -> list[dict[str, Any]]:
    repository = open_repository(Path(session.repo))
    return [
        {
            "sha": commit.sha,
            "short": commit.short,
            "subject": commit.subject,
            "author": commit.author,
            "at": commit.at.isoformat(),
        }
        for commit in commits_between(
            repository, session.base_commit, session.branch, limit=500
        )
    ]
