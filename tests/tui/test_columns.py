"""The parts of a row at each width, and the rows and groups of the list. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from agentdeck.core.filters import parse_filter
from agentdeck.core.session import Phase, Session
from agentdeck.tui.columns import GUTTER, Part, columns
from agentdeck.tui.groups import Section, arranged
from agentdeck.tui.look import ASCII, UNICODE, look_from
from agentdeck.tui.row_words import marks_of
from agentdeck.tui.rows import Row, rows_of, sessions_of
from agentdeck.tui.view import Density, Grouping, Sort, View
from agentdeck.tui.widgets.session_row import RowPainter, RowState
from tests.fakes.fake_client import NOW, a_session
from tests.tui.scenes import few, hostile

LOOK = look_from({}, dark=True, ascii_only=False)
ANY = parse_filter("")


def sections(sessions: list[Session], view: View, query: str = "") -> list[Section]:
    return list(arranged(sessions, parse_filter(query), None, NOW, view))


@given(
    width=st.integers(1, 300),
    height=st.sampled_from([1, 2]),
    without=st.sets(st.sampled_from(list(Part))),
)
def test_lines_fill_the_width_and_leave_room_for_words(
    width: int, height: int, without: set[Part]
) -> None:
    lines = columns(width, height, without)
    assert len(lines) == height
    for line in lines:
        assert not without & {part for part, _ in line.parts}
        assert line.width + GUTTER <= max(width, GUTTER + 1)
        if width >= 20:
            assert line.width + GUTTER == width
            assert line.title >= 11 or line.detail >= 12


@pytest.mark.parametrize("height", [1, 2])
def test_parts_give_way_one_after_the_other_and_never_come_back(height: int) -> None:
    before: list[set[Part]] = [set() for _ in range(height)]
    for width in range(1, 201):
        lines = columns(width, height)
        shown = [{part for part, _ in line.parts} for line in lines]
        for now, then in zip(shown, before, strict=True):
            assert now >= then
            assert len(now - then) <= 1, f"two at once at {width}"
        before = shown
    assert set.union(*before) == set(Part)


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(max_size=60),
    words=st.text(max_size=60),
    width=st.integers(20, 200),
    height=st.sampled_from([1, 2]),
    counts=st.tuples(*[st.integers(0, 10**6)] * 4),
)
def test_no_row_overflows_whatever_it_says(
    title: str, words: str, width: int, height: int, counts: tuple[int, ...]
) -> None:
    ahead, behind, added, removed = counts
    values = {"ahead": ahead, "behind": behind, "added": added, "removed": removed}
    session = a_session("any", title=title, last_line=words, branch=words, agent=title)
    session = replace(session, **values, queued=("x",) * (ahead % 3))
    for strip in RowPainter(LOOK, width).row(session, RowState(), NOW, height):
        assert cell_len(strip.text) == width


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 200), title=st.text(min_size=1, max_size=80))
def test_headers_fit_too(width: int, title: str) -> None:
    section = Section("folder:x", title, tuple(few() + hostile()))
    painter = RowPainter(LOOK, width)
    for row in (Row("header x", section), Row("header x", section, hidden=9)):
        state = RowState(is_cursor=True, marked=3)
        assert cell_len(painter.header(row, state).text) == width
    assert (
        cell_len(painter.more(Row("more x", section, hidden=12), state).text) == width
    )


def titles(found: list[Section]) -> list[str]:
    return [section.title for section in found]


def test_sessions_are_grouped_by_whatever_a_person_wants() -> None:
    mixed = [
        a_session("a", agent="codex", repo="/x/shop", folder="Login"),
        a_session("b", agent="claude", repo="/y/shop", host="gpu"),
        a_session("c", agent="codex", repo="/x/api", pinned=True),
        a_session("d", phase=Phase.QUEUED, repo="/x/api"),
    ]
    by = {grouping: sections(mixed, View(grouping)) for grouping in Grouping}
    assert titles(by[Grouping.STATE]) == ["pinned", "working", "queued"]
    assert titles(by[Grouping.REPOSITORY]) == ["pinned", "api", "x/shop", "y/shop"]
    assert titles(by[Grouping.AGENT]) == ["pinned", "claude", "codex"]
    assert titles(by[Grouping.FOLDER]) == ["pinned", "Login", "no folder"]
    assert titles(by[Grouping.HOST]) == ["pinned", "gpu", "this machine"]
    assert titles(by[Grouping.NONE]) == ["pinned", ""]
    for found in by.values():
        assert sorted(sessions_of(found)) == ["id-a", "id-b", "id-c", "id-d"]


def test_groups_are_sorted_as_a_person_wants() -> None:
    waits = replace(few()[0], position=3)
    old = a_session("zebra", title="Apple", age_s=900, position=1)
    new = a_session("ant", title="banana", age_s=5, position=2)
    order = {
        sort: sessions_of(sections([old, waits, new], View(Grouping.NONE, sort)))
        for sort in Sort
    }
    assert order[Sort.ATTENTION] == [waits.id, "id-zebra", "id-ant"]
    assert order[Sort.NEWEST] == ["id-ant", waits.id, "id-zebra"]
    assert order[Sort.NAME] == ["id-zebra", "id-ant", waits.id]
    assert order[Sort.OWN] == ["id-zebra", "id-ant", waits.id]


def ended(count: int) -> list[Session]:
    return [
        a_session(f"e{n}", phase=Phase.ENDED, ended_at=NOW - timedelta(minutes=n))
        for n in range(count)
    ]


def test_older_ended_ones_fold_and_a_collapsed_group_is_its_header() -> None:
    found = sections([*few(), *ended(20)], View())
    rows = rows_of(found, View(), folds=True)
    more = rows[-1]
    assert (more.is_more, more.hidden) == (True, 17)
    assert sum(row.session is not None for row in rows) == len(few()) + 20 - 17
    assert rows_of(found, View(), folds=False)[-1].session is not None
    unfolded = View(unfolded=frozenset({more.section.key}))
    assert not any(row.is_more for row in rows_of(found, unfolded, folds=True))
    closed = View(collapsed=frozenset({more.section.key}))
    last = rows_of(found, closed, folds=True)[-1]
    assert (last.is_header, last.hidden) == (True, 22)


def test_few_ended_ones_and_the_one_under_the_cursor_are_not_folded() -> None:
    found = sections(ended(7), View())
    assert not any(row.is_more for row in rows_of(found, View(), folds=True))
    found = sections(ended(9), View())
    rows = rows_of(found, View(), folds=True, kept="id-e8")
    assert "id-e8" in [row.key for row in rows]
    assert rows[-1].hidden == 3


def test_archived_sessions_are_seen_only_when_asked_for() -> None:
    mixed = [*ended(1), a_session("old", phase=Phase.ENDED, archived=True)]
    assert sessions_of(sections(mixed, View())) == ["id-e0"]
    assert sessions_of(sections(mixed, View(), "is:archived")) == ["id-old"]


views = st.builds(
    View,
    st.sampled_from(Grouping),
    st.sampled_from(Sort),
    st.sampled_from(Density),
    st.frozensets(st.text(max_size=9), max_size=4),
    st.frozensets(st.text(max_size=9), max_size=4),
)


@given(views)
def test_a_view_survives_being_kept(view: View) -> None:
    assert View.from_json(view.as_json()) == view


@given(
    st.dictionaries(
        st.sampled_from(["grouping", "sort", "density", "collapsed", "unfolded"]),
        st.none() | st.integers() | st.text() | st.lists(st.text() | st.integers()),
    )
)
def test_what_was_kept_badly_is_left_out(values: dict[str, object]) -> None:
    View.from_json(values)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(few() + hostile() + ended(12)), unique=True), views)
def test_every_session_is_in_the_list_once(sessions: list[Session], view: View) -> None:
    found = sections(sessions, view)
    assert sorted(sessions_of(found)) == sorted(session.id for session in sessions)
    rows = rows_of(found, view, folds=True)
    shown = [row.key for row in rows if row.session is not None]
    hidden = sum(row.hidden for row in rows)
    assert len(shown) + hidden == len(sessions)
    assert len({row.key for row in rows}) == len(rows)


def test_a_row_says_that_rules_answer_for_it_while_it_lives() -> None:
    ruled = replace(a_session("a"), auto_answers=True)
    assert marks_of(ruled, UNICODE) == [("§", "accent")]
    assert marks_of(ruled, ASCII) == [("%", "accent")]
    for own in (None, False):
        assert marks_of(replace(ruled, auto_answers=own), UNICODE) == []
    assert marks_of(replace(ruled, phase=Phase.ENDED), UNICODE) == []
