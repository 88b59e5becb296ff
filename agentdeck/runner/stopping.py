"""Ending an agent and all that descends from it, politely first.

A sequence of steps driven by the runner's timer `stop`: the agent's own
interrupt key, then SIGHUP and SIGTERM to all, then SIGKILL until none is left.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from agentdeck.runner.processes import (
    ASK_TO_END,
    KILL,
    Process,
    descendants,
    send_signal,
)
from agentdeck.runner.timers import Timers

DEFAULT_GRACE_S = 5.0
# What an agent that has ended by itself leaves behind gets this long.
LEFTOVER_GRACE_S = 0.5
POLL_S = 0.02
# A process that SIGKILL does not end within this time is stuck in the kernel.
GIVE_UP_S = 5.0


class Stopper:
    """Stops everything below the runner; `step` is called when `stop` is due."""

    def __init__(self, timers: Timers, interrupt: Callable[[str], None]) -> None:
        self._timers = timers
        self._interrupt = interrupt
        self._ask_at: float | None = None
        self._kill_at: float | None = None
        self._asked: set[int] = set()
        self.is_requested = False
        """Whether a person or a signal asked for the stop, not the agent's own end."""

    def request(self, grace_s: float, *, force: bool, interrupt: str | None) -> None:
        """Begin to stop; a second request can only make it sooner."""
        now = time.monotonic()
        self.is_requested = True
        if force:
            self._begin(now, now)
        else:
            if interrupt and self._ask_at is None:
                self._interrupt(interrupt)
            wait_s = grace_s / 3 if interrupt else 0.0
            self._begin(now + wait_s, now + grace_s)
        self.step()

    def clear_leftovers(self) -> None:
        """The agent has ended: end what it left running."""
        now = time.monotonic()
        self._begin(now, now + LEFTOVER_GRACE_S)
        self._ask_at = now
        self.step()

    def step(self) -> None:
        """Do what is due and set the timer for what comes next."""
        now = time.monotonic()
        ask_at, kill_at = self._ask_at, self._kill_at
        if ask_at is None or kill_at is None:
            return
        if now >= kill_at:
            send_signal(self.remaining(), KILL)
            self._timers.set("stop", now + POLL_S)
        elif now >= ask_at:
            fresh = [p for p in self.remaining() if p.pid not in self._asked]
            self._asked.update(process.pid for process in fresh)
            send_signal(fresh, *ASK_TO_END)
            self._timers.set("stop", min(kill_at, now + POLL_S))
        else:
            self._timers.set("stop", ask_at)

    @property
    def has_given_up(self) -> bool:
        """Whether even SIGKILL has not ended what is left."""
        return (
            self._kill_at is not None and time.monotonic() > self._kill_at + GIVE_UP_S
        )

    @staticmethod
    def remaining() -> list[Process]:
        """Return what still runs below the runner."""
        return descendants(os.getpid())

    def _begin(self, ask_at: float, kill_at: float) -> None:
        self._ask_at = min(ask_at, self._ask_at if self._ask_at is not None else ask_at)
        self._kill_at = min(
            kill_at, self._kill_at if self._kill_at is not None else kill_at
        )
