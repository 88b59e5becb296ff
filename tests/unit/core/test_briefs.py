"""Briefs: read with each mistake named, told to an agent, written and read again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.config.brief_files import TEMPLATE, begun, parse_brief, rendered
from agentdeck.core.briefs import (
    Brief,
    Limits,
    brief_from,
    brief_to_wire,
    limit_number,
    prompt_of,
    title_of,
)

WHOLE = """\
---
title: Log in without a leak
agent: claude
model: opus
role: careful
base: main
scope: {in: [src/login.py], out: [src/db]}
verify:
  - pytest -q tests/test_login.py
limits: {minutes: 30, tokens: 200k, cost: $2.50}
images: [shot.png]
---

Compare in constant time.

It leaks how much of the password is right.
```
# Goal is no heading in here
```

## Acceptance criteria

- [ ] `compare_digest` is used
  for both secrets
- the tests pass

## Verification
- `ruff check .`

## Non-goals
No new dependency.
Nothing about sign-up.
"""


def test_a_whole_brief() -> None:
    parsed = parse_brief(WHOLE)
    assert parsed.problems == ()
    brief = parsed.brief
    assert brief.goal == "Compare in constant time."
    assert brief.context.startswith("It leaks")
    assert "# Goal is no heading in here" in brief.context
    assert brief.acceptance == (
        "`compare_digest` is used for both secrets",
        "the tests pass",
    )
    assert brief.verify == ("pytest -q tests/test_login.py", "ruff check .")
    assert brief.non_goals == ("No new dependency.", "Nothing about sign-up.")
    assert (brief.scope_in, brief.scope_out) == (("src/login.py",), ("src/db",))
    assert brief.limits == Limits(30.0, 200_000, 2.5)
    assert (brief.agent, brief.model, brief.custom) == ("claude", "opus", "careful")
    assert brief.images == ("shot.png",)


def test_what_an_agent_is_told_is_about_the_work_alone() -> None:
    told = prompt_of(parse_brief(WHOLE).brief)
    assert told.startswith("# Log in without a leak\n\n## Goal\n\nCompare")
    assert "- `pytest -q tests/test_login.py`" in told
    assert "## Out of scope\n\n- src/db" in told
    for machine in ("opus", "limits", "careful", "shot.png"):
        assert machine not in told


MISTAKES = [
    ("goall: x", "goall", "Did you mean goal?"),
    ("zzz: x", "zzz", "There are title"),
    ("goal: [a]", "goal", "is not a text"),
    ("acceptance: {a: b}", "acceptance", "is not a list"),
    ("acceptance: [{a: b}]", "acceptance", "needs quotes"),
    ("scope: {at: [a]}", "scope", "'at'"),
    ("limits: 3", "limits", "is not minutes"),
    ("limits: {hours: 3}", "limits.hours", "is not minutes"),
    ("limits: {minutes: soon}", "limits.minutes", "'soon'"),
    ("limits: {minutes: -1}", "limits.minutes", "-1"),
    ("limits: {tokens: true}", "limits.tokens", "True"),
    ("limits: {cost: 5k}", "limits.cost", "'5k'"),
    ("limits: {minutes: .inf}", "limits.minutes", "inf"),
    ("a: [", "front matter", "front matter in line"),
    ("- a", "front matter", "not a list of fields"),
]


@pytest.mark.parametrize(("front", "key", "text"), MISTAKES)
def test_each_mistake_is_named_with_its_key(front: str, key: str, text: str) -> None:
    parsed = parse_brief(
        f"---\n{front}\nmodel: m\n---\nA goal.\n".replace("- a\nmodel: m", "- a")
    )
    (problem,) = parsed.problems
    assert problem.key == key
    assert text in problem.text
    if key != "front matter":
        assert (parsed.brief.model, parsed.brief.goal or "A goal.") == ("m", "A goal.")


@pytest.mark.parametrize(
    ("given", "whole", "number"),
    [
        (3, False, 3.0),
        ("1_500", True, 1500),
        ("2m", True, 2_000_000),
        ("0.5", False, 0.5),
    ],
)
def test_numbers_of_limits(given: Any, whole: bool, number: float) -> None:
    assert limit_number(given, whole=whole) == number


def test_a_plain_text_is_a_brief_with_a_goal() -> None:
    brief = parse_brief("Fix it.\n\nIt is broken.").brief
    assert (brief.goal, brief.context) == ("Fix it.", "It is broken.")
    assert title_of(brief) == "Fix it."
    assert parse_brief("").brief == Brief()


def test_our_template_is_empty_until_it_is_filled_in() -> None:
    parsed = parse_brief(TEMPLATE.replace("{goal}", ""))
    assert parsed == parse_brief("")
    filled = parse_brief(begun(None, "Do {this}"))
    assert filled.problems == ()
    assert filled.brief == Brief(goal="Do {this}")


_word = st.from_regex(r"[a-zé][a-zé.:'\"{}\[\]/#@-]{0,8}[a-zé]", fullmatch=True)
_line = st.lists(_word, min_size=1, max_size=5).map(" ".join)
_lines = st.lists(_line, max_size=3, unique=True).map(tuple)
_maybe = st.one_of(st.just(""), _line)


@given(
    st.builds(
        Brief,
        title=_maybe,
        goal=_line,
        context=_maybe,
        acceptance=_lines,
        scope_in=_lines,
        scope_out=_lines,
        constraints=_lines,
        non_goals=_lines,
        verify=_lines,
        links=_lines,
        images=_lines,
        agent=_maybe,
        model=_maybe,
        mode=_maybe,
        custom=_maybe,
        base=_maybe,
        limits=st.builds(
            Limits,
            st.one_of(st.none(), st.integers(1, 999).map(float)),
            st.one_of(st.none(), st.integers(1, 10**8)),
            st.one_of(st.none(), st.integers(1, 9999).map(lambda n: n / 100)),
        ),
    )
)
def test_what_is_written_is_read_again(brief: Brief) -> None:
    parsed = parse_brief(rendered(brief))
    assert parsed.problems == ()
    assert parsed.brief == brief


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    prompt_of(parse_brief(text).brief)
    prompt_of(parse_brief(f"---\n{text}\n---\n{text}").brief)


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_any_front_matter_is_read(front: dict[str, Any]) -> None:
    known = dict(
        zip(("goal", "scope", "limits", "verify"), front.values(), strict=False)
    )
    for fields in (front, known):
        parsed = brief_from(fields, "")
        brief_to_wire(parsed.brief)
        assert all(problem.key and problem.text for problem in parsed.problems)
