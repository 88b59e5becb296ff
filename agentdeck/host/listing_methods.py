"""The host's methods about the list: pins, folders, the archive, order, filters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agentdeck.core.errors import RefusedError
from agentdeck.core.ordering import moved_positions, positions_in_order
from agentdeck.core.saved_filters import SavedFilter
from agentdeck.core.session import Session
from agentdeck.host.method import Each, Method
from agentdeck.rpc import listing_messages as m
from agentdeck.rpc.messages import Nothing
from agentdeck.rpc.wire import session_to_wire

if TYPE_CHECKING:
    from agentdeck.host.application import Host


class ListingMethods:
    """What people do with rows. None of it touches an agent or a branch."""

    def __init__(self, host: Host, each: Each) -> None:
        self._host = host
        self._each = each
        self.table: dict[str, Method] = {
            "session.pin": Method(m.PinSessions, self._pin),
            "session.file": Method(m.FileSessions, self._file),
            "session.archive": Method(m.ArchiveSessions, self._archive),
            "session.move": Method(m.MoveSession, self._move),
            "session.arrange": Method(m.ArrangeSessions, self._arrange),
            "app.keep_view": Method(m.KeepView, self._keep_view),
            "filters.list": Method(Nothing, self._filters),
            "filters.save": Method(m.SaveFilter, self._save_filter),
            "filters.remove": Method(m.RemoveFilter, self._remove_filter),
        }

    def _put(self, session: Session, **values: object) -> Session:
        """Hold a row in another way; that is no news of the session, so no new time."""
        return self._host.sessions.put(replace(session, **values))  # type: ignore[arg-type]

    async def _pin(self, params: m.PinSessions) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            return {"pinned": self._put(session, pinned=params.pinned).pinned}

        return await self._each(params.ids, act)

    async def _file(self, params: m.FileSessions) -> dict[str, Any]:
        folder = " ".join(params.folder.split())

        async def act(session: Session) -> dict[str, Any]:
            return {"folder": self._put(session, folder=folder).folder}

        return await self._each(params.ids, act)

    async def _archive(self, params: m.ArchiveSessions) -> dict[str, Any]:
        async def act(session: Session) -> dict[str, Any]:
            if params.archived and not session.is_over:
                raise RefusedError(
                    f"{session.name} is {session.phase.value}; only a session that "
                    "is over can be archived."
                )
            # What nobody sees cannot be unread.
            unread = session.unread and not params.archived
            changed = self._put(session, archived=params.archived, unread=unread)
            return {"archived": changed.archived}

        return await self._each(params.ids, act)

    async def _move(self, params: m.MoveSession) -> dict[str, Any]:
        sessions = self._host.sessions
        moved = sessions.session(params.id)
        self._place(moved_positions(sessions, moved, params.where))
        return {"session": session_to_wire(sessions.session(params.id))}

    async def _arrange(self, params: m.ArrangeSessions) -> dict[str, Any]:
        found = [self._host.sessions.find(each) for each in dict.fromkeys(params.ids)]
        self._place(positions_in_order([each for each in found if each is not None]))
        return {}

    def _place(self, positions: dict[str, int]) -> None:
        for session_id, position in positions.items():
            self._put(self._host.sessions.session(session_id), position=position)

    async def _keep_view(self, params: m.KeepView) -> dict[str, Any]:
        await self._host.listing.keep_view(params.view)
        return {}

    async def _filters(self, _: Nothing) -> dict[str, Any]:
        return {"filters": self._host.listing.wire()}

    async def _save_filter(self, params: m.SaveFilter) -> dict[str, Any]:
        new = SavedFilter(params.name.removeprefix("@"), params.query, params.digit)
        await self._host.listing.save_filter(new)
        return {"filters": self._host.listing.wire()}

    async def _remove_filter(self, params: m.RemoveFilter) -> dict[str, Any]:
        await self._host.listing.remove_filter(params.name)
        return {"filters": self._host.listing.wire()}
