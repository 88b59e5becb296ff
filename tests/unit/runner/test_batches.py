"""Synchronised output (mode 2026): only whole pictures are shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.screen import LONGEST_HOLD_S, Screen

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("agentdeck.runner.screen.time", made)
    monkeypatch.setattr("agentdeck.runner.engine.time", made)
    return made


@pytest.fixture
def screen(clock: Clock) -> Screen:
    return Screen(20, 4)


def fed(screen: Screen, text: str) -> list[str]:
    screen.feed(text.encode())
    screen.refresh()
    return screen.text()


def drawing(text: str) -> str:
    """What draws a text on each row, one after the other."""
    return "".join(f"\x1b[{y};1H\x1b[2K{text}" for y in range(1, 5))


def test_a_batch_is_shown_at_its_end(screen: Screen) -> None:
    fed(screen, "before")
    assert fed(screen, f"{BEGIN}\x1b[2J\x1b[Hhalf")[0] == "before"
    assert fed(screen, f" whole{END}")[0] == "half whole"


@pytest.mark.parametrize(
    "turn",
    [
        END + BEGIN,
        "\x1b[?25;2026l\x1b[?2026;25h",
        f"{END}\x1b[31mtext between batches is whole too{BEGIN}",
    ],
    ids=["end and begin", "with other modes", "text between"],
)
def test_a_batch_that_ends_and_begins_in_one_read_is_shown(
    screen: Screen, turn: str
) -> None:
    fed(screen, BEGIN + drawing("one"))
    shown = fed(screen, f"{drawing('two')}{turn}\x1b[H\x1b[2Khalf of three")
    assert [row[:3] for row in shown] == ["two"] * 4
    assert fed(screen, "\x1b[4;1H") == shown


def test_styles_marks_and_cursor_are_those_at_the_end_of_the_batch(
    screen: Screen,
) -> None:
    fed(
        screen,
        f"{BEGIN}\x1b[H\x1b[31mred e\u0301\x1b[2;3H{END}"
        f"{BEGIN}\x1b[H\x1b[32mgre o\u0308\x1b[4;4H",
    )
    assert screen.text()[0] == "red e\u0301"
    assert [screen.styles[run[1]] for run in screen.row(0)] == [[1, None, 0]] * 2
    assert (screen.cursor.x, screen.cursor.y) == (2, 1)


def test_a_mark_that_joins_after_a_batch_is_seen(screen: Screen) -> None:
    fed(screen, f"{BEGIN}e{END}{BEGIN}")
    assert fed(screen, f"\u0301{END}")[0] == "e\u0301"
    fed(screen, f"{BEGIN}o{END}\x1b[31m\u0308{BEGIN}x")
    assert fed(screen, END)[0] == "e\u0301o\u0308x"


def test_a_batch_without_an_end_is_shown_after_a_while(
    screen: Screen, clock: Clock
) -> None:
    assert fed(screen, f"{BEGIN}stuck")[0] == ""
    clock.now += LONGEST_HOLD_S - 0.01
    assert fed(screen, " at")[0] == ""
    assert screen.hold_left_s == pytest.approx(0.01)
    clock.now += 0.02
    assert screen.hold_left_s == 0
    assert fed(screen, " last")[0] == "stuck at last"
    assert fed(screen, " on")[0] == "stuck at last on"
    assert fed(screen, f" end{END}{BEGIN}half")[0] == "stuck at last on end"


def test_the_time_counts_from_the_begin_of_the_newest_batch(
    screen: Screen, clock: Clock
) -> None:
    shown = [""] * 4
    for number in range(20):
        shown_now = fed(screen, f"{BEGIN}\x1b[H\x1b[2Khalf")
        assert shown_now == shown
        clock.now += LONGEST_HOLD_S * 0.9
        assert fed(screen, "") == shown
        shown = fed(screen, drawing(f"picture {number}") + END + BEGIN)
        assert shown == [f"picture {number}"] * 4


def test_a_change_of_size_ends_the_batch(screen: Screen) -> None:
    fed(screen, f"{BEGIN}a line that is drawn")
    screen.resize(10, 3)
    screen.feed(f"{BEGIN}\x1b[2J".encode())
    screen.refresh()
    assert screen.text() == ["a line tha", "t is drawn", ""]
    screen.resize(30, 6)
    screen.refresh()
    assert screen.text() == [""] * 6


def test_a_reset_ends_the_batch(screen: Screen) -> None:
    fed(screen, "before")
    assert fed(screen, f"{BEGIN}half\x1bc{BEGIN}half") == [""] * 4


def test_the_last_picture_is_what_there_is(screen: Screen) -> None:
    fed(screen, f"{BEGIN}last words")
    screen.refresh(in_batch=True)
    assert screen.text()[0] == "last words"


COMBINED = "e\u0301 日本 "
BATCHES = st.tuples(
    st.sampled_from([BEGIN, "\x1b[?2026;7h", BEGIN + BEGIN]),
    st.sampled_from(["one", "\x1b[32mtwo", COMBINED, "\x1b[44mfour\x1b[K"]),
    st.sampled_from([END, "\x1b[?25;2026l", END + END]),
)


@settings(max_examples=150, deadline=None)
@given(batches=st.lists(BATCHES, max_size=12), data=st.data())
def test_no_split_of_batches_shows_half_a_picture(batches: Any, data: Any) -> None:
    raw = "".join(
        f"{begin}{drawing(f'{text}{number}')}{end}"
        for number, (begin, text, end) in enumerate(batches)
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    screen = Screen(20, 4)
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        screen.feed(raw[start:end])
        screen.refresh()
        assert len(set(screen.text())) == 1
    if batches:
        assert screen.text()[0].endswith(str(len(batches) - 1))
