"""What a session was handed is not committed before its agent has begun."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from agentdeck.agents.registry import Registry
from agentdeck.host.turns import Turns
from tests.fakes.fake_client import a_session

HANDED = {"handoff": "refs/agentdeck/handoff/1"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"agent": "codex", **HANDED}, True),
        ({"agent": "codex", **HANDED, "transcript": "/x.jsonl"}, False),
        ({"agent": "codex", **HANDED, "turns": 1}, False),
        ({"agent": "codex"}, False),
        # Its id is chosen before it starts, so that tells nothing.
        ({"agent": "claude", **HANDED, "conversation": "1"}, True),
        ({"agent": "opencode", **HANDED, "conversation": "1"}, False),
        ({"agent": "opencode", **HANDED}, True),
        # Without hooks its screen is all that there is.
        ({"agent": "aider", **HANDED}, False),
    ],
)
def test_a_rest_before_the_first_turn_commits_nothing(
    values: dict[str, Any], expected: bool
) -> None:
    turns = Turns(Mock(), Mock(), Registry(), "always", Mock())
    assert turns._has_yet_to_begin(a_session("a", **values)) is expected
