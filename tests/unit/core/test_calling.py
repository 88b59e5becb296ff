"""When a person is called, and in which words."""

from __future__ import annotations

from datetime import time

import pytest

from agentdeck.core.calling import is_quiet, quiet_hours, words_of
from agentdeck.core.session import Needs, NeedsKind
from tests.fakes.fake_link import a_session


@pytest.mark.parametrize(
    ("hours", "now", "expected"),
    [
        ("", time(3), False),
        ("22:00-07:30", time(23), True),
        ("22:00-07:30", time(7, 29), True),
        ("22:00-07:30", time(7, 30), False),
        ("22:00-07:30", time(12), False),
        ("9:00-17:00", time(12), True),
        ("9:00-17:00", time(8, 59), False),
    ],
)
def test_quiet_hours_may_go_over_midnight(
    hours: str, now: time, expected: bool
) -> None:
    assert is_quiet(now, quiet_hours(hours)) is expected


@pytest.mark.parametrize("hours", ["night", "22-7", "25:00-07:00", "22:00-"])
def test_other_words_are_no_hours(hours: str) -> None:
    with pytest.raises(ValueError, match="22:00-07:30"):
        quiet_hours(hours)


def test_the_words_hold_nothing_that_an_agent_wrote() -> None:
    asks = Needs(NeedsKind.PERMISSION, "\x1b]52;c;evil\x07")
    sessions = [a_session(f"s{n}", needs=asks, title="\x1b[31m") for n in range(5)]
    assert words_of(sessions[:1]) == "s0 (permission) needs you"
    said = words_of(sessions)
    assert said == (
        "s0 (permission), s1 (permission), s2 (permission) and 2 more need you"
    )
