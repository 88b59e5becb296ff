"""Which group of the list a session stands in, and the order within. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath

from agentdeck.core.filters import Filter
from agentdeck.core.indicator import is_in_progress
from agentdeck.core.session import Activity, Phase, Session
from agentdeck.tui.view import Grouping, Sort, View

PINNED = "pinned"
"""The key of the group that stands above all others."""


class Group(StrEnum):
    """The states that sessions are grouped by, in the order in which they are shown."""

    NEEDS = "needs you"
    WORKING = "working"
    READY = "ready to review"
    QUEUED = "queued"
    ENDED = "ended"


_RANK = {group: rank for rank, group in enumerate(Group)}


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
    """A group with its sessions, never empty. One without a title has no header."""

    key: str
    title: str
    sessions: tuple[Session, ...]
    group: Group | None = None
    """The state that all of them have, where groups are made by state."""

    @property
    def attention(self) -> int:
        """How many of them need a person."""
        return sum(session.needs_attention for session in self.sessions)


def group_of(session: Session) -> Group:
    """The group by state that a session stands in."""
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


Order = tuple[float | str, ...]


def _by_attention(session: Session) -> Order:
    """Oldest question first, queue in its order, what is over newest first."""
    group = group_of(session)
    rank = _RANK[group]
    if group is Group.NEEDS and session.needs_since is not None:
        return (rank, session.needs_since.timestamp(), session.position, session.id)
    if group is Group.READY or group is Group.ENDED:
        at = session.ended_at or session.updated_at
        return (rank, -at.timestamp(), session.position, session.id)
    return (rank, 0, session.position, session.id)


def _by_newest(session: Session) -> Order:
    return (-session.created_at.timestamp(), session.position, session.id)


def _by_name(session: Session) -> Order:
    return ((session.title or session.name).casefold(), session.name, session.id)


def _by_own(session: Session) -> Order:
    return (session.position, session.id)


_ORDERS: dict[Sort, Callable[[Session], Order]] = {
    Sort.ATTENTION: _by_attention,
    Sort.NEWEST: _by_newest,
    Sort.NAME: _by_name,
    Sort.OWN: _by_own,
}


def is_in_own_order(section: Section, view: View) -> bool:
    """Whether moving a session within the group can be seen as things are sorted."""
    if view.sort is Sort.OWN:
        return True
    by_position = (Group.WORKING, Group.QUEUED)
    return view.sort is Sort.ATTENTION and section.group in by_position


def _value(grouping: Grouping, session: Session) -> str:
    match grouping:
        case Grouping.STATE:
            return group_of(session).value
        case Grouping.REPOSITORY:
            return session.repo
        case Grouping.FOLDER:
            return session.folder
        case Grouping.AGENT:
            return session.agent
        case Grouping.HOST:
            return session.host
        case Grouping.NONE:
            return ""


def _titles(grouping: Grouping, values: Iterable[str]) -> dict[str, str]:
    match grouping:
        case Grouping.STATE | Grouping.NONE | Grouping.AGENT:
            return {value: value for value in values}
        case Grouping.REPOSITORY:
            return _folder_names(list(values))
        case Grouping.FOLDER:
            return {value: value or "no folder" for value in values}
        case Grouping.HOST:
            return {v: "this machine" if v == "local" else v for v in values}


def _folder_names(paths: list[str]) -> dict[str, str]:
    """The last part of each path; two of one name are told apart by their parents."""
    names = {path: PurePath(path).name or path for path in paths}
    count = Counter(names.values())
    for path, name in names.items():
        if count[name] > 1:
            names[path] = f"{PurePath(path).parent.name}/{name}"
    return names


def arranged(
    sessions: Iterable[Session],
    query: Filter,
    quick: Quick | None,
    now: datetime,
    view: View | None = None,
) -> tuple[Section, ...]:
    """The sessions that the filters let through, in groups; pinned ones on top."""
    view = View() if view is None else view
    order = _ORDERS[view.sort]
    pinned: list[Session] = []
    members: dict[str, list[Session]] = {}
    for session in sessions:
        if quick is not None and not quick.matches(session):
            continue
        if not query.matches(session, now):
            continue
        if session.pinned:
            pinned.append(session)
        else:
            members.setdefault(_value(view.grouping, session), []).append(session)
    titles = _titles(view.grouping, members)
    is_by_state = view.grouping is Grouping.STATE
    sections = [
        Section(
            f"{view.grouping.value}:{value}",
            titles[value],
            tuple(sorted(members[value], key=order)),
            Group(value) if is_by_state else None,
        )
        for value in sorted(members, key=lambda v: _place(view.grouping, v, titles[v]))
    ]
    if pinned:
        on_top = tuple(sorted(pinned, key=order))
        sections.insert(0, Section(PINNED, "pinned", on_top))
    return tuple(sections)


def _place(grouping: Grouping, value: str, title: str) -> Order:
    if grouping is Grouping.STATE:
        return (_RANK[Group(value)],)
    # What stands in no folder comes last.
    return (not value, title.casefold(), value)
