"""Filters that a person keeps under a name, and perhaps under a number key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from agentdeck.core.errors import UsageError
from agentdeck.core.filters import parse_filter

MAX_SAVED = 100
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A query with its name; `@name` stands for it in other queries."""

    name: str
    query: str
    digit: int | None = None
    """The number key that recalls it."""


def with_filter(
    saved: Iterable[SavedFilter], new: SavedFilter
) -> tuple[SavedFilter, ...]:
    """The saved filters with one more, by digit and name.

    One of the same name is replaced, and a digit that another had is taken from it.

    Raises:
        UsageError: If the name or the query is none, or if too many are kept.
    """
    if NAME.fullmatch(new.name) is None:
        raise UsageError(
            f"{new.name!r} cannot name a filter: up to 40 letters, digits, dots, "
            "dashes and underscores, the first a letter or a digit."
        )
    if not new.query.strip():
        raise UsageError("An empty filter shows everything; there is nothing to save.")
    if any(term.lstrip("-").startswith("@") for term in new.query.split()):
        raise UsageError("A saved filter cannot stand on another; write its terms.")
    parse_filter(new.query)
    others = [each for each in saved if each.name.casefold() != new.name.casefold()]
    if len(others) >= MAX_SAVED:
        raise UsageError(f"{MAX_SAVED} filters are saved; remove one first.")
    if new.digit is not None:
        others = [
            replace(each, digit=None) if each.digit == new.digit else each
            for each in others
        ]
    return tuple(sorted((*others, new), key=_order))


def _order(saved: SavedFilter) -> tuple[int, str]:
    return (10 if saved.digit is None else saved.digit, saved.name.casefold())


def filter_to_wire(saved: SavedFilter) -> dict[str, Any]:
    """A saved filter as `agentdeck filters --json` shows it."""
    return {"name": saved.name, "query": saved.query, "digit": saved.digit}


def filter_from_wire(values: dict[str, Any]) -> SavedFilter:
    """A saved filter from its JSON object."""
    return SavedFilter(values["name"], values["query"], values.get("digit"))
