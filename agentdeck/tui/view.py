"""How a person wants the list: its groups, its order, its density. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

Member = TypeVar("Member", bound=StrEnum)
MAX_KEPT = 200
"""So many collapsed or unfolded groups are remembered."""


class Grouping(StrEnum):
    """What the groups of the list are made by."""

    STATE = "state"
    REPOSITORY = "repository"
    FOLDER = "folder"
    AGENT = "agent"
    HOST = "host"
    NONE = "none"


class Sort(StrEnum):
    """The order within a group."""

    ATTENTION = "attention"
    NEWEST = "newest"
    NAME = "name"
    OWN = "own"


class Density(StrEnum):
    """How many lines a session has."""

    AUTO = "auto"
    """Two where there is room."""
    ONE = "one"
    TWO = "two"


@dataclass(frozen=True, slots=True)
class View:
    """All of it; the host remembers it."""

    grouping: Grouping = Grouping.STATE
    sort: Sort = Sort.ATTENTION
    density: Density = Density.AUTO
    collapsed: frozenset[str] = frozenset()
    """Keys of the groups that show their header alone."""
    unfolded: frozenset[str] = frozenset()
    """Keys of the groups that show their older ended sessions too."""

    def as_json(self) -> dict[str, Any]:
        """For keeping."""
        return {
            "grouping": self.grouping.value,
            "sort": self.sort.value,
            "density": self.density.value,
            "collapsed": sorted(self.collapsed)[:MAX_KEPT],
            "unfolded": sorted(self.unfolded)[:MAX_KEPT],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> View:
        """What was kept; a part that is not well formed is left out."""
        return cls(
            _one_of(Grouping, values.get("grouping"), Grouping.STATE),
            _one_of(Sort, values.get("sort"), Sort.ATTENTION),
            _one_of(Density, values.get("density"), Density.AUTO),
            _keys(values.get("collapsed")),
            _keys(values.get("unfolded")),
        )


def _one_of(kind: type[Member], value: object, otherwise: Member) -> Member:
    return next((member for member in kind if member.value == value), otherwise)


def _keys(value: object) -> frozenset[str]:
    found = value if isinstance(value, list) else []
    return frozenset(each for each in found[:MAX_KEPT] if isinstance(each, str))
