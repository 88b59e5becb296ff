"""Files of a review: marks, the tree, rows, and what is generated."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.diff_rows import RowKind, rows_of
from agentdeck.core.diff_text import parse_diff
from agentdeck.core.file_tree import tree_rows
from agentdeck.core.generated_files import is_generated
from agentdeck.core.review import (
    MARKS_KEPT,
    ReviewFile,
    file_from_wire,
    file_to_wire,
    mark_of,
    with_marks,
)


@pytest.mark.parametrize(
    ("path", "attribute", "expected"),
    [
        ("uv.lock", "unspecified", True),
        ("sub/package-lock.json", "unspecified", True),
        ("dist/app.js", "unspecified", True),
        ("web/dist/app.js", "unspecified", True),
        ("src/distance.py", "unspecified", False),
        ("src/lock.py", "unspecified", False),
        ("a.min.js", "unspecified", True),
        ("a.py", "set", True),
        ("a.py", "true", True),
        ("uv.lock", "unset", False),
        ("uv.lock", "false", False),
    ],
)
def test_what_nobody_writes_by_hand(path: str, attribute: str, expected: bool) -> None:
    assert is_generated(path, attribute) is expected


def test_a_mark_holds_for_the_same_content_alone() -> None:
    file = ReviewFile(0, "a.py", "M", old_blob="1", new_blob="2")
    marks = with_marks([], [mark_of(file), mark_of(file)], on=True)
    assert marks == [("a.py", "1", "2")]
    assert mark_of(ReviewFile(7, "a.py", "M", old_blob="1", new_blob="3")) not in marks
    assert with_marks(marks, marks, on=False) == []
    many = [(str(n), "", "") for n in range(MARKS_KEPT + 10)]
    assert with_marks(many[:-1], many[-1:], on=True)[-1] == many[-1]
    assert len(with_marks(many, many, on=True)) == MARKS_KEPT


def test_a_file_survives_the_wire_and_news_of_a_newer_host() -> None:
    file = ReviewFile(3, "b", "R", "a", 1, 2, old_mode="100644", new_mode="100755")
    wire = json.loads(json.dumps(file_to_wire(file)))
    assert file_from_wire({**wire, "later": 1}) == file
    assert file.has_new_mode
    assert not file.is_submodule


def test_the_tree_joins_folders_that_hold_one_folder() -> None:
    paths = ["README", "a/b/c/x.py", "a/b/c/y.py", "a/z.py", "d/e/f.py"]
    rows = tree_rows(paths)
    assert [(r.depth, r.name, r.number) for r in rows] == [
        (0, "README", 0),
        (0, "a/", None),
        (1, "b/c/", None),
        (2, "x.py", 1),
        (2, "y.py", 2),
        (1, "z.py", 3),
        (0, "d/e/", None),
        (1, "f.py", 4),
    ]
    assert rows[1].below == (1, 2, 3)
    closed = tree_rows(paths, {"a/"})
    assert [r.name for r in closed] == ["README", "a/", "d/e/", "f.py"]
    assert closed[1].is_closed


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), unique_by=tuple)
)
def test_every_file_is_in_the_tree_once(parts: list[list[str]]) -> None:
    paths = sorted("/".join([*each, "file"]) for each in parts)
    rows = tree_rows(paths)
    assert sorted(r.number for r in rows if r.number is not None) == list(
        range(len(paths))
    )
    for row in rows:
        if row.number is not None:
            assert paths[row.number] == row.path


DIFF = """\
diff --git a/a b/a
--- a/a
+++ b/a
@@ -5,4 +5,4 @@ heading
 one
-old value
+new value
+more
 two
-gone
@@ -20 +20 @@
-x
+y
"""


@pytest.mark.parametrize("is_split", [True, False])
def test_rows_have_every_line_once(is_split: bool) -> None:
    (patch,) = parse_diff(DIFF)
    rows = rows_of(patch, is_split=is_split)
    left = [r.left.old for r in rows if r.left is not None]
    right = [r.right.new for r in rows if r.right is not None]
    assert left == [5, 6, 7, 8, 20]
    assert right == [5, 6, 7, 8, 20]
    hunks = [r.text for r in rows if r.kind is RowKind.HUNK]
    assert hunks == ["4 unchanged lines   heading", "11 unchanged lines"]
    beside = [(r.left, r.right) for r in rows if r.is_change and r.left and r.right]
    assert bool(beside) is is_split
    if not is_split:
        removed = next(r for r in rows if r.left and r.left.text == "old value")
        assert removed.other is not None
        assert removed.other.text == "new value"
