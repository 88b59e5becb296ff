"""What clients may ask about the list: pins, folders, the archive, order, filters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from agentdeck.core.ordering import Where
from agentdeck.rpc.messages import ManySessions, OneSession, Params


class PinSessions(ManySessions):
    """`session.pin`: on top of every list, or no longer."""

    pinned: bool = True


class FileSessions(ManySessions):
    """`session.file`: into a folder of the list; an empty name takes them out."""

    folder: Annotated[str, Field(max_length=100)]


class ArchiveSessions(ManySessions):
    """`session.archive`: out of sight, or back; only sessions that are over."""

    archived: bool = True


class MoveSession(OneSession):
    """`session.move`: among the queue if it waits, else among those that do not."""

    where: Where


class ArrangeSessions(ManySessions):
    """`session.arrange`: give these sessions this order among themselves."""


class KeepView(Params):
    """`app.keep_view`: how the list is grouped, sorted and folded."""

    view: dict[str, Any]


class SaveFilter(Params):
    """`filters.save`: keep a query under a name, and perhaps a number key."""

    name: Annotated[str, Field(max_length=100)]
    query: Annotated[str, Field(max_length=1000)]
    digit: int | None = Field(default=None, ge=1, le=9)


class RemoveFilter(Params):
    """`filters.remove`."""

    name: str
