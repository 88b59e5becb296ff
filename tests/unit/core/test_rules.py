"""Which permissions rules answer, and which are left to a person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.agents.hooks import MAX_DETAIL, tool_text
from agentdeck.core.rules import WHOLE_BELOW, Rule, ruling_for
from agentdeck.core.session import Needs, NeedsKind, Session, Why
from tests.fakes.fake_client import a_session

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TESTS = Rule(allow=(r"Bash\(npm test.*\)",))


def asking(
    text: str, kind: NeedsKind = NeedsKind.PERMISSION, source: str = "hook"
) -> Session:
    session = replace(a_session("it"), agent="claude", repo="/src/api")
    return replace(session, needs=Needs(kind, text), why=Why(source, "", NOW))


@pytest.mark.parametrize(
    ("rules", "session", "action"),
    [
        ([TESTS], asking("Bash(npm test)"), "approve"),
        ([TESTS], asking("Bash(npm test --watch)"), "approve"),
        ([TESTS], asking("Bash(npm test)\nBash(rm -rf .)"), None),
        ([TESTS], asking("Bash(npm test\nrm -rf .)"), None),
        ([TESTS], asking("Run Bash(npm test)"), None),
        ([TESTS], asking("Bash(npm test)", source="screen"), None),
        ([TESTS], asking("Bash(npm test)", NeedsKind.QUESTION), None),
        ([TESTS], asking("Bash(npm test)", NeedsKind.PLAN), None),
        ([TESTS, Rule(deny=("test",))], asking("Bash(npm test)"), "deny"),
        ([Rule(deny=("rm",)), Rule(allow=(".*",))], asking("Bash(rm x)"), "deny"),
        ([replace(TESTS, agent="codex")], asking("Bash(npm test)"), None),
        ([replace(TESTS, agent="claude")], asking("Bash(npm test)"), "approve"),
        ([replace(TESTS, repository="/src/*")], asking("Bash(npm test)"), "approve"),
        ([replace(TESTS, repository="/src/ap")], asking("Bash(npm test)"), None),
        (
            [Rule(agent="codex", deny=(".",)), TESTS],
            asking("Bash(npm test)"),
            "approve",
        ),
        ([], asking("Bash(npm test)"), None),
    ],
)
def test_what_rules_answer(
    rules: list[Rule], session: Session, action: str | None
) -> None:
    ruling = ruling_for(rules, session)
    assert (ruling.action if ruling else None) == action


def test_a_text_that_was_cut_off_is_never_allowed_and_still_denied() -> None:
    command = "npm test " + "x" * MAX_DETAIL + "; rm -rf ."
    asked = asking(tool_text("Bash", {"command": command}))
    assert ruling_for([TESTS], asked) is None
    assert MAX_DETAIL >= WHOLE_BELOW
    denied = ruling_for([TESTS, Rule(deny=("x{9}",))], asked)
    assert denied is not None
    assert denied.action == "deny"


patterns = st.lists(st.text(alphabet="ab(.", max_size=4).map(re.escape), max_size=3)
some_rules = st.lists(
    st.builds(
        Rule,
        agent=st.sampled_from(["", "claude", "codex"]),
        allow=patterns.map(tuple),
        deny=patterns.map(tuple),
    ),
    max_size=4,
)


@given(some_rules, st.text(alphabet="ab(.", max_size=6), st.data())
def test_order_does_not_matter_and_a_deny_more_never_allows(
    rules: list[Rule], text: str, data: st.DataObject
) -> None:
    session = asking(text)
    ruling = ruling_for(rules, session)
    action = ruling.action if ruling else None
    shuffled = ruling_for(data.draw(st.permutations(rules)), session)
    assert (shuffled.action if shuffled else None) == action
    more = ruling_for([*rules, Rule(deny=(re.escape(text[:2]),))], session)
    assert more is not None
    assert more.action == "deny"
    if action == "approve":
        assert any(re.fullmatch(p, text) for rule in rules for p in rule.allow)
