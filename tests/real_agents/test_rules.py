"""Rules that answer for a person, asked by a real CLI."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.real_agents.conftest import RealAgent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

Start = Callable[[str], RealAgent]
RULES = """
[answers]
automatic = true

[[answers.rules]]
allow = ["Bash\\\\(touch .*\\\\)"]
deny = ["secret"]
"""


def test_claude_is_answered_where_a_rule_fits_and_waits_where_none_does(
    start_agent: Start,
) -> None:
    it = start_agent("claude")
    config = it.deck.home / "config"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(RULES)
    it.start("do sudo touch allowed.txt ;; do sudo touch secret.txt")
    it.until_asked("project you created")
    it.deck.run("approve", "it")
    it.until_idle()
    it.deck.run("send", "it", "do edit other.txt hi")
    it.until_asked("Write(")
    log = json.loads(it.deck.run("rules", "--log", "--json").stdout)
    assert [(entry["action"], entry["asked"]) for entry in log] == [
        ("deny", "Bash(touch secret.txt)"),
        ("approve", "Bash(touch allowed.txt)"),
    ]
