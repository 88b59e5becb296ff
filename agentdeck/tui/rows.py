"""The rows of the list: headers, sessions, and what is folded away. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentdeck.core.session import Session
from agentdeck.tui.groups import Group, Section, group_of
from agentdeck.tui.view import View

KEPT_ENDED = 5
"""So many ended sessions of a group are shown before the older ones are folded."""
LEAST_FOLDED = 3
"""Fewer would take no less room folded than shown."""
HEADER = "header "
MORE = "more "


@dataclass(frozen=True, slots=True)
class Row:
    """A place where the cursor can stand: a header, a session, or `12 more`."""

    key: str
    section: Section
    session: Session | None = None
    hidden: int = 0
    """How many sessions a collapsed header or a `more` row stands for."""

    @property
    def is_header(self) -> bool:
        """Whether it is the header of its group."""
        return self.session is None and self.key.startswith(HEADER)

    @property
    def is_more(self) -> bool:
        """Whether it stands for folded sessions."""
        return self.session is None and not self.is_header


def rows_of(
    sections: Iterable[Section], view: View, *, folds: bool, kept: str | None = None
) -> list[Row]:
    """The rows that are shown, from the top.

    Args:
        sections: The groups.
        view: Which groups are collapsed, and which unfolded.
        folds: Whether older ended sessions are folded; not under a filter, which is
            there to find them.
        kept: The id of a session that is not folded, as the cursor is on it.
    """
    rows: list[Row] = []
    for section in sections:
        is_closed = bool(section.title) and section.key in view.collapsed
        if section.title:
            hidden = len(section.sessions) if is_closed else 0
            rows.append(Row(HEADER + section.key, section, hidden=hidden))
        if is_closed:
            continue
        folded = set[str]()
        if folds and section.key not in view.unfolded:
            folded = _older(section, kept)
        rows += [
            Row(session.id, section, session)
            for session in section.sessions
            if session.id not in folded
        ]
        if folded:
            rows.append(Row(MORE + section.key, section, hidden=len(folded)))
    return rows


def _older(section: Section, kept: str | None) -> set[str]:
    """The ids of the ended sessions that are folded away: all but the newest."""
    if len(section.sessions) < KEPT_ENDED + LEAST_FOLDED:
        return set()
    if section.group not in (None, Group.ENDED):
        return set()
    ended = [s for s in section.sessions if group_of(s) is Group.ENDED]
    ended.sort(key=lambda s: (s.ended_at or s.updated_at, s.id), reverse=True)
    older = {str(session.id) for session in ended[KEPT_ENDED:]} - {kept}
    return older if len(older) >= LEAST_FOLDED else set()


def sessions_of(sections: Iterable[Section]) -> list[str]:
    """The ids of all sessions of some groups, shown or not, from the top."""
    return [session.id for section in sections for session in section.sessions]
