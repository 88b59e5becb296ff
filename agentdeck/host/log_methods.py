"""The methods about what sessions did and said."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentdeck.core.recap import recap_lines, recap_of, since_of
from agentdeck.host.method import Method
from agentdeck.rpc import log_messages as m
from agentdeck.rpc.wire import moment_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class LogMethods:
    """Logs and timelines."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.table: dict[str, Method] = {
            "session.text": Method(m.ReadText, self._text),
            "session.timeline": Method(m.ReadTimeline, self._timeline),
            "session.recap": Method(m.ReadRecaps, self._recap),
            "find.search": Method(m.Find, self._find),
        }

    async def _text(self, params: m.ReadText) -> dict[str, Any]:
        history = self._host.history
        session = self._host.sessions.session(params.id)
        has_record = history.conversations.reader(session) is not None
        sources = ["conversation"] if has_record else []
        sources.append("terminal")
        source = params.source or sources[0]
        of_record = source == "conversation"
        reader = history.conversations if of_record else history.text_logs
        answer = await reader.read(session, params.position, params.wait_s)
        return {**answer, "source": source, "sources": sources}

    async def _timeline(self, params: m.ReadTimeline) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        moments = await self._host.history.store.moments_of(session.id, params.since)
        newest = moments[-1].n if moments else params.since
        return {"moments": [moment_to_wire(each) for each in moments], "newest": newest}

    async def _recap(self, params: m.ReadRecaps) -> dict[str, Any]:
        recaps: list[dict[str, Any]] = []
        now = datetime.now(UTC)
        for session_id in dict.fromkeys(params.ids):
            session = self._host.sessions.session(session_id)
            since = params.since or since_of(session, now)
            told: dict[str, Any] = {"id": session.id, "name": session.name}
            if since is None:
                recaps.append({**told, "since": None, "lines": []})
                continue
            moments = await self._host.history.store.moments_of(session.id)
            recap = recap_of(moments, since)
            told |= {**asdict(recap), "since": since.isoformat()}
            recaps.append({**told, "lines": recap_lines(recap)})
        return {"recaps": recaps}

    async def _find(self, params: m.Find) -> dict[str, Any]:
        return await self._host.history.finder.search(
            params.text, params.filter, params.limit, params.wait_s
        )
