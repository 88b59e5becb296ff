"""Named moments that a loop wakes up for. Nothing pending means no wake-up."""

from __future__ import annotations

import time


class Timers:
    """A handful of one-shot timers, by name."""

    def __init__(self) -> None:
        self._due_at: dict[str, float] = {}

    def set(self, name: str, at: float) -> None:
        """Let `name` come due at a monotonic time, in place of an earlier setting."""
        self._due_at[name] = at

    def set_once(self, name: str, at: float) -> None:
        """Like `set`, but an earlier moment that is already set stays."""
        self._due_at[name] = min(at, self._due_at.get(name, at))

    def clear(self, name: str) -> None:
        """Forget a timer, if it is set."""
        self._due_at.pop(name, None)

    def is_set(self, name: str) -> bool:
        """Whether a timer is waiting to come due."""
        return name in self._due_at

    def take_due(self) -> list[str]:
        """Return the names that are due now, and forget them."""
        now = time.monotonic()
        due = [name for name, at in self._due_at.items() if at <= now]
        for name in due:
            del self._due_at[name]
        return due

    def wait_s(self) -> float | None:
        """Return how long to sleep; None when there is nothing to wake up for."""
        if not self._due_at:
            return None
        return max(0.0, min(self._due_at.values()) - time.monotonic())
