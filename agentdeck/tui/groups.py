"""Which group of the list a session stands in, and the order within. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from agentdeck.core.filters import Filter
from agentdeck.core.indicator import is_in_progress
from agentdeck.core.session import Activity, Phase, Session


class Group(StrEnum):
    """The groups, in the order in which they are shown."""

    NEEDS = "needs you"
    WORKING = "working"
    READY = "ready to review"
    QUEUED = "queued"
    ENDED = "ended"


class Quick(StrEnum):
    """The filters behind the three counts."""

    PROGRESS = "in progress"
    UNREAD = "unread"
    ATTENTION = "attention"

    def matches(self, session: Session) -> bool:
        """Whether the session is one of those that were counted."""
        match self:
            case Quick.PROGRESS:
                return is_in_progress(session) and not session.needs_attention
            case Quick.UNREAD:
                return session.unread
            case Quick.ATTENTION:
                return session.needs_attention


@dataclass(frozen=True, slots=True)
class Section:
    """A group with its sessions, never empty."""

    group: Group
    sessions: tuple[Session, ...]


def group_of(session: Session) -> Group:
    """The group that a session stands in."""
    if session.needs_attention:
        return Group.NEEDS
    if is_in_progress(session):
        return Group.WORKING
    if session.phase is Phase.QUEUED:
        return Group.QUEUED
    idle = session.phase is Phase.RUNNING and session.activity is Activity.IDLE
    ended_well = session.phase is Phase.ENDED and not session.exit_code
    if idle or (ended_well and session.ahead and not session.is_merged):
        return Group.READY
    return Group.ENDED


def _order(group: Group, session: Session) -> tuple[float, int, str]:
    """Oldest question first, queue in its order, what is over newest first."""
    if group is Group.NEEDS and session.needs_since is not None:
        return (session.needs_since.timestamp(), session.position, session.id)
    if group is Group.READY or group is Group.ENDED:
        at = session.ended_at or session.updated_at
        return (-at.timestamp(), session.position, session.id)
    return (0, session.position, session.id)


def arranged(
    sessions: Iterable[Session], query: Filter, quick: Quick | None, now: datetime
) -> tuple[Section, ...]:
    """The sessions that the filters let through, in groups."""
    members: dict[Group, list[Session]] = {group: [] for group in Group}
    for session in sessions:
        if quick is not None and not quick.matches(session):
            continue
        if query.matches(session, now):
            members[group_of(session)].append(session)
    return tuple(
        Section(group, tuple(sorted(found, key=partial(_order, group))))
        for group, found in members.items()
        if found
    )
