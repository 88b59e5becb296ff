from __future__ import annotations

import pytest

from agentdeck.core.replay_times import pauses, replay_time, shown_time

ANCHORS = [(0.0, 1000.0), (12.0, 4610.0), (20.0, 4619.0)]


@pytest.mark.parametrize(
    ("wall", "at"),
    [(900, 0), (1000, 0), (1004, 4), (3000, 12), (4610, 12), (4613, 15), (4700, 101)],
)
def test_the_clock_s_time_in_the_replay(wall: float, at: float) -> None:
    assert replay_time(ANCHORS, wall) == at


def test_only_long_pauses_are_marked() -> None:
    assert pauses(ANCHORS) == [12.0]
    assert replay_time([], 5) == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (65.9, "1:05"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_lengths_are_shown_short(seconds: float, text: str) -> None:
    assert shown_time(seconds) == text
