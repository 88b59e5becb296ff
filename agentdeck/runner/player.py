"""A terminal that stands at any moment of a recording. Knows no socket, no clock."""

from __future__ import annotations

from agentdeck.runner.recording_reader import Event
from agentdeck.runner.screen import LONGEST_HOLD_S, Screen
from agentdeck.runner.timeline import Timeline

SLICE_BYTES = 512 * 1024
"""How much is played before the caller may want something else."""


class Player:
    """Feeds a recording to a screen, forwards from where it stands or from a begin."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.screen = Screen(80, 24)
        self.step = 0
        """The next step to be played."""
        self._goal = 0
        self._goal_at = 0.0

    @property
    def is_there(self) -> bool:
        """Whether the screen is as it was at the time that was asked for."""
        return self.step >= self._goal

    def aim(self, at: float) -> None:
        """Ask for a time; `work` brings the screen there."""
        goal = self._timeline.steps_until(at)
        if at >= self._goal_at and self.is_there:
            # The picture that was finished may go a little beyond this time.
            goal = max(goal, self.step)
        self._goal, self._goal_at = goal, at
        begin = self._timeline.run_before(goal)
        if self._goal < self.step or begin > self.step:
            self.step = begin

    def work(self) -> bool:
        """Play a slice towards the goal; says whether it is reached."""
        waiting: list[bytes] = []
        size = 0
        for event in self._timeline.events(self.step, self._goal):
            self.step += 1
            if event.code == "o":
                data = event.data.encode("utf-8", "surrogateescape")
                waiting.append(data)
                size += len(data)
                if size >= SLICE_BYTES:
                    break
                continue
            self._feed(waiting)
            self._change(event)
        self._feed(waiting)
        if self.is_there:
            self._finish_picture()
        return self.is_there

    def _feed(self, waiting: list[bytes]) -> None:
        if waiting:
            self.screen.feed(b"".join(waiting))
            # What the agent asked its terminal was answered long ago.
            self.screen.take_notes()
            waiting.clear()

    def _change(self, event: Event) -> None:
        if event.code == "r":
            cols, _, rows = event.data.partition("x")
            self.screen.resize(int(cols), int(rows))
        else:
            self.screen = Screen(*self._timeline.size_at_begin(self.step - 1))

    def _finish_picture(self) -> None:
        """Play the rest of a picture that the agent was in the middle of drawing."""
        latest = self._goal_at + LONGEST_HOLD_S
        while (
            self.screen.engine.held_since is not None
            and self.step < len(self._timeline)
            and self._timeline.time_of(self.step) <= latest
            and not self._timeline.begins_run(self.step)
        ):
            for event in self._timeline.events(self.step, self.step + 1):
                self.step += 1
                if event.code == "o":
                    self._feed([event.data.encode("utf-8", "surrogateescape")])
                else:
                    self._change(event)
        self._goal = max(self._goal, self.step)
        self.screen.refresh(in_batch=True)
