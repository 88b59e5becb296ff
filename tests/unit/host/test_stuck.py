"""When an agent that says it works is said to be stuck."""

from __future__ import annotations

import pytest

from agentdeck.host.stuck import Effort, is_stuck

TURN = 1000.0
"""When the turn began."""


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(Effort(5, 900), Effort(5.1, 900), True, id="nothing-happens"),
        pytest.param(Effort(5, 900), Effort(9, 900), False, id="it-computes"),
        pytest.param(Effort(5, 900), Effort(5, 1050), False, id="a-command-runs"),
        pytest.param(Effort(5, 0), Effort(5, 0), True, id="no-child-at-all"),
    ],
)
def test_is_stuck(before: Effort, now: Effort, expected: bool) -> None:
    assert is_stuck(before, now, 180, TURN) is expected
