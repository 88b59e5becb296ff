"""What a person's words mean to the full-text index."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.finding import match_for, pattern_of, words_of


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("login", '"login"*'),
        ("login ", '"login"'),
        ("fix lo", '"fix" "lo"*'),
        ('"fix the lo"', '"fix the lo"'),
        ('"fix the lo', '"fix the lo"*'),
        ("x", ""),
        ("", ""),
        ("!! --", ""),
        ("a b", '"a" "b"*'),
        ("OR NOT NEAR(", '"OR" "NOT" "NEAR("*'),
        ("日本", '"日本"*'),
    ],
)
def test_a_search_is_words_and_never_syntax(text: str, match: str) -> None:
    assert match_for(text) == match


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40))
def test_the_index_takes_any_search(text: str) -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE lines USING fts5 (text)")
    match = match_for(text)
    if match:
        database.execute("SELECT * FROM lines WHERE lines MATCH ?", (match,)).fetchall()
    pattern = pattern_of(text)
    if pattern is not None:
        pattern.search("any line of text")
    database.close()


@pytest.mark.parametrize(
    ("text", "line", "marked"),
    [
        ("fix lo", "Fix the LOGIN", ["Fix", "LO"]),
        ('"hmac.compare"', "uses hmac . compare", ["hmac . compare"]),
        ("a.b", "a-b", ["a-b"]),
        ("(", "(", []),
    ],
)
def test_what_was_found_is_marked(text: str, line: str, marked: list[str]) -> None:
    pattern = pattern_of(text)
    found = [match[0] for match in pattern.finditer(line)] if pattern else []
    assert found == marked
    assert bool(words_of(text)) == (pattern is not None)
