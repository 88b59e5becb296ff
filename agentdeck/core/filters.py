"""The filter query: `s:needs-input agent:codex is:unread ahead:>3 -login words`.

Terms are joined by "and"; a `-` before a term excludes; quotes keep spaces. A
free word is looked for in name, title, branch and last line. Keys and values may
be written in capitals. `@name` stands for the query that was saved under a name.
Archived sessions are left out unless a query asks for them by `is:archived`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import UsageError
from agentdeck.core.indicator import is_in_progress
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.core.session import Activity, Phase, Session

Predicate = Callable[[Session, datetime], bool]

_TERM = re.compile(r'(-?)(?:([A-Za-z]+):)?("[^"]*"?|\S+|(?<=:))')
# Nine digits are more than anything counts; Python refuses to read thousands.
_NUMBER = re.compile(r"([<>]=?|=)?([0-9]{1,9})")
_AGE = re.compile(r"([<>]=?)([0-9]{1,9})([smhdw])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}

_IS: dict[str, Callable[[Session], bool]] = {
    "unread": lambda s: s.unread,
    "dirty": lambda s: s.dirty,
    "merged": lambda s: s.is_merged,
    "live": lambda s: s.is_live,
    "over": lambda s: s.is_over,
    "pinned": lambda s: s.pinned,
    "archived": lambda s: s.archived,
    "overlapping": lambda s: s.is_overlapping,
    "resolving": lambda s: bool(s.resolving),
    "pr": lambda s: s.pull is not None,
    "local": lambda s: not s.is_pooled,
    "attention": lambda s: s.needs_attention,
    "progress": lambda s: is_in_progress(s) and not s.needs_attention,
    "review": lambda s: s.is_review,
}
TEXT_OF: dict[str, Callable[[Session], str]] = {
    "agent": lambda s: s.agent,
    "repo": lambda s: s.repo,
    "branch": lambda s: s.branch,
    "base": lambda s: s.base,
    "host": lambda s: s.host,
    "folder": lambda s: s.folder,
    "group": lambda s: s.group,
    "name": lambda s: s.name,
    "type": lambda s: s.type.value,
    "model": lambda s: s.model or "",
}
_COUNT: dict[str, Callable[[Session], int]] = {
    "ahead": lambda s: s.ahead,
    "behind": lambda s: s.behind,
    "added": lambda s: s.added,
    "removed": lambda s: s.removed,
    "findings": lambda s: s.findings,
}
_PULL: dict[str, Callable[[PullRequest], bool]] = {
    "open": lambda p: p.is_open,
    "draft": lambda p: p.state is PullState.DRAFT,
    "merged": lambda p: p.state is PullState.MERGED,
    "closed": lambda p: p.state is PullState.CLOSED,
    "passed": lambda p: p.is_open and p.checks is PullChecks.PASSED,
    "failed": lambda p: p.is_open and p.checks is PullChecks.FAILED,
    "pending": lambda p: p.is_open and p.checks is PullChecks.PENDING,
    "approved": lambda p: p.is_open and p.review is PullReview.APPROVED,
    "changes": lambda p: p.is_open and p.review is PullReview.CHANGES,
    "conflicts": lambda p: p.is_open and p.conflicts,
}
KEYS = ("s", "is", "check", "pr", *TEXT_OF, *_COUNT, "age")
STATES = (*(activity.value for activity in Activity), *(phase.value for phase in Phase))
CLAIMS = tuple(_IS)
CHECKS = tuple(state.value for state in CheckState)
PULLS = tuple(_PULL)
_EXAMPLES = {
    "s": "s:needs-input",
    "is": "is:unread",
    "check": "check:failed",
    "pr": "pr:open",
    "age": "age:<1h",
    **{key: f"{key}:>3" for key in _COUNT},
    **{key: f"{key}:word" for key in TEXT_OF},
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed query. An empty one matches every session."""

    query: str
    predicates: tuple[Predicate, ...] = ()
    with_archived: bool = False
    """Whether it speaks of archived sessions, and so does not leave them out."""

    def matches(self, session: Session, now: datetime) -> bool:
        """Whether the session is one of those that the query means."""
        if session.archived and not self.with_archived:
            return False
        return self.meets_all(session, now)

    def meets_all(self, session: Session, now: datetime) -> bool:
        """Whether every term holds of the session, archived or not."""
        return all(predicate(session, now) for predicate in self.predicates)


