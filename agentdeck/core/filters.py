"""The filter query: `s:needs-input agent:codex is:unread ahead:>3 -login words`.

Terms are joined by "and"; a `-` before a term excludes; quotes keep spaces. A
free word is looked for in name, title, branch and last line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentdeck.core.errors import UsageError
from agentdeck.core.indicator import is_in_progress
from agentdeck.core.session import Session

Predicate = Callable[[Session, datetime], bool]

_TERM = re.compile(r'(-?)(?:([a-z]+):)?("[^"]*"?|\S+)')
_NUMBER = re.compile(r"([<>]=?|=)?(\d+)")
_AGE = re.compile(r"([<>])(\d+)([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_IS: dict[str, Callable[[Session], bool]] = {
    "unread": lambda s: s.unread,
    "dirty": lambda s: s.dirty,
    "merged": lambda s: s.is_merged,
    "live": lambda s: s.is_live,
    "over": lambda s: s.is_over,
    "attention": lambda s: s.needs_attention,
    "progress": lambda s: is_in_progress(s) and not s.needs_attention,
}
_TEXT: dict[str, Callable[[Session], str]] = {
    "agent": lambda s: s.agent,
    "repo": lambda s: s.repo,
    "branch": lambda s: s.branch,
    "base": lambda s: s.base,
    "host": lambda s: s.host,
    "name": lambda s: s.name,
    "model": lambda s: s.model or "",
}
_COUNT: dict[str, Callable[[Session], int]] = {
    "ahead": lambda s: s.ahead,
    "behind": lambda s: s.behind,
    "added": lambda s: s.added,
    "removed": lambda s: s.removed,
}
KEYS = (*_TEXT, *_COUNT, "s", "is", "age")


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed query. An empty one matches every session."""

    query: str
    predicates: tuple[Predicate, ...] = ()

    def matches(self, session: Session, now: datetime) -> bool:
        """Whether the session is one of those that the query means."""
        return all(predicate(session, now) for predicate in self.predicates)


def parse_filter(query: str) -> Filter:
    """Read a query.

    Raises:
        UsageError: If a key or a value is not known; the message says which are.
    """
    predicates: list[Predicate] = []
    for minus, key, raw in _TERM.findall(query):
        value = raw.strip('"').casefold()
        predicate = _predicate(key, value, raw)
        predicates.append(_negated(predicate) if minus else predicate)
    return Filter(query, tuple(predicates))


def _negated(predicate: Predicate) -> Predicate:
    return lambda session, now: not predicate(session, now)


def _predicate(key: str, value: str, raw: str) -> Predicate:
    if not key:
        return lambda s, _: value in _haystack(s)
    if key in _TEXT:
        text_of = _TEXT[key]
        return lambda s, _: value in text_of(s).casefold()
    if key == "s":
        return lambda s, _: value in (s.phase.value, _activity(s))
    if key == "is":
        return _is(value)
    if key in _COUNT:
        return _count(key, value)
    if key == "age":
        return _age(value)
    raise UsageError(
        f"No filter is called {key!r}, as in {key}:{raw}. There are {', '.join(KEYS)}."
    )


def _activity(session: Session) -> str:
    return session.activity.value if session.activity else ""


def _haystack(session: Session) -> str:
    parts = (session.name, session.title, session.branch, session.last_line)
    return "\n".join(parts).casefold()


def _is(value: str) -> Predicate:
    if value not in _IS:
        raise UsageError(f"is:{value} is not known. There are {', '.join(_IS)}.")
    claim = _IS[value]
    return lambda s, _: claim(s)


def _count(key: str, value: str) -> Predicate:
    match = _NUMBER.fullmatch(value)
    if match is None:
        raise UsageError(f"{key}:{value} needs a number, such as {key}:>3.")
    sign, number, count_of = match[1] or "=", int(match[2]), _COUNT[key]
    return lambda s, _: _compare(count_of(s), sign, number)


def _compare(left: int, sign: str, right: int) -> bool:
    match sign:
        case "<":
            return left < right
        case ">":
            return left > right
        case "<=":
            return left <= right
        case ">=":
            return left >= right
        case _:
            return left == right


def _age(value: str) -> Predicate:
    match = _AGE.fullmatch(value)
    if match is None:
        raise UsageError(f"age:{value} needs a span, such as age:<1h or age:>2d.")
    seconds = min(int(match[2]) * _UNIT_S[match[3]], 10**10)
    span, younger = timedelta(seconds=seconds), match[1] == "<"
    return lambda s, now: ((now - s.created_at) < span) is younger
