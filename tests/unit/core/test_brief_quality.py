"""What a brief is missing, and how sure that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentdeck.core.brief_quality import findings_of, is_worth_asking
from agentdeck.core.briefs import Brief

GOOD = Brief(
    goal="Compare passwords in constant time in `login.py`",
    acceptance=("`hmac.compare_digest` compares both secrets",),
    scope_in=("src/login.py",),
    non_goals=("No other change of the sign-in page",),
    verify=("pytest -q tests/test_login.py",),
)

CASES = [
    ("nothing", Brief(), {"goal": 1.0, "acceptance": 0.95, "verify": 0.9, "scope": 0.7, "non-goals": 0.6}),
    ("good", GOOD, {}),
    ("no goal", replace(GOOD, goal=""), {"goal": 1.0}),
    ("vague goal", replace(GOOD, goal="Make the code better and more robust"), {"goal": 0.6}),
    ("vague word, but a place", replace(GOOD, goal="Improve `login.py`"), {}),
    ("short goal", replace(GOOD, goal="Fix login"), {"goal": 0.5}),
    ("short goal, context", replace(GOOD, goal="Fix login", context="It loops."), {}),
    ("no acceptance", replace(GOOD, acceptance=(), verify=()), {"acceptance": 0.95, "verify": 0.9}),
    ("no acceptance, verified", replace(GOOD, acceptance=()), {"acceptance": 0.6}),
    ("vague acceptance", replace(GOOD, acceptance=("It works well",)), {"acceptance": 0.7}),
    ("half vague", replace(GOOD, acceptance=("It is robust", "`x` is 3")), {"acceptance": 0.55}),
    ("command in a criterion", replace(GOOD, verify=()), {"verify": 0.5}),
    ("scope is all", replace(GOOD, scope_in=("Everything",)), {"scope": 0.85}),
    ("scope is a star", replace(GOOD, scope_in=("*",)), {"scope": 0.85}),
    ("no scope, places named", replace(GOOD, scope_in=()), {"scope": 0.45}),
    ("only out of scope", replace(GOOD, scope_in=(), scope_out=("db/",)), {}),
    ("no non-goals", replace(GOOD, non_goals=()), {"non-goals": 0.6}),
    ("no non-goals, constraints", replace(GOOD, non_goals=(), constraints=("c",)), {"non-goals": 0.35}),
    ("placeholder", replace(GOOD, context="See <the issue>"), {"template": 0.9}),
    ("a type is no placeholder", replace(GOOD, context="List<T> and a<b"), {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("brief", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_findings(brief: Brief, expected: dict[str, float]) -> None:
    found = findings_of(brief)
    assert {f.key: round(f.confidence, 2) for f in found} == expected
    assert all(finding.reason.endswith(".") and finding.what for finding in found)
    assert [f.confidence for f in found] == sorted(expected.values(), reverse=True)


def test_only_what_is_likely_is_worth_a_question() -> None:
    assert is_worth_asking(findings_of(Brief()))
    assert not is_worth_asking(findings_of(replace(GOOD, scope_in=())))
