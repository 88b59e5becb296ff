"""Which sessions stand in which panes. Pure: values in, values out.

A pane holds a session of its own. The *current* pane also shows the session under
the cursor while that has no pane, and gives its place back when the cursor leaves.
A pinned pane always shows its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

MAX_PANES = 9
COUNTS = (1, 2, 3, 4, 6, 9)
"""The numbers of panes that one key steps through."""


@dataclass(frozen=True, slots=True)
class Panes:
    """Panes from the top left. `own` is None only where a single pane follows."""

    own: tuple[str | None, ...] = (None,)
    pinned: frozenset[str] = frozenset()
    current: int = 0

    @property
    def count(self) -> int:
        """How many panes there are."""
        return len(self.own)

    @property
    def held(self) -> tuple[str, ...]:
        """The sessions that have a pane of their own."""
        return tuple(each for each in self.own if each is not None)

    @property
    def preview(self) -> int | None:
        """The pane that shows a session without one; None if all are pinned."""
        order = (self.current, *range(self.count))
        free = (at for at in order if self.own[at] not in self.pinned)
        return next(free, None)

    def shown(self, cursor: str | None) -> tuple[str | None, ...]:
        """What each pane shows while the cursor is on a session."""
        at = self.preview
        if cursor is None or cursor in self.own or at is None:
            return self.own
        return (*self.own[:at], cursor, *self.own[at + 1 :])

    def place_of(self, cursor: str | None) -> int | None:
        """The pane that shows the session under the cursor."""
        shown = self.shown(cursor)
        return shown.index(cursor) if cursor in shown else None

    def followed(self, cursor: str | None) -> Panes:
        """With the pane that shows the cursor's session as the current one."""
        at = self.place_of(cursor)
        return self if at is None or at == self.current else replace(self, current=at)

    def filled(self, ids: Sequence[str]) -> Panes:
        """One pane for each of some sessions, as many as there may be."""
        chosen = tuple(dict.fromkeys(ids))[:MAX_PANES]
        if len(chosen) < 2:
            return Panes()
        return Panes(chosen, self.pinned & set(chosen), 0)

    def sized(self, count: int, cursor: str | None, candidates: Iterable[str]) -> Panes:
        """With another number of panes, as far as there are sessions for them.

        Pinned panes stay longest, then the one with the cursor. New panes take the
        candidates in turn.
        """
        if count <= 1:
            return Panes()
        shown = [each for each in self.shown(cursor) if each is not None]
        ranked = sorted(
            shown, key=lambda each: (each not in self.pinned, each != cursor)
        )
        kept = set(ranked[:count])
        own = [each for each in shown if each in kept]
        fresh = (each for each in dict.fromkeys(candidates) if each not in kept)
        own += [each for each, _ in zip(fresh, range(count - len(own)), strict=False)]
        return self.filled(own).followed(cursor)

    def next_count(self, available: int) -> int:
        """The next number of panes that so many sessions can fill; then one."""
        larger = (each for each in COUNTS if each > self.count)
        wanted = next(larger, 1)
        if wanted <= available:
            return wanted
        return available if available > self.count else 1

    def toggled_pin(self, cursor: str | None) -> Panes:
        """Pin the session under the cursor to its pane, or let it go."""
        at = self.place_of(cursor)
        if cursor is None or at is None:
            return self
        if cursor in self.pinned:
            return replace(self, pinned=self.pinned - {cursor})
        return replace(self, own=self.shown(cursor), pinned=self.pinned | {cursor})

    def without(self, gone: Iterable[str]) -> Panes:
        """Without sessions that are no more."""
        missing = set(gone) & {*self.held, *self.pinned}
        if not missing:
            return self
        left = tuple(each for each in self.own if each not in missing)
        if len(left) < 2:
            kept = self.pinned - missing
            return Panes(left if set(left) & kept else (None,), kept)
        return Panes(left, self.pinned - missing, min(self.current, len(left) - 1))

    def neighbour(self, cursor: str | None, by: int) -> str | None:
        """The session in the pane so many places on, round and round."""
        shown = self.shown(cursor)
        at = self.place_of(cursor)
        start = self.current if at is None else at
        return shown[(start + by) % len(shown)]
