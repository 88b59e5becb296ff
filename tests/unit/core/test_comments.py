"""Where comments stand after the lines have moved, and what is sent."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.core.comments import (
    Anchor,
    Comment,
    Place,
    anchored,
    comment_from_wire,
    comment_to_wire,
    edited,
    message_of,
    place_from_wire,
    placed,
)

LINES = st.lists(st.sampled_from(["a", "b", "", "}", "return x"]), max_size=20)


def unique(count: int) -> list[str]:
    return [f"line number {n}" for n in range(count)]


@st.composite
def content_and_range(draw: st.DrawFn) -> tuple[list[str], int, int]:
    lines = draw(LINES.filter(bool))
    first = draw(st.integers(1, len(lines)))
    return lines, first, draw(st.integers(first, len(lines)))


@settings(deadline=None)
@given(content_and_range())
def test_without_a_change_a_comment_stays_where_it_is(
    given_: tuple[list[str], int, int],
) -> None:
    lines, first, last = given_
    anchor = anchored("f", "new", lines, first, last)
    assert placed(anchor, lines) == Place(first, last, is_outdated=False)


@settings(deadline=None)
@given(content_and_range(), LINES)
def test_a_place_is_inside_and_says_whether_the_text_is_there(
    given_: tuple[list[str], int, int], after: list[str]
) -> None:
    lines, first, last = given_
    anchor = anchored("f", "new", lines, first, last)
    place = placed(anchor, after)
    if place.is_outdated:
        assert place.line == place.end
        assert (1 <= place.line <= len(after)) or (not after and place.line == 0)
    else:
        assert after[place.line - 1 : place.end] == lines[first - 1 : last]


@settings(deadline=None)
@given(
    st.integers(1, 40), st.integers(0, 3), LINES, st.integers(0, 45), st.integers(0, 9)
)
def test_lines_put_in_or_taken_out_elsewhere_move_it(
    first: int, more: int, put: list[str], at: int, gone: int
) -> None:
    before = unique(45)
    last = min(first + more, 45)
    anchor = anchored("f", "new", before, first, last)
    if at < first - 1:
        removed = before[at : min(at + gone, first - 1)]
        moved = len(put) - len(removed)
    else:
        at = max(at, last)
        removed = before[at : at + gone]
        moved = 0
    after = [*before[:at], *put, *before[at + len(removed) :]]
    assert placed(anchor, after) == Place(
        first + moved, last + moved, is_outdated=False
    )


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(0, 5))
def test_a_changed_line_outdates_it_near_where_it_was(first: int, put: int) -> None:
    before = unique(30)
    anchor = anchored("f", "new", before, first, first)
    after = [*(["x"] * put), *before]
    after[first - 1 + put] = "changed"
    place = placed(anchor, after)
    assert place == Place(first + put, first + put, is_outdated=True)


def test_of_equal_lines_the_one_with_the_same_neighbours_is_meant() -> None:
    before = ["for a in one:", "    use(a)", "for b in two:", "    use(a)", "end"]
    anchor = anchored("f", "new", before, 4, 4)
    after = ["import x", "", *before]
    assert placed(anchor, after) == Place(6, 6, is_outdated=False)


def test_a_bracket_elsewhere_is_not_taken_for_the_one_that_is_gone() -> None:
    anchor = anchored("f", "new", ["if a:", "{", "}", "end"], 3, 3)
    assert placed(anchor, ["quite", "another", "file", "with", "}"]).is_outdated
    assert placed(anchor, []) == Place(0, 0, is_outdated=True)


def test_a_comment_on_a_whole_file_has_no_line() -> None:
    anchor = anchored("f", "new", ["a"], 0, 0)
    assert placed(anchor, []) == Place(0, 0, is_outdated=False)


def a_comment(text: str = "Why?", **values: object) -> Comment:
    anchor = Anchor("src/a.py", "new", 12, ("x = 1",), ("before",), ("after",))
    return Comment("c1", anchor, text, "2026-01-01T00:00:00+00:00", **values)  # type: ignore[arg-type]


def test_the_message_quotes_file_lines_and_hunk() -> None:
    hunk = "@@ -1,2 +11,2 @@ def f()\n before\n-x = 0\n+x = 1"
    first = a_comment("Why one?\nTwo would do.", hunk=hunk)
    second = Comment(
        "c2", Anchor("b.py", "old", 3, ("gone", "too")), "Keep it.", first.at
    )
    places = {
        "c1": Place(14, 14, is_outdated=False),
        "c2": Place(3, 3, is_outdated=True),
    }
    assert message_of([first, second], places) == (
        "Review of your changes: 2 comments. Please deal with each.\n"
        "\n"
        "1. src/a.py, line 14\n"
        "> @@ -1,2 +11,2 @@ def f()\n"
        ">  before\n"
        "> -x = 0\n"
        "> +x = 1\n"
        "Why one?\n"
        "Two would do.\n"
        "\n"
        "2. b.py, lines 3-4 before the change (changed since)\n"
        "> gone\n"
        "> too\n"
        "Keep it."
    )


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_message_can_press_keys(text: str, hunk: str, path: str) -> None:
    comment = Comment("c", Anchor(path, "new", 1, (text,)), text, "t", hunk)
    message = message_of([comment], {})
    assert not {c for c in message if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n", "\t"}
    assert "\x1b" not in message_of([a_comment("\x1b[201~\x03rm -rf\r")], {})


@settings(deadline=None)
@given(st.text(), st.lists(st.text()), st.booleans())
def test_a_comment_survives_the_wire(text: str, lines: list[str], flag: bool) -> None:
    anchor = Anchor("p", "old", 3, tuple(lines), tuple(lines), tuple(lines))
    comment = Comment("c", anchor, text, "t", text, text, flag)
    place = Place(1, 2, is_outdated=flag)
    wire = json.loads(json.dumps(comment_to_wire(comment, place)))
    assert comment_from_wire(wire) == comment
    assert place_from_wire(wire) == place
    assert place_from_wire(comment_to_wire(comment)) is None


def test_another_text_has_not_been_sent() -> None:
    sent = a_comment(sent_at="t")
    assert not sent.is_unsent
    assert edited(sent, text="Other").is_unsent
    assert edited(sent, text=sent.text) == sent
    assert not edited(sent, is_resolved=True).is_unsent
