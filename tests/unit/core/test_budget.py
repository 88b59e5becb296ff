"""How much of its limits a session has used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agentdeck.core.budget import most_used, next_look_s
from agentdeck.core.session import Phase, moved, running_s
from tests.fakes.fake_client import NOW, a_session


def ran(minutes: float, **values: Any) -> Any:
    return a_session("a", started_at=NOW - timedelta(minutes=minutes), **values)


CASES = [
    ("no limit", ran(99), None, None),
    ("half its time", ran(15, limit_minutes=30), (0.5, "30 minutes"), 540.0),
    ("most of it", ran(25, limit_minutes=30), (0.8333, "30 minutes"), 300.0),
    ("all of it", ran(30, limit_minutes=30), (1.0, "30 minutes"), None),
    ("with an earlier run", ran(10, limit_minutes=30, ran_s=900.0), (0.8333, "30 minutes"), 300.0),
    ("one minute", ran(0, limit_minutes=1), (0.0, "1 minute"), 48.0),
    ("over", ran(99, limit_minutes=30, ran_s=60.0, phase=Phase.ENDED), (0.0333, "30 minutes"), None),
    ("a clock set back", ran(-10, limit_minutes=30), (0.0, "30 minutes"), 1440.0),
    ("tokens", ran(0, limit_tokens=1000, tokens_in=700, tokens_out=200), (0.9, "1,000 tokens"), None),
    ("cost", ran(0, limit_cost_usd=2.5, cost_usd=2.5), (1.0, "$2.50"), None),
    ("cost not known", ran(0, limit_cost_usd=2.5), None, None),
    ("the one used most", ran(15, limit_minutes=30, limit_tokens=10, tokens_in=9), (0.9, "10 tokens"), 540.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("session", "used", "look"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_use(session: Any, used: Any, look: float | None) -> None:
    most = most_used(session, NOW)
    assert (most and (round(most.share, 4), most.limit)) == used
    found = next_look_s(session, NOW)
    assert (found and round(found, 3)) == look


def test_what_it_ran_is_kept_when_it_ends_and_grows_with_the_next_run() -> None:
    ended = moved(ran(5, ran_s=60.0), Phase.ENDED, NOW)
    assert ended.ran_s == 360.0
    assert moved(ended, Phase.QUEUED, NOW).ran_s == 360.0
    never_ran = moved(ran(5, phase=Phase.QUEUED), Phase.FAILED, NOW)
    assert never_ran.ran_s == 0.0


def test_time_counts_only_while_it_runs() -> None:
    assert running_s(ran(5, phase=Phase.QUEUED, ran_s=7.0), NOW) == 7.0
    assert running_s(ran(5, phase=Phase.STOPPING, ran_s=7.0), NOW) == 307.0
