"""Filters under a name: kept, recalled in a query, and left alone by `is:archived`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentdeck.core.errors import UsageError
from agentdeck.core.filter_completion import completed_filter
from agentdeck.core.filters import parse_filter
from agentdeck.core.saved_filters import (
    MAX_SAVED,
    SavedFilter,
    filter_from_wire,
    filter_to_wire,
    with_filter,
)
from agentdeck.core.session import Phase
from tests.fakes.fake_link import NOW, a_session, few_sessions

SAVED = {"Mine": "agent:scripted is:unread", "old": "is:archived"}


def names(query: str, saved: dict[str, str] | None = None) -> list[str]:
    wanted = parse_filter(query, saved)
    old = a_session("old-one", phase=Phase.ENDED, archived=True)
    filed = a_session("filed", folder="The Login", pinned=True)
    return [s.name for s in [*few_sessions(), old, filed] if wanted.matches(s, NOW)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("@mine", ["fix-login"]),
        ("@MINE -is:live", []),
        ("-@mine s:working", ["add-search", "filed"]),
        ("@old", ["old-one"]),
        ("is:archived", ["old-one"]),
        ("is:archived name:nothing", []),
        ('folder:"the login"', ["filed"]),
        ("is:pinned", ["filed"]),
        ("s:ended", []),
    ],
)
def test_what_a_saved_name_and_the_archive_select(query: str, found: list[str]) -> None:
    assert names(query, SAVED) == found


def test_a_name_that_is_not_saved_says_which_are() -> None:
    with pytest.raises(UsageError) as refused:
        parse_filter("@mien", SAVED)
    assert "Did you mean mine?" in refused.value.message
    assert "@old" in refused.value.message
    assert names('"@mien"', SAVED) == []
    with pytest.raises(UsageError):
        parse_filter("@mine")


def test_a_digit_recalls_one_filter_and_a_name_is_kept_once() -> None:
    saved = with_filter((), SavedFilter("one", "is:unread", 1))
    saved = with_filter(saved, SavedFilter("two", "is:dirty", 1))
    saved = with_filter(saved, SavedFilter("ONE", "is:live", 2))
    assert saved == (
        SavedFilter("two", "is:dirty", 1),
        SavedFilter("ONE", "is:live", 2),
    )
    assert [filter_from_wire(filter_to_wire(each)) for each in saved] == list(saved)


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "is:live", "cannot name a filter"),
        ("a b", "is:live", "cannot name a filter"),
        ("\x1b[2J", "is:live", "cannot name a filter"),
        ("a", "  ", "nothing to save"),
        ("a", "is:nope", "is not known"),
        ("a", "is:live -@other", "cannot stand on another"),
    ],
)
def test_what_cannot_be_saved_is_said(name: str, query: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        with_filter((), SavedFilter(name, query))
    assert said in refused.value.message


def test_there_is_an_end_to_saving() -> None:
    many = tuple(SavedFilter(f"n{n}", "is:live") for n in range(MAX_SAVED))
    assert len(with_filter(many, replace(many[0], query="is:over"))) == MAX_SAVED
    with pytest.raises(UsageError):
        with_filter(many, SavedFilter("more", "is:live"))


def test_the_names_are_completed() -> None:
    assert completed_filter("@m", [], ["Mine"]) == "@mine"
    assert completed_filter("is:live -@", [], ["old"]) == "is:live -@old"
    assert completed_filter("@m", few_sessions()) is None
    filed = a_session("filed", folder="login")
    assert completed_filter("folder:lo", [filed]) == "folder:login"
