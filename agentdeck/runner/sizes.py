"""Which of its viewers' sizes an agent's terminal has. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What one viewer has room for."""

    cols: int
    rows: int
    focused_at: float | None = None
    """When a person began to type there; None if nobody does now."""


def chosen_size(claims: Iterable[Claim]) -> tuple[int, int] | None:
    """The size of the viewer typed into last, else of the largest.

    None when nobody watches; the terminal then stays as it is.
    """
    best = max(
        claims,
        key=lambda claim: (
            claim.focused_at is not None,
            claim.focused_at or 0.0,
            claim.cols * claim.rows,
            claim.cols,
        ),
        default=None,
    )
    return None if best is None else (best.cols, best.rows)
