"""The signals that watchers get: what an agent's terminal does, in few words.

Owns when a signal is due. Nothing here wakes up while the agent is quiet.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agentdeck.runner.engine import Notes
from agentdeck.runner.processes import foreground
from agentdeck.runner.screen import Screen
from agentdeck.runner.timers import Timers

SETTLE_S = 0.25
OUTPUT_INTERVAL_S = 0.5
# Bells, titles and progress can come by the thousand; watchers get the newest
# at this pace.
REPORT_INTERVAL_S = 0.1
NOTIFICATIONS_PER_REPORT = 8

_PROGRESS_STATES = ("remove", "set", "error", "indeterminate", "pause")

Signal = dict[str, Any]


class Signals:
    """Turns output and the engine's notes into signals.

    Uses the timers `settle`, `report` and `output`; their owner calls `settle`,
    `report` and `output_due` when they come due.
    """

    def __init__(
        self,
        screen: Screen,
        timers: Timers,
        master: int | None,
        send: Callable[[Signal], None],
    ) -> None:
        self._screen = screen
        self._timers = timers
        self._master = master
        self._send = send
        self.is_quiet = False
        self.has_watchers = False
        self._title = ""
        self._bell = False
        self._title_changed = False
        self._progress: tuple[int, int] | None = None
        self._notifications: list[tuple[str, str]] = []
        self._reported_at = 0.0
        self._output_at = 0.0
        timers.set("settle", time.monotonic() + SETTLE_S)

    def output(self, notes: Notes) -> None:
        """Note that the agent wrote something, and what it asked for in it."""
        now = time.monotonic()
        self._timers.set("settle", now + SETTLE_S)
        was_quiet, self.is_quiet = self.is_quiet, False
        if self.has_watchers:
            if was_quiet or now - self._output_at >= OUTPUT_INTERVAL_S:
                self._send_output(now)
            else:
                self._timers.set_once("output", self._output_at + OUTPUT_INTERVAL_S)
        self._collect(notes)
        if self._has_report():
            self._timers.set_once("report", self._reported_at + REPORT_INTERVAL_S)

    def output_due(self) -> None:
        """Send the newest last line, as output went on since the one before."""
        if not self.is_quiet and self.has_watchers:
            self._send_output(time.monotonic())

    def report(self) -> None:
        """Send title, bell, progress and notifications as they are now."""
        self._reported_at = time.monotonic()
        if self._title_changed:
            self._title_changed = False
            title = self._screen.title
            if title != self._title:
                self._title = title
                self._signal("title", title=title)
        if self._bell:
            self._bell = False
            self._signal("bell")
        if self._progress is not None:
            state, value = self._progress
            self._progress = None
            name = _PROGRESS_STATES[state] if 0 <= state < 5 else "remove"
            self._signal("progress", state=name, value=value if value >= 0 else None)
        for title, body in self._notifications:
            self._signal("notify", title=title, body=body)
        self._notifications.clear()

    def settle(self) -> None:
        """Say that the agent has been silent for a while.

        In the middle of a batch of synchronised output it is not done yet: that
        is told when the batch has lasted too long to be waited for.
        """
        hold_left_s = self._screen.hold_left_s
        if hold_left_s > 0:
            self._timers.set("settle", time.monotonic() + hold_left_s)
            return
        self.is_quiet = True
        self._timers.clear("output")
        if self.has_watchers:
            self._send(self._settled())

    def recording(self, error: str | None) -> None:
        """Say that the recording pauses, or goes on."""
        self._signal("recording", ok=error is None, error=error)

    def state(self) -> list[Signal]:
        """Return the signals that tell a new watcher how things stand."""
        self._screen.refresh()
        found: list[Signal] = []
        title = self._screen.title
        if title:
            found.append({"t": "signal", "kind": "title", "title": title})
        found.append(self._settled() if self.is_quiet else self._output())
        return found

    def _collect(self, notes: Notes) -> None:
        self._bell |= notes.bell
        self._title_changed |= notes.title_changed
        if notes.progress is not None:
            self._progress = notes.progress
        room = NOTIFICATIONS_PER_REPORT - len(self._notifications)
        self._notifications += notes.notifications[: max(0, room)]

    def _has_report(self) -> bool:
        return bool(
            self._bell
            or self._title_changed
            or self._progress is not None
            or self._notifications
        )

    def _send_output(self, now: float) -> None:
        self._output_at = now
        self._timers.clear("output")
        self._screen.refresh()
        self._send(self._output())

    def _output(self) -> Signal:
        line = self._screen.last_line()
        return {"t": "signal", "kind": "output", "last_line": line}

    def _settled(self) -> Signal:
        self._screen.refresh()
        process = None if self._master is None else foreground(self._master)
        return {
            "t": "signal",
            "kind": "settled",
            "lines": self._screen.text(),
            "last_line": self._screen.last_line(),
            "cursor": self._screen.cursor.as_list(),
            "foreground": process and {k: process[k] for k in ("pid", "name")},
            "reading": process and process["reading"],
        }

    def _signal(self, kind: str, **data: Any) -> None:
        if self.has_watchers:
            self._send({"t": "signal", "kind": kind, **data})
