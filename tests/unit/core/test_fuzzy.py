"""Which names a few letters mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.fuzzy import best_matches

FILES = [
    "src/app/login.py",
    "src/app/cart.py",
    "src/logic/again.py",
    "docs/log-in.md",
    "tests/test_login.py",
    "README.md",
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("login", ["src/app/login.py", "tests/test_login.py", "docs/log-in.md"]),
        ("LOGIN", ["src/app/login.py", "tests/test_login.py", "docs/log-in.md"]),
        ("src/app", ["src/app/cart.py", "src/app/login.py"]),
        ("sacart", ["src/app/cart.py"]),
        ("", ["README.md", "docs/log-in.md", "tests/test_login.py"]),
        ("nothing-of-it", []),
    ],
)
def test_the_likeliest_comes_first(query: str, expected: list[str]) -> None:
    found = best_matches(query, FILES, 3)
    assert [name for name in found if name != "src/logic/again.py"] == expected


@given(st.text(max_size=8), st.lists(st.text(max_size=20), max_size=20, unique=True))
def test_what_holds_the_query_is_found_and_nothing_twice(
    query: str, names: list[str]
) -> None:
    found = best_matches(query, names, 100)
    assert len(found) == len(set(found))
    wanted = query.casefold()
    assert {n for n in names if wanted in n.casefold()} <= set(found)
