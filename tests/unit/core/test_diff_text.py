"""Reading what git prints of a change."""

from __future__ import annotations

import pytest

from agentdeck.core.diff_text import LineKind, excerpt, parse_diff

TEXT = """\
diff --git a/one.py b/one.py
index 1..2 100644
--- a/one.py
+++ b/one.py
@@ -1,3 +1,3 @@
 a
--- not a header
+++ nor this
 @@ -1 +1 @@ nor this
@@ -10 +10,2 @@ def f():
-x
+y
+diff --git a/x b/x
\\ No newline at end of file
diff --git a/old name b/new name
similarity index 90%
rename from old name
rename to new name
diff --git a/script b/script
old mode 100644
new mode 100755
diff --git "a/tab\\there" "b/tab\\there"
new file mode 100644
--- /dev/null
+++ "b/tab\\there"
@@ -0,0 +1 @@
+x
diff --git a/p.png b/p.png
deleted file mode 100644
Binary files a/p.png and /dev/null differ
"""


def test_files_hunks_and_lines_are_read_by_their_counts() -> None:
    one, moved, script, quoted, picture = parse_diff(TEXT)
    assert (one.old_path, one.new_path) == ("one.py", "one.py")
    first, second = one.hunks
    assert [line.text for line in first.lines][1:3] == [
        "-- not a header",
        "++ nor this",
    ]
    assert second.heading == "def f():"
    assert second.header == "@@ -10,1 +10,2 @@ def f():"
    assert [(n.kind, n.old, n.new) for n in second.lines] == [
        (LineKind.REMOVED, 10, None),
        (LineKind.ADDED, None, 10),
        (LineKind.ADDED, None, 11),
    ]
    assert second.lines[2].text == "diff --git a/x b/x"
    assert second.lines[2].is_unended
    assert (moved.old_path, moved.new_path) == ("old name", "new name")
    assert (script.path, script.hunks) == ("script", ())
    assert (quoted.old_path, quoted.new_path) == (None, "tab\there")
    assert picture.is_binary
    assert picture.new_path is None
    assert picture.path == "p.png"


@pytest.mark.parametrize("cut", range(0, len(TEXT), 7))
def test_a_text_that_is_cut_anywhere_is_read_so_far(cut: int) -> None:
    files = parse_diff(TEXT[:cut])
    assert len(files) <= 5


def test_quoted_bytes_come_back() -> None:
    (file,) = parse_diff('diff --git "a/\\303\\251\\"\\\\" "b/\\303\\251\\"\\\\"\n')
    assert file.path == 'é"\\'


def test_an_excerpt_has_the_lines_with_signs_under_their_header() -> None:
    (file, *_) = parse_diff(TEXT)
    assert excerpt(file, "new", 10, 10).split("\n") == [
        "@@ -10,1 +10,2 @@ def f():",
        "-x",
        "+y",
    ]
    assert excerpt(file, "old", 10, 10).split("\n")[1:] == ["-x"]
    assert excerpt(file, "new", 500, 600) == ""
