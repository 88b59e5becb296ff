"""Which group of the list a session stands in, and the order within. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
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
    is_well = not session.exit_code or session.stopped_at_rest
    ended_well = session.phase is Phase.ENDED and is_well
    if idle or (ended_well and session.ahead and not session.is_merged):
        return Group.READY
    return Group.ENDED


Order = tuple[float | str, ...]


def _by_attention(session: Session, group: Group) -> Order:
    """Oldest question first, queue in its order, what is over newest first."""
    rank = _RANK[group]
    if group is Group.NEEDS and session.needs_since is not None:
        return (rank, session.needs_since.timestamp(), session.position, session.id)
    if group is Group.READY or group is Group.ENDED:
        at = session.ended_at or session.updated_at
        return (rank, -at.timestamp(), session.position, session.id)
    return (rank, 0, session.position, session.id)


def _by_newest(session: Session, _: Group) -> Order:
    return (-session.created_at.timestamp(), session.position, session.id)


def _by_name(session: Session, _: Group) -> Order:
    return ((session.title or session.name).casefold(), session.name, session.id)


def _by_own(session: Session, _: Group) -> Order:
    return (session.position, session.id)


_ORDERS: dict[Sort, Callable[[Session, Group], Order]] = {
    Sort.ATTENTION: _by_attention,
    Sort.NEWEST: _by_newest,
    Sort.NAME: _by_name,
    Sort.OWN: _by_own,
}


class Placings:
    """Where each session stands, worked out once for each of its states.

    A session is a value: as long as it is the same object, its group and its place
    in an order are the same too. With a thousand of them that is most of the work.
    """

    def __init__(self) -> None:
        self._sort: Sort | None = None
        self._known: dict[str, tuple[Session, Group, Order]] = {}

    def begin(self, sort: Sort, count: int) -> None:
        """Have the orders be those of a sort, and forget far more than there is."""
        if sort is not self._sort or len(self._known) > 2 * count + 100:
            self._known.clear()
        self._sort = sort

    def of(self, session: Session, sort: Sort) -> tuple[Group, Order]:
        """The group by state, and the place within any group."""
        known = self._known.get(session.id)
        if known is not None and known[0] is session:
            return known[1], known[2]
        group = group_of(session)
        order = _ORDERS[sort](session, group)
        self._known[session.id] = (session, group, order)
        return group, order


def is_in_own_order(section: Section, view: View) -> bool:
    """Whether moving a session within the group can be seen as things are sorted."""
    if view.sort is Sort.OWN:
        return True
    by_position = (Group.WORKING, Group.QUEUED)
    return view.sort is Sort.ATTENTION and section.group in by_position


def _value(grouping: Grouping, session: Session, group: Group) -> str:
    match grouping:
        case Grouping.STATE:
            return group
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


Placed = tuple[Order, Session]


def arranged(
    sessions: Collection[Session],
    query: Filter,
    quick: Quick | None,
    now: datetime,
    view: View | None = None,
    placings: Placings | None = None,
) -> tuple[Section, ...]:
    """The sessions that the filters let through, in groups; pinned ones on top.

    Args:
        sessions: All sessions.
        query: The filter.
        quick: The count at the top that filters too, if one does.
        now: For ages.
        view: Groups and order; the usual ones by default.
        placings: What is kept from one call to the next.
    """
    view = View() if view is None else view
    placings = placings or Placings()
    placings.begin(view.sort, len(sessions))
    is_narrowed = bool(query.predicates)
    pinned: list[Placed] = []
    members: dict[str, list[Placed]] = {}
    for session in sessions:
        if quick is not None and not quick.matches(session):
            continue
        if (is_narrowed or session.archived) and not query.matches(session, now):
            continue
        group, order = placings.of(session, view.sort)
        if session.pinned:
            pinned.append((order, session))
        else:
            value = _value(view.grouping, session, group)
            members.setdefault(value, []).append((order, session))
    titles = _titles(view.grouping, members)
    is_by_state = view.grouping is Grouping.STATE
    sections = [
        Section(
            f"{view.grouping.value}:{value}",
            titles[value],
            _in_order(members[value]),
            Group(value) if is_by_state else None,
        )
        for value in sorted(members, key=lambda v: _place(view.grouping, v, titles[v]))
    ]
    if pinned:
        sections.insert(0, Section(PINNED, "pinned", _in_order(pinned)))
    return tuple(sections)


def _in_order(placed: list[Placed]) -> tuple[Session, ...]:
    placed.sort(key=itemgetter(0))
    return tuple(session for _, session in placed)


def _place(grouping: Grouping, value: str, title: str) -> Order:
    if grouping is Grouping.STATE:
        return (_RANK[Group(value)],)
    # What stands in no folder comes last.
    return (not value, title.casefold(), value)
