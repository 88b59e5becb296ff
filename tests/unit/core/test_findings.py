"""Reading what a reviewer wrote, however it wrote it; and what becomes of a finding."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core import findings as f
from agentdeck.core.comments import Anchor, Place

ROOT = "/r.worktrees/review"
ONE = {
    "file": "src/a.py",
    "line": 3,
    "end": 4,
    "severity": "error",
    "rule": "R1",
    "message": "It is wrong.",
    "suggestion": "Do it right.",
}
FOUND = f.Finding(
    "src/a.py", 3, 4, f.Severity.ERROR, "R1", "It is wrong.", "Do it right."
)


def read(value: Any) -> f.Reading:
    return f.read_findings(json.dumps(value).encode(), ROOT)


def sarif(*results: Any, **run: Any) -> dict[str, Any]:
    return {"version": "2.1.0", "runs": [{"results": list(results), **run}]}


def result(**values: Any) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": values.pop("uri", "src/a.py")},
        "region": {"startLine": 3, "endLine": 4},
    }
    return {
        "ruleId": "R1",
        "level": "error",
        "message": {"text": "It is wrong."},
        "fixes": [{"description": {"text": "Do it right."}}],
        "locations": [{"physicalLocation": place}],
        **values,
    }


def test_both_formats_say_the_same() -> None:
    for value in ([ONE], {"version": 1, "findings": [ONE]}, sarif(result())):
        assert read(value) == f.Reading((FOUND,))
    assert read({"findings": []}) == f.Reading()
    assert read(sarif()) == f.Reading()
    data = b"\xef\xbb\xbf" + json.dumps([ONE]).encode()
    assert f.read_findings(data, ROOT).findings == (FOUND,)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("no", "line 1, column 1"),
        ("[" * 100_000, "no JSON"),
        ("9" * 10_000, "no JSON"),
        ("3", "neither"),
        ('{"runs": 3, "version": "2.1.0"}', "no list"),
        ('{"runs": []}', "version none"),
        ('{"runs": [], "version": "1.0.0"}', "version 1.0.0"),
        ('{"findings": {}}', "neither"),
        ("null", "neither"),
    ],
)
def test_what_is_neither_format_says_what_is_wrong(text: str, word: str) -> None:
    with pytest.raises(f.FindingsError) as error:
        f.read_findings(text.encode())
    assert word in error.value.message


def test_bytes_that_are_no_text_or_too_many() -> None:
    for data, word in ((b"\xff\xfe[", "UTF-8"), (b" " * (f.MAX_BYTES + 1), "larger")):
        with pytest.raises(f.FindingsError, match=word):
            f.read_findings(data)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.py", "a.py"),
        ("./src/../a.py", "a.py"),
        (f"{ROOT}/src/a.py", "src/a.py"),
        ("", ""),
        (None, ""),
        ("../a.py", None),
        ("a/../../b", None),
        ("/etc/passwd", None),
        (f"{ROOT}x/a.py", None),
        (f"{ROOT}/../x", None),
        (".git/config", None),
        ("a\nb", None),
        ("a\x1b[31m", None),
        ("x" * 2000, None),
        (7, None),
        ("..", None),
        (".", None),
    ],
)
def test_paths_stay_in_the_worktree(path: Any, expected: str | None) -> None:
    assert f.path_within(path, ROOT) == expected


def test_what_cannot_be_used_is_counted_and_the_rest_is_kept() -> None:
    bad = [7, {**ONE, "message": " "}, {**ONE, "file": "../../etc/passwd"}]
    reading = read([*bad, ONE])
    assert (reading.findings, reading.left_out) == ((FOUND,), 3)
    assert reading.reasons == (
        "one is no object",
        "one has no message",
        "one is about a file outside of the worktree",
    )
    many = read([{**ONE, "line": n} for n in range(1, 700)])
    assert len(many.findings) == f.MAX_FINDINGS
    assert many.left_out == 699 - f.MAX_FINDINGS


def test_texts_are_cut_and_cleaned() -> None:
    reading = read([{**ONE, "message": "a\x1b[31m\u202e\ud800b" + "x" * 9000}])
    (finding,) = reading.findings
    assert finding.message.startswith("a[31mb")
    assert len(finding.message) == f.MAX_MESSAGE
    finding.message.encode()


@pytest.mark.parametrize(
    ("given_", "line"),
    [(3, 3), ("3", 3), (3.0, 3), (True, 0), (-1, 0), (0, 0), (None, 0), (1e300, 0)],
)
def test_lines_are_numbers_or_the_whole_file(given_: Any, line: int) -> None:
    (finding,) = read([{**ONE, "line": given_, "end": None}]).findings
    assert (finding.line, finding.end) == (line, line)
    infinite = f.read_findings(b'[{"message": "m", "file": "a", "line": Infinity}]')
    assert infinite.findings[0].line == 0


def test_severities_by_their_usual_names() -> None:
    words = ("critical", "HIGH", "medium", "nit", "whatever", 3, None)
    read_as = [f.severity_of(word).value for word in words]
    assert read_as == ["error", "error", "warning", "note", *["warning"] * 3]


def test_sarif_by_index_by_rule_and_by_template() -> None:
    rules = [
        "no object",
        {
            "id": "R2",
            "defaultConfiguration": {"level": "note"},
            "messageStrings": {"m": {"text": "{0} is {1} {2}"}},
        },
    ]
    run = {
        "tool": {"driver": {"rules": rules}},
        "artifacts": [{"location": {"uri": "src/b%20c.py"}}],
    }
    location = {"physicalLocation": {"artifactLocation": {"index": 0}}}
    one = {
        "ruleIndex": 1,
        "message": {"id": "m", "arguments": ["it", "bad"]},
        "locations": [location],
    }
    (finding,) = read(sarif(one, **run)).findings
    assert finding == f.Finding(
        "src/b c.py", 0, 0, f.Severity.NOTE, "R2", "it is bad {2}"
    )


def test_sarif_results_that_are_none() -> None:
    passed, suppressed = (
        result(kind="pass"),
        result(suppressions=[{"kind": "inSource"}]),
    )
    elsewhere = result(uri="https://example.org/a.py")
    reading = read(sarif(passed, suppressed, elsewhere, 3))
    assert (reading.findings, reading.left_out) == ((), 3)
    here = result(uri=f"file://{ROOT}/src/a.py")
    assert read(sarif(here)).findings == (FOUND,)


def test_a_message_does_not_grow_without_end() -> None:
    bomb = {"text": "{0}" * 100_000, "arguments": ["x" * 100_000]}
    (finding,) = read(sarif(result(message=bomb))).findings
    assert len(finding.message) <= f.MAX_MESSAGE


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20),
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *ONE,
                    "findings",
                    "runs",
                    "version",
                    "results",
                    "locations",
                    "physicalLocation",
                    "artifactLocation",
                    "uri",
                    "index",
                    "region",
                    "startLine",
                    "text",
                    "arguments",
                    "tool",
                    "driver",
                    "rules",
                    "ruleIndex",
                    "ruleId",
                    "id",
                    "kind",
                    "suppressions",
                    "fixes",
                    "artifacts",
                    "messageStrings",
                ]
            ),
            each,
            max_size=6,
        )
    ),
    max_leaves=40,
)


def checked(data: bytes) -> None:
    try:
        reading = f.read_findings(data, ROOT)
    except f.FindingsError:
        return
    assert len(reading.findings) <= f.MAX_FINDINGS
    for finding in reading.findings:
        assert not finding.path.startswith(("/", ".."))
        assert 0 <= finding.line <= max(finding.end, finding.line)
        assert 0 < len(finding.message) <= f.MAX_MESSAGE
        finding.message.encode()
        finding.path.encode()


@settings(deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    checked(json.dumps(value).encode())
    checked(json.dumps({"version": "2.1.0", "runs": value}).encode())
    checked(json.dumps(sarif(value)).encode())
    checked(json.dumps({"findings": value}).encode())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    checked(data)


def kept(name: str, review: str = "r1", by: str = "rule", **values: Any) -> f.Kept:
    anchor = Anchor("src/a.py", "new", 3, ("x = 1",), ("a",), ("b",))
    finding = replace(FOUND, message=name, severity=values.pop("severity", "error"))
    finding = replace(finding, severity=f.Severity(finding.severity))
    return f.Kept(
        name, finding, anchor, review, by, "review-a", "c1", "2026-01-01", **values
    )


def test_a_later_review_says_what_is_gone_and_keeps_what_was_dismissed() -> None:
    before = [
        kept("again", sent_at="t"),
        kept("gone", sent_at="t"),
        kept("no", dismissed_at="t", reason="r"),
        kept("other", by="another rule"),
    ]
    found = [kept("again", "r2"), kept("no", "r2"), kept("new", "r2")]
    after = f.after_review(before, found, by="rule", review="r2", commit="c2")
    states = {k.id: k.state.value for k in after}
    assert states == {
        "again": "open",
        "gone": "gone",
        "no": "dismissed",
        "other": "open",
        "new": "open",
    }
    assert f.counts_of(after) == (3, 0, 0)
    assert f.after_review(after, found, by="rule", review="r2", commit="c2") == after
    back = f.after_review(after, [kept("gone", "r3")], by="", review="r3", commit="c3")
    assert {k.id: k.state.value for k in back}["gone"] == "open", "it is there again"


def test_one_review_that_is_read_twice_holds_what_it_says_last() -> None:
    first = f.after_review([], [kept("a"), kept("b")], by="", review="r1", commit="c")
    sent = [replace(k, sent_at="t") for k in first]
    after = f.after_review(sent, [kept("a")], by="rule", review="r1", commit="c")
    assert [(k.id, k.state.value) for k in after] == [("a", "sent")]


def test_an_id_follows_the_text_and_not_the_line() -> None:
    moved = replace(FOUND, line=30, end=31)
    assert f.finding_id("r", FOUND, ["x"], 1) == f.finding_id("r", moved, ["x"], 1)
    others = {
        f.finding_id("r", FOUND, ["y"], 1),
        f.finding_id("s", FOUND, ["x"], 1),
        f.finding_id("r", FOUND, ["x"], 2),
        f.finding_id("r", FOUND, ["x"], 1),
    }
    assert len(others) == 4


def test_a_finding_on_the_wire_is_the_same_one() -> None:
    one = kept("a", hunk="  3  x", sent_at="t", dismissed_at="u", reason="why")
    place = Place(5, 6, is_outdated=False)
    values = json.loads(json.dumps(f.kept_to_wire(one, place)))
    assert f.kept_from_wire(values) == one
    assert values["place"]["line"] == 5
    assert values["state"] == "dismissed"


def test_in_order_and_in_words() -> None:
    notes = [kept("n", severity="note"), kept("e")]
    assert [k.id for k in f.in_order(notes)] == ["e", "n"]
    assert f.comment_text(kept("bad")) == "error (R1): bad\nSuggestion: Do it right."
    assert f.told_again(kept("bad")) == "src/a.py:3 error (R1): bad"