def parse_filter(query: str, saved: Mapping[str, str] | None = None) -> Filter:
    """Read a query.

    Args:
        query: What a person wrote.
        saved: Queries by name, which the terms `@name` stand for.

    Raises:
        UsageError: If a key or a value is not known; the message says which are.
    """
    predicates: list[Predicate] = []
    with_archived = False
    for minus, key, raw in _TERM.findall(query):
        value = raw.strip('"').casefold()
        predicate: Predicate
        if not key and raw.startswith("@"):
            named = _saved(raw[1:], {} if saved is None else saved)
            with_archived |= named.with_archived
            predicate = named.meets_all
        else:
            predicate = _predicate(key.casefold(), value, raw)
            with_archived |= key.casefold() == "is" and value == "archived"
        predicates.append(_negated(predicate) if minus else predicate)
    return Filter(query, tuple(predicates), with_archived)


def _saved(name: str, saved: Mapping[str, str]) -> Filter:
    by_folded = {known.casefold(): query for known, query in saved.items()}
    query = by_folded.get(name.casefold())
    if query is None:
        there = f" There are {', '.join(f'@{known}' for known in saved)}."
        raise UsageError(
            f"No filter is saved as @{name}.{_nearest(name.casefold(), by_folded)}"
            f'{there if saved else ""} To look for the word, quote it: "@{name}".'
        )
    return parse_filter(query)


def _negated(predicate: Predicate) -> Predicate:
    return lambda session, now: not predicate(session, now)


def _predicate(key: str, value: str, raw: str) -> Predicate:
    if not key:
        return _word(value, raw)
    if key in KEYS and not value:
        raise UsageError(f"{key}: needs a value, such as {_EXAMPLES[key]}.")
    if key in TEXT_OF:
        text_of = TEXT_OF[key]
        return lambda s, _: value in text_of(s).casefold()
    if key == "s":
        return _state(value)
    if key == "is":
        return _is(value)
    if key == "check":
        return _check(value)
    if key == "pr":
        return _pull(value)
    if key in _COUNT:
        return _count(key, value)
    if key == "age":
        return _age(value)
    raise UsageError(
        f"No filter is called {key!r}.{_nearest(key, KEYS)} There are "
        f'{", ".join(KEYS)}. To look for the words, quote them: "{key}:…".'
    )


def _word(value: str, raw: str) -> Predicate:
    if raw == "-":
        raise UsageError("- needs a term after it, such as -is:merged.")
    return lambda s, _: value in _haystack(s)


def _state(value: str) -> Predicate:
    if value not in STATES:
        near = _nearest(value, STATES)
        raise UsageError(
            f"s:{value} is not known.{near} There are {', '.join(STATES)}."
        )
    return lambda s, _: value in (s.phase.value, _activity(s))


def _check(value: str) -> Predicate:
    if value not in CHECKS:
        near = _nearest(value, CHECKS)
        raise UsageError(
            f"check:{value} is not known.{near} There are {', '.join(CHECKS)}."
        )
    return lambda s, _: s.check.value == value


def _pull(value: str) -> Predicate:
    if value not in _PULL:
        near = _nearest(value, PULLS)
        raise UsageError(
            f"pr:{value} is not known.{near} There are {', '.join(PULLS)}."
        )
    holds = _PULL[value]
    return lambda s, _: s.pull is not None and holds(s.pull)


def _nearest(value: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(value, known, 1)
    return f" Did you mean {close[0]}?" if close else ""


def _activity(session: Session) -> str:
    return session.activity.value if session.activity else ""


def _haystack(session: Session) -> str:
    parts = (session.name, session.title, session.branch, session.last_line)
    return "\n".join(parts).casefold()


def _is(value: str) -> Predicate:
    if value not in _IS:
        raise UsageError(
            f"is:{value} is not known.{_nearest(value, CLAIMS)} There are {', '.join(CLAIMS)}."
        )
    claim = _IS[value]
    return lambda s, _: claim(s)


def _count(key: str, value: str) -> Predicate:
    match = _NUMBER.fullmatch(value)
    if match is None:
        raise UsageError(f"{key}:{value} needs a number, such as {key}:>3.")
    sign, number, count_of = match[1] or "=", int(match[2]), _COUNT[key]
    return lambda s, _: _compare(count_of(s), sign, number)


def _compare(left: float, sign: str, right: float) -> bool:
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
    span_s, sign = int(match[2]) * _UNIT_S[match[3]], match[1]
    return lambda s, now: _compare((now - s.created_at).total_seconds(), sign, span_s)
