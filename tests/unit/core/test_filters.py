"""The filter query: what it selects, what it refuses, how it is completed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.errors import UsageError
from agentdeck.core.filter_completion import completed_filter
from agentdeck.core.filters import KEYS, parse_filter
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from tests.fakes.fake_link import NOW, a_session, few_sessions

ALL = ["fix-login", "add-search", "write-docs", "tidy-up", "upgrade"]

queries = st.text(max_size=60) | st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "-"]),
        st.sampled_from(["", *(f"{key}:" for key in KEYS), "S:", "nope:"]),
        st.sampled_from(["", "<", ">=", '"']),
        st.sampled_from(["", "3", "1h", "unread", "a b", '"', "9" * 5000, "\u0663"]),
    ),
    max_size=5,
).map(" ".join)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ALL),
        ("s:needs-input", ["fix-login"]),
        ("S:Needs-Input", ["fix-login"]),
        ("s:failed", ["upgrade"]),
        ("is:unread", ["fix-login"]),
        ("ahead:>1", ["add-search"]),
        ("ahead:1", ["write-docs"]),
        ("-agent:scripted", []),
        ('"editing search"', ["add-search"]),
        ('"editing search', ["add-search"]),
        ('-"editing search" s:working', []),
        ("age:<1h docs", ["write-docs"]),
        ("age:>=1w", []),
        ("is:live -s:working", ["fix-login", "write-docs"]),
        ('name:"docs"', ["write-docs"]),
        ("check:failed", []),
        ("-check:none", []),
    ],
)
def test_a_query_selects(query: str, names: list[str]) -> None:
    wanted = parse_filter(query)
    assert [s.name for s in few_sessions() if wanted.matches(s, NOW)] == names


PULL = PullRequest(7, "https://x/7", checks=PullChecks.FAILED)


@pytest.mark.parametrize(
    ("query", "pull", "expected"),
    [
        ("is:pr", PULL, True),
        ("is:pr", None, False),
        ("pr:open", PULL, True),
        ("pr:open", None, False),
        ("-pr:open", None, True),
        ("pr:draft", PULL, False),
        ("pr:open", replace(PULL, state=PullState.DRAFT), True),
        ("pr:merged", replace(PULL, state=PullState.MERGED), True),
        ("pr:failed", PULL, True),
        ("pr:failed", replace(PULL, state=PullState.CLOSED), False),
        ("pr:approved", replace(PULL, review=PullReview.APPROVED), True),
        ("pr:conflicts", replace(PULL, conflicts=True), True),
    ],
)
def test_a_query_selects_by_pull_request(
    query: str, pull: PullRequest | None, expected: bool
) -> None:
    session = replace(a_session("x"), pull=pull)
    assert parse_filter(query).matches(session, NOW) is expected


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("s:needs-inptu", "Did you mean needs-input?"),
        ("is:unraed", "Did you mean unread?"),
        ("check:faild", "Did you mean failed?"),
        ("pr:opne", "Did you mean open?"),
        ("pr:", "such as pr:open"),
        ("agnet:codex", "Did you mean agent?"),
        ("agent:", "agent: needs a value, such as agent:word."),
        ("agent: codex", "agent: needs a value"),
        ("is:unread ahead:", "such as ahead:>3"),
        ("is:unread -", "- needs a term after it"),
        ("ahead:many", "needs a number"),
        ("ahead:" + "9" * 5000, "needs a number"),
        ("age:<1y", "needs a span"),
        ("https://example.org", "quote them"),
    ],
)
def test_what_it_refuses_says_what_to_write(query: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter(query)
    assert said in refused.value.message


def test_an_age_at_the_border_is_in_only_with_the_equals_sign() -> None:
    session = replace(a_session("x"), created_at=NOW - timedelta(hours=1))
    fits = {
        sign: parse_filter(f"age:{sign}1h").matches(session, NOW)
        for sign in ("<", "<=", ">", ">=")
    }
    assert fits == {"<": False, "<=": True, ">": False, ">=": True}


@given(queries)
def test_any_query_is_understood_or_refused(query: str) -> None:
    try:
        wanted = parse_filter(query)
    except UsageError:
        return
    wanted.matches(a_session("x"), NOW)


@given(st.sampled_from(["is:unread", "s:working", "ahead:>0", "docs", "age:<1h"]))
def test_a_minus_selects_exactly_the_others(term: str) -> None:
    wanted, others = parse_filter(term), parse_filter(f"-{term}")
    for session in few_sessions():
        assert wanted.matches(session, NOW) is not others.matches(session, NOW)


@pytest.mark.parametrize(
    ("query", "completed"),
    [
        ("ag", "agent:"),
        ("-ag", "-agent:"),
        ("a", None),
        ("", None),
        ("s:ne", "s:needs-input"),
        ("is:unread -S:wo", "is:unread -S:working"),
        ("is:unread", None),
        ("is:unread ", None),
        ("agent:", "agent:scripted"),
        ("name:W", "name:Write-docs"),
        ("name:zebra", None),
        ('"ag', None),
        ("ahead:", None),
        ("nope:x", None),
    ],
)
def test_the_last_term_is_completed(query: str, completed: str | None) -> None:
    assert completed_filter(query, few_sessions()) == completed


def test_the_value_that_most_sessions_have_comes_first() -> None:
    agents = ["codex", "claude", "codex"]
    sessions = [replace(a_session(f"s{n}"), agent=a) for n, a in enumerate(agents)]
    assert completed_filter("agent:c", sessions) == "agent:codex"


@given(queries)
def test_a_completion_only_adds(query: str) -> None:
    completed = completed_filter(query, few_sessions())
    assert completed is None or (completed.startswith(query) and completed != query)
