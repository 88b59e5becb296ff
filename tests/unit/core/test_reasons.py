"""Why a session has its status, in a sentence."""

from __future__ import annotations

from datetime import timedelta

from agentdeck.core.reasons import because
from agentdeck.core.session import Why
from tests.fakes.fake_link import NOW


def test_the_evidence_is_named_with_its_age() -> None:
    why = Why("hook", "PermissionRequest: Bash(npm test)", NOW)
    said = because(why, "Claude Code", NOW + timedelta(seconds=4))
    assert said == (
        "Claude Code's own hook said so 4 s ago: PermissionRequest: Bash(npm test)"
    )


def test_a_detail_with_braces_is_only_text() -> None:
    why = Why("screen", "{agent} {0}", NOW)
    assert "{agent} {0}" in because(why, "x", NOW + timedelta(hours=3))
    assert "3 h ago" in because(why, "x", NOW + timedelta(hours=3))


def test_who_answered_is_in_the_detail() -> None:
    why = Why("answer", "answered by rule 1 (ls): approved (1. Yes)", NOW)
    said = because(why, "x", NOW + timedelta(seconds=4))
    assert said == "answered by rule 1 (ls): approved (1. Yes), 4 s ago"
