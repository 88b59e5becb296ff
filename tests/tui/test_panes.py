"""Which session stands in which pane, and where the panes stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from agentdeck.tui.panes import MAX_PANES, Panes
from agentdeck.tui.tiles import Borders, Shares, arrangement_for, tiles

IDS = tuple("abcdefghijkl")
ids = st.lists(st.sampled_from(IDS), max_size=12)


def test_one_pane_follows_the_cursor() -> None:
    assert Panes().shown("a") == ("a",)
    assert Panes().shown("b") == ("b",)


def test_marked_sessions_fill_the_panes_and_the_current_one_previews() -> None:
    panes = Panes().filled("abcd").followed("b")
    assert panes.current == 1
    assert panes.shown("c") == tuple("abcd")
    assert panes.shown("x") == ("a", "x", "c", "d")
    assert panes.followed("x").shown("b") == tuple("abcd")


def test_a_pinned_pane_keeps_its_session() -> None:
    panes = Panes().filled("ab").followed("a").toggled_pin("a")
    assert panes.shown("x") == ("a", "x")
    both = panes.toggled_pin("b")
    assert both.shown("x") == ("a", "b")
    assert both.place_of("x") is None
    assert both.toggled_pin("a").shown("x") == ("x", "b")


def test_a_single_pinned_pane_stays() -> None:
    panes = Panes().toggled_pin("a")
    assert panes.shown("b") == ("a",)
    assert panes.toggled_pin("a").shown("b") == ("b",)


def test_more_panes_take_the_next_sessions_fewer_keep_the_pinned() -> None:
    four = Panes().sized(4, "b", "abcdef")
    assert four.own == ("b", "a", "c", "d")
    assert four.current == 0
    two = four.toggled_pin("d").sized(2, "c", "abcdef")
    assert set(two.own) == {"c", "d"}
    assert two.sized(1, "c", "abcdef") == Panes()


@pytest.mark.parametrize(
    ("count", "available", "expected"),
    [(1, 9, 2), (2, 9, 3), (4, 9, 6), (6, 9, 9), (9, 20, 1), (4, 5, 5), (5, 5, 1), (1, 1, 1)],
)  # fmt: skip
def test_one_key_steps_through_the_counts(
    count: int, available: int, expected: int
) -> None:
    own = tuple(IDS[:count])
    assert Panes(own).next_count(available) == expected


@given(ids, ids, st.integers(0, 12), st.sampled_from(IDS), ids)
def test_no_session_has_two_panes_and_the_cursor_is_shown_unless_all_are_pinned(
    marked: list[str], pinned: list[str], count: int, cursor: str, gone: list[str]
) -> None:
    panes = Panes().filled(marked)
    for each in pinned:
        panes = panes.toggled_pin(each)
    panes = panes.sized(count, cursor, IDS).without(gone).followed(cursor)
    shown = [each for each in panes.shown(cursor) if each]
    assert len(shown) == len(set(shown)) <= MAX_PANES
    assert 0 <= panes.current < panes.count
    assert not set(panes.held) & set(gone)
    if panes.preview is not None:
        assert cursor in shown
        assert panes.shown(cursor)[panes.current] == cursor


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (1, (80, 24), (1,)),
        (2, (160, 40), (2,)),
        (2, (80, 40), (1, 1)),
        (3, (240, 40), (3,)),
        (3, (120, 60), (1, 1, 1)),
        (3, (140, 40), (1, 2)),
        (4, (160, 50), (2, 2)),
        (6, (240, 50), (3, 3)),
        (6, (110, 50), (2, 2, 2)),
        (9, (240, 70), (3, 3, 3)),
    ],
)
def test_panes_are_arranged_for_the_room_there_is(
    count: int, size: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert arrangement_for(count, *size) == expected


sizes = st.tuples(st.integers(9, 300), st.integers(9, 100))
moves = st.lists(
    st.tuples(st.integers(0, 8), st.integers(-400, 400), st.integers(-99, 99)),
    max_size=8,
)


@given(st.integers(1, 9), sizes, moves)
def test_panes_fill_the_area_and_never_overlap(
    count: int, size: tuple[int, int], moved: list[tuple[int, int, int]]
) -> None:
    width, height = size
    arrangement = arrangement_for(count, width, height)
    assert sum(arrangement) == count
    borders = Borders()
    for pane, wide, tall in moved:
        area = Region(0, 0, width, height)
        borders = borders.moved(arrangement, pane % count, (wide, tall), area)
    regions = tiles(width, height, borders.shares(arrangement))
    assert sum(region.area for region in regions) == width * height
    assert all(region.width >= 1 and region.height >= 1 for region in regions)
    for at, region in enumerate(regions):
        assert not any(region.overlaps(other) for other in regions[at + 1 :])
    assert Borders.from_json(borders.as_json()) == borders


def test_a_larger_pane_takes_from_its_neighbour() -> None:
    area = Region(0, 0, 100, 40)
    borders = Borders().moved((2, 2), 0, (10, 0), area)
    assert [r.width for r in tiles(100, 40, borders.shares((2, 2)))] == [60, 40, 50, 50]
    last = Borders().moved((2, 2), 3, (10, 5), area)
    regions = tiles(100, 40, last.shares((2, 2)))
    assert regions[3].width == 60
    assert regions[3].height == 25


@pytest.mark.parametrize(
    "junk",
    [None, 3, [1], [{}], [{"arrangement": [2], "rows": [1.0], "columns": [[1.0]]}],
     [{"arrangement": [1], "rows": [-1.0], "columns": [[1.0]]}]],
)  # fmt: skip
def test_what_was_kept_badly_is_left_out(junk: object) -> None:
    assert Borders.from_json(junk) == Borders()


def test_even_shares_are_even() -> None:
    assert Shares.even((1, 2)).columns == ((1.0,), (0.5, 0.5))
