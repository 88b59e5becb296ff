"""Which pairs need a merge, and which lines clash."""

from __future__ import annotations

import pytest

from agentdeck.core.overlaps import (
    Hunk,
    Lines,
    Touched,
    clashes,
    concerned,
    hunks_by_file,
    may_collide,
    shared_files,
)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a": "M"}, {"b": "M"}, False),
        ({"a": "M"}, {"a": "M"}, True),
        ({"a": "A"}, {"a/b": "A"}, True),
        ({"a/b/c": "A"}, {"a": "A"}, True),
        ({"d/x": "D"}, {"d/new": "A"}, True),
        ({"d/x": "D"}, {"d/e/new": "A"}, True),
        ({"d/e/x": "D"}, {"d/new": "A"}, False),
        ({"d/x": "D"}, {"e/new": "A"}, False),
        ({"d/x": "M"}, {"d/new": "A"}, False),
        ({}, {"a": "M"}, False),
    ],
)
def test_when_a_merge_may_clash(ours: Touched, theirs: Touched, expected: bool) -> None:
    assert may_collide(ours, theirs) is expected
    assert may_collide(theirs, ours) is expected


def test_only_what_both_changed_concerns_them() -> None:
    ours, theirs = {"a": "M", "b": "M"}, {"b": "M", "c": "M"}
    assert shared_files(ours, theirs) == ("b",)
    assert concerned(("a", "b", "c"), ours, theirs) == ("b",)
    assert concerned(("a~x",), {"a": "A"}, {"a/b": "A"}) == ("a~x",)


PATCH = """diff --git a/f b/f
--- a/f
+++ b/f
@@ -5 +5,2 @@ context
-five
+--- a/not a header
+@@ -1 +1 @@
@@ -9,0 +11 @@
+nine
\\ No newline at end of file
diff --git a/gone b/gone
--- a/gone
+++ /dev/null
@@ -1,2 +0,0 @@
-x
-y
diff --git a/a b b/a b
--- a/a b\t
+++ b/a b\t
@@ -3,2 +2,0 @@
-x
-y
"""


def test_hunks_are_read_by_file() -> None:
    assert hunks_by_file(PATCH) == {
        "f": [Hunk(5, 1, 5, 2), Hunk(9, 0, 11, 1)],
        "gone": [Hunk(1, 2, 0, 0)],
        "a b": [Hunk(3, 2, 2, 0)],
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (Hunk(5, 1, 5, 1), Hunk(5, 1, 6, 3), Lines((5, 5), (6, 8))),
        (Hunk(5, 1, 5, 1), Hunk(6, 1, 6, 1), Lines((5, 5), (6, 6))),
        (Hunk(5, 1, 5, 1), Hunk(7, 1, 7, 1), None),
        (Hunk(5, 0, 6, 2), Hunk(5, 0, 6, 1), Lines((6, 7), (6, 6))),
        (Hunk(5, 2, 4, 0), Hunk(6, 1, 6, 1), Lines((4, 4), (6, 6))),
        (Hunk(1, 2, 0, 0), Hunk(1, 1, 1, 1), Lines((1, 1), (1, 1))),
        (Hunk(0, 0, 1, 1), Hunk(3, 1, 3, 1), None),
    ],
)
def test_where_two_changes_touch(ours: Hunk, theirs: Hunk, expected: Lines) -> None:
    assert clashes([ours], [theirs]) == ((expected,) if expected else ())
