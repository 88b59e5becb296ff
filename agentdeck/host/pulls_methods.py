"""The methods about pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.host.method import Each, Method
from agentdeck.rpc import pulls_messages as p
from agentdeck.rpc.wire import pull_to_wire

if TYPE_CHECKING:
    from agentdeck.core.session import Session
    from agentdeck.host.application import Host


class PullsMethods:
    """Opens, shows and merges pull requests."""

    def __init__(self, host: Host, each: Each) -> None:
        self._host = host
        self._each = each
        self.table: dict[str, Method] = {
            "pull.preview": Method(p.PreviewPull, self._preview),
            "pull.create": Method(p.CreatePulls, self._create),
            "pull.status": Method(p.PullStatus, self._status),
            "pull.merge": Method(p.MergePulls, self._merge),
            "pull.ready": Method(p.ReadyPulls, self._ready),
        }

    async def _preview(self, params: p.PreviewPull) -> dict[str, Any]:
        session = self._host.sessions.session(params.id)
        return await self._host.pulls.preview(session, params.base)

    async def _create(self, params: p.CreatePulls) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.pulls.create(session, params)

        return await self._each(params.ids, act)

    async def _status(self, params: p.PullStatus) -> dict[str, Any]:
        problems: dict[str, AgentDeckError] = {}
        if params.refresh:
            found = (self._host.sessions.find(each) for each in params.ids)
            for repo in dict.fromkeys(each.repo for each in found if each):
                try:
                    await self._host.pull_watch.refresh(repo)
                except AgentDeckError as error:
                    problems[repo] = error

        async def act(session: Session) -> dict[str, Any]:
            if session.repo in problems:
                raise problems[session.repo]
            return {"pull": pull_to_wire(session.pull)}

        return await self._each(params.ids, act)

    async def _merge(self, params: p.MergePulls) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.pulls.merge(session, params)

        return await self._each(params.ids, act)

    async def _ready(self, params: p.ReadyPulls) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return await self._host.pulls.ready(session)

        return await self._each(params.ids, act)
