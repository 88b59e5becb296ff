"""When a usage limit ends, by the words of the agents."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentdeck.core.limits import limit_ends_at

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You've hit your limit · resets 3pm (UTC)", "2026-03-01T15:00+00:00"),
        ("5-hour limit reached ∙ resets 11am", "2026-03-02T11:00+00:00"),
        ("limit reached, resets 3pm (Europe/Paris)", "2026-03-01T15:00+01:00"),
        ("hit your usage limit. Try again at 1:05 PM.", "2026-03-01T13:05+00:00"),
        ("try again in 2 days 3 hours 5 minutes", "2026-03-03T15:35+00:00"),
        ("Try again in 45s", "2026-03-01T12:30:45+00:00"),
        ("usage limit reached", None),
        ("resets 25:00", None),
        ("resets 3pm (Nowhere/Land)", None),
    ],
)
def test_the_end_is_read_from_the_words(text: str, expected: str | None) -> None:
    wanted = datetime.fromisoformat(expected) if expected else None
    assert limit_ends_at(text, NOW) == wanted
