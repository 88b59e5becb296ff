"""Which lines belong together, and what differs in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.word_diff import Span, changed_spans, paired

LINE = st.text("ab (=_é\t\u0301漢", max_size=30)
LINES = st.lists(
    st.sampled_from(["a = 1", "a = 2", "b(x)", "", "}", "漢字 漢字"]), max_size=9
)


def without(text: str, spans: list[Span]) -> str:
    kept, at = [], 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


@pytest.mark.parametrize(
    ("old", "new", "old_words", "new_words"),
    [
        ("return a + b", "return a - b", ["+"], ["-"]),
        ("def f(x):", "def g(x):", ["f"], ["g"]),
        ("same", "same", [], []),
        ("nothing alike here", "x = 1", [], []),
        ("a b", "a  b", [" "], ["  "]),
        ("call(one)", "call(one, two)", [], [", two"]),
    ],
)
def test_the_words_that_differ(
    old: str, new: str, old_words: list[str], new_words: list[str]
) -> None:
    old_spans, new_spans = changed_spans(old, new)
    assert [old[a:b] for a, b in old_spans] == old_words
    assert "".join(new[a:b] for a, b in new_spans) == "".join(new_words)


@settings(deadline=None)
@given(LINE, LINE)
def test_outside_the_spans_both_sides_are_the_same(old: str, new: str) -> None:
    spans = changed_spans(old, new)
    if spans != ([], []):
        assert without(old, spans[0]) == without(new, spans[1])


def test_a_long_line_is_compared_from_its_ends() -> None:
    old = "a b " * 1000 + "old" + " c d" * 1000
    new = old.replace("old", "new")
    old_spans, new_spans = changed_spans(old, new)
    assert [old[a:b] for a, b in old_spans] == ["old"]
    assert [new[a:b] for a, b in new_spans] == ["new"]


@settings(deadline=None)
@given(LINES, LINES)
def test_each_line_is_paired_once_and_in_order(
    removed: list[str], added: list[str]
) -> None:
    pairs = paired(removed, added)
    assert [a for a, _ in pairs if a is not None] == list(range(len(removed)))
    assert [b for _, b in pairs if b is not None] == list(range(len(added)))
    assert all(a is not None or b is not None for a, b in pairs)


def test_a_line_stands_beside_its_other_version() -> None:
    removed = ["value = one(x)", "other = two(y)"]
    added = [
        "# quite new here",
        "more of the new",
        "value = one(x, 1)",
        "other = two(z)",
    ]
    assert paired(removed, added) == [(None, 0), (None, 1), (0, 2), (1, 3)]
