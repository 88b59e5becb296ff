"""Older rows for one who scrolls, and the newest for everybody else."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.frames import Subscription
from agentdeck.runner.screen import Screen

ROWS = 5


def numbered(first: int, last: int) -> bytes:
    return b"".join(
        b"\x1b[3%dmline %d\x1b[m\r\n" % (n % 8, n) for n in range(first, last)
    )


class Viewer:
    """One who watches: applies frames as they come."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.subscription = Subscription()
        self.rows: dict[int, str] = {}
        self.frame: dict[str, Any] = {}

    def look(self) -> bool:
        """Take the next frame, if there is one."""
        self.screen.refresh()
        frame = self.subscription.next_frame(self.screen)
        if frame is None:
            return False
        self.subscription.acknowledge(frame["n"])
        self.frame = frame
        for y, row in frame["rows_changed"].items():
            self.rows[int(y)] = "".join(run[0] for run in row)
        return True

    def scroll(self, by: int = 0, to: str = "") -> list[str]:
        self.subscription.scroll(self.screen, by, to)
        self.look()
        return self.text

    @property
    def text(self) -> list[str]:
        return [self.rows.get(y, "") for y in range(ROWS)]


def test_what_is_read_stays_while_more_is_printed_and_others_see_the_newest() -> None:
    screen = Screen(20, ROWS)
    screen.feed(numbered(0, 30))
    reader, other = Viewer(screen), Viewer(screen)
    reader.look()
    other.look()
    assert other.text == ["line 26", "line 27", "line 28", "line 29", ""]
    seen = reader.scroll(-10)
    assert seen == [f"line {n}" for n in range(16, 21)]
    assert reader.frame["scrolled"][:2] == (10, False)
    assert reader.frame["cursor"][2] is False
    screen.feed(numbered(30, 40))
    assert reader.look()
    assert reader.frame["rows_changed"] == {}
    assert reader.frame["scrolled"][:2] == (10, True)
    assert reader.text == seen
    other.look()
    assert other.text == ["line 36", "line 37", "line 38", "line 39", ""]
    assert other.frame["scrolled"] is None
    screen.feed(numbered(40, 41))
    assert not reader.look(), "more of the same news is none"
    assert reader.scroll(to="bottom") == [
        "line 37",
        "line 38",
        "line 39",
        "line 40",
        "",
    ]
    assert reader.frame["scrolled"] is None
    assert reader.frame["cursor"] == [0, 4, True, "block"]


def test_top_and_bottom_are_ends_and_the_way_down_ends_in_the_newest() -> None:
    screen = Screen(20, ROWS)
    screen.feed(numbered(0, 12))
    reader = Viewer(screen)
    reader.look()
    assert reader.scroll(to="top")[0] == "line 0"
    assert reader.scroll(-7)[0] == "line 0"
    assert reader.scroll(7)[0] == "line 7"
    reader.scroll(3)
    assert reader.frame["scrolled"] is None
    assert reader.text[-2] == "line 11"


def test_colours_come_along_and_a_full_screen_program_has_no_rows_above() -> None:
    screen = Screen(20, ROWS)
    screen.feed(numbered(0, 12))
    reader = Viewer(screen)
    reader.look()
    reader.scroll(to="top")
    (run,) = reader.frame["rows_changed"]["1"]
    assert screen.styles[run[1]][0] == 1
    screen.feed(b"\x1b[?1049hfull")
    reader.look()
    assert reader.frame["scrolled"] is None
    assert reader.text[0] != "line 0"
    assert screen.above == 0


def test_another_size_keeps_about_the_place() -> None:
    screen = Screen(20, ROWS)
    screen.feed(numbered(0, 30))
    reader = Viewer(screen)
    reader.look()
    reader.scroll(-10)
    seen = reader.text
    screen.resize(30, ROWS)
    reader.look()
    assert reader.frame["scrolled"][:2] == (10, False)
    assert reader.text == seen
    assert reader.scroll(to="top")[0] == "line 0"
    screen.resize(4, ROWS)
    reader.look()
    assert reader.text[:2] == ["line", " 0"]


def test_what_changed_in_a_batch_is_seen_though_somebody_read_rows_meanwhile() -> None:
    screen = Screen(20, ROWS)
    screen.feed(numbered(0, 30))
    reader, other = Viewer(screen), Viewer(screen)
    reader.look()
    other.look()
    screen.feed(b"\x1b[?2026h\x1b[Hchanged")
    reader.scroll(-2)
    assert other.text[0] == "line 26"
    screen.feed(b"\x1b[?2026l")
    other.look()
    assert other.text[0] == "changed"


pieces = st.lists(
    st.one_of(
        st.integers(-30, 30),
        st.sampled_from(["top", "bottom"]),
        st.text(alphabet="ab家e\u0301\r\n", max_size=30).map(str.encode),
        st.sampled_from(
            [
                b"\x1b[2J",
                b"\x1b[H",
                b"\x1b[?1049h",
                b"\x1b[?1049l",
                b"\x1b[31m",
                b"\x1bM",
                b"\x1b[?2026h",
                b"\x1b[?2026l",
            ]
        ),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(pieces)
def test_who_scrolls_changes_nothing_for_the_others(
    steps: list[int | str | bytes],
) -> None:
    screen, alone = Screen(10, ROWS), Screen(10, ROWS)
    reader, other, undisturbed = Viewer(screen), Viewer(screen), Viewer(alone)
    for step in steps:
        if isinstance(step, bytes):
            screen.feed(step)
            alone.feed(step)
            reader.look()
        elif isinstance(step, int):
            reader.scroll(step)
        else:
            reader.scroll(to=step)
        other.look()
        undisturbed.look()
        assert other.text == undisturbed.text
        assert other.frame.get("cursor") == undisturbed.frame.get("cursor")
    reader.scroll(to="bottom")
    assert reader.text == other.text
