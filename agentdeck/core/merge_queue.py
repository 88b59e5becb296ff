"""What becomes of each session in a batch of merges, and in which order.

Pure: the trees are compared in `agentdeck.git`, the queue is run by the host.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from enum import StrEnum
from typing import Literal, TypeVar

Strategy = Literal["merge", "squash", "rebase", "fast-forward"]

STRATEGIES: tuple[tuple[Strategy, str], ...] = (
    ("merge", "merge commit"),
    ("squash", "squash into one commit"),
    ("rebase", "rebase its commits"),
    ("fast-forward", "fast-forward only"),
)
"""Each strategy and what a person calls it."""

T = TypeVar("T", bound=Hashable)


class Verdict(StrEnum):
    """How a branch fares in a batch, before or after it has landed."""

    CLEAN = "clean"
    CONFLICTS_WITH_BASE = "conflicts with base"
    CONFLICTS_WITH_EARLIER = "conflicts with an earlier one"
    NOTHING = "nothing to merge"
    CHECKS_FAILED = "checks failed"
    REFUSED = "refused"
    NOT_REACHED = "not reached"


def makes_commit(strategy: str) -> bool:
    """Whether a strategy makes a commit of its own, which has a message."""
    return strategy in ("merge", "squash")


def goes_on(verdict: Verdict, *, stop_on_conflict: bool) -> bool:
    """Whether a batch goes on after a branch of this verdict.

    One that has nothing to merge is never in the way of the others.
    """
    if verdict in (Verdict.CLEAN, Verdict.NOTHING):
        return True
    return not stop_on_conflict and verdict is not Verdict.NOT_REACHED


def shifted(order: Sequence[T], item: T, by: int) -> list[T]:
    """The order with one item moved by some places, as far as there are places."""
    rest = [each for each in order if each != item]
    at = max(0, min(len(rest), list(order).index(item) + by))
    return [*rest[:at], item, *rest[at:]]


def squash_message(title: str, subjects: Iterable[str]) -> str:
    """The message of a squashed branch: its title, then its commits, oldest first.

    A branch of one commit that says the same as the title gets no list.
    """
    lines = [subject.strip() for subject in subjects if subject.strip()]
    if not lines or lines == [title.strip()]:
        return title
    return "\n".join([title, "", *(f"* {line}" for line in lines)])
