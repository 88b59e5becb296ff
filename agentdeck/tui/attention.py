"""Tells the host with which session a person works: coarsely, never key by key.

A key or a click is an act. A second after one it is looked at what stands before the
person; that is told if it is another session than was told last, and about every 20 s
while acts go on. The host itself ends it a minute after the last act, so a client that
crashes leaves nothing behind.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from textual.screen import Screen
from textual.timer import Timer

from agentdeck.core.gain_events import ATTEND_EVERY_S, IDLE_CUT_S

LOOK_AFTER_S = 1.0
"""A cursor that runs through the list attends to nobody on its way."""


@dataclass(frozen=True, slots=True)
class Attended:
    """A session before a person, and what they do with it."""

    session_id: str
    how: str = "reading"


@runtime_checkable
class Attends(Protocol):
    """A screen that knows which session a person works with on it."""

    @property
    def attended(self) -> Attended | None:
        """The session, or none."""


def attended_on(screens: Sequence[Screen[Any]]) -> Attended | None:
    """What the topmost screen says that knows; dialogs are about what is below them."""
    for screen in reversed(screens):
        if isinstance(screen, Attends):
            return screen.attended
    return None


class Attention:
    """Decides what is told, and when."""

    def __init__(
        self,
        look: Callable[[], Attended | None],
        later: Callable[[float, Callable[[], None]], Timer],
        tell: Callable[[dict[str, Any]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_at = look
        self._later = later
        self._tell = tell
        self._clock = clock
        self._client = secrets.token_hex(4)
        self._told: Attended | None = None
        self._told_at = 0.0
        self._acted_at = 0.0
        self._timer: Timer | None = None
        self._due = 0.0

    def act(self) -> None:
        """A person pressed a key or used the mouse."""
        now = self._acted_at = self._clock()
        if self._timer is None or self._due > now + LOOK_AFTER_S:
            self._look_in(LOOK_AFTER_S)

    def leave(self) -> None:
        """The person turned to something else than the app."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._told is not None:
            self._say(None, 0.0)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._due = self._clock() + seconds
        self._timer = self._later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        now, before = self._clock(), self._look_at()
        is_old = now - self._told_at >= ATTEND_EVERY_S
        has_acted = self._acted_at > self._told_at
        if before != self._told or (has_acted and is_old and before is not None):
            self._say(before, min(IDLE_CUT_S, now - self._acted_at))
        elif has_acted and before is not None:
            self._look_in(max(LOOK_AFTER_S, self._told_at + ATTEND_EVERY_S - now))

    def _say(self, attended: Attended | None, ago_s: float) -> None:
        self._told, self._told_at = attended, self._clock()
        said: dict[str, Any] = {"client": self._client}
        if attended is not None:
            said |= {"id": attended.session_id, "how": attended.how}
            said["ago_s"] = round(ago_s, 3)
        self._tell(said)
