"""Review rules as the settings and a repository's file write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.config.repository_settings import read_repository_settings
from agentdeck.config.review_settings import rule_from
from agentdeck.config.settings import read_settings
from agentdeck.core.briefs import Limits
from agentdeck.core.errors import UsageError
from agentdeck.core.review_rules import Bounds, ReviewEvent

RULE = """
[[reviews.rules]]
name = "enforcer"
on = ["idle-green", "branch-moved"]
filter = "agent:claude -is:merged"
agent = "codex"
custom = "review-enforcer"
minutes = 10
"""


def test_a_rule_has_what_is_written_and_the_usual_rest(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[reviews]\nrounds = 5\nper_hour = 9\n{RULE}")
    settings = read_settings(file).reviews
    assert settings.bounds == Bounds(6, 9)
    rule = rule_from(settings.rules[0], settings.rounds)
    assert rule.on == (ReviewEvent.IDLE_GREEN, ReviewEvent.BRANCH_MOVED)
    assert (rule.custom, rule.rounds, rule.limits) == (
        "review-enforcer",
        5,
        Limits(10, None, None),
    )


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"idle-green"', '"idle-gren"', "reviews.rules.0.on.0"),
        ("agent:claude", "agnt:claude", "Did you mean agent"),
        ('name = "enforcer"', 'name = "[red]"', "reviews.rules.0.name"),
        ('on = ["idle-green", "branch-moved"]', "on = []", "name an event"),
        ("minutes = 10", "minutes = 0", "minutes"),
        ("minutes = 10", "rounds = 0", "rounds"),
        ("minutes = 10", "minute = 1", "minute"),
        ("minutes = 10", f"minutes = 10\n{RULE}", "two rules are called 'enforcer'"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, word: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(RULE.replace(old, new))
    with pytest.raises(UsageError) as error:
        read_settings(file)
    assert word in error.value.message


def test_a_repositorys_rules_need_trust_and_lead_nowhere_else() -> None:
    read = read_repository_settings(RULE.encode())
    assert read.needs_trust
    assert read.harmless().reviews.rules == []
    for bad in ('custom = "/etc/x.md"', 'prompt = "a\u202eb"'):
        with pytest.raises(UsageError):
            read_repository_settings(
                RULE.replace('custom = "review-enforcer"', bad).encode()
            )
