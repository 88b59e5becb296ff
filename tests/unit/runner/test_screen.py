from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner import cells
from agentdeck.runner import screen as screen_module
from agentdeck.runner.screen import Screen


def screen_of(data: bytes | str, cols: int = 20, rows: int = 4) -> Screen:
    screen = Screen(cols, rows)
    screen.feed(data if isinstance(data, bytes) else data.encode())
    screen.refresh()
    return screen


def seen(screen: Screen) -> Any:
    """What a client would draw, with styles by value."""
    rows = [
        [(run[0], tuple(screen.styles[run[1]]), *run[2:]) for run in row]
        for row in screen.rows
    ]
    return rows, screen.cursor, screen.title


def test_plain_rows_have_one_run_and_no_trailing_blanks() -> None:
    screen = screen_of("hello   \r\n\r\n  x")
    assert screen.rows == [(("hello", 0),), (), (("  x", 0),), ()]
    assert screen.text() == ["hello", "", "  x", ""]
    assert screen.last_line() == "x"


@pytest.mark.parametrize(
    ("sgr", "style"),
    [
        ("31", [1, None, 0]),
        ("97", [15, None, 0]),
        ("38;5;200;48;5;17", [200, 17, 0]),
        ("38;2;1;2;3", ["#010203", None, 0]),
        ("48;2;255;128;0", [None, "#ff8000", 0]),
        ("1;3", [None, None, cells.BOLD | cells.ITALIC]),
        ("2;5;7;8;9;53", [None, None, 2 | 16 | 32 | 64 | 128 | 256]),
        ("4", [None, None, cells.UNDERLINE]),
        ("4:3;58;5;9", [None, None, cells.UNDERLINE | cells.UNDERLINE_CURLY, 9]),
        ("21", [None, None, cells.UNDERLINE | cells.UNDERLINE_DOUBLE]),
    ],
)
def test_styles(sgr: str, style: Any) -> None:
    screen = screen_of(f"a\x1b[{sgr}mb\x1b[0mc")
    index = screen.row(0)[1][1]
    assert screen.row(0) == (("a", 0), ("b", index), ("c", 0))
    assert screen.styles[index] == style
    assert screen.styles[0] == [None, None, 0]


def test_a_row_cleared_in_a_colour_keeps_its_background() -> None:
    screen = screen_of("\x1b[44mx\x1b[K\r\n\x1b[48;2;9;8;7m\x1b[K")
    first, second = screen.row(0), screen.row(1)
    assert first[0][0] == "x" + " " * 19
    assert screen.styles[first[0][1]] == [None, 4, 0]
    assert second[0][0] == " " * 20
    assert screen.styles[second[0][1]] == [None, "#090807", 0]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("日本x", (("日本", 0, 4), ("x", 0))),
        ("日", (("日", 0, 2),)),
        ("e\u0301x", (("e\u0301", 0, 1), ("x", 0))),
        ("a\U0001f600", (("a", 0), ("\U0001f600", 0, 2))),
        ("日  ", (("日", 0, 2),)),
        ("日\u0301本x", (("日\u0301", 0, 2), ("本", 0, 2), ("x", 0))),
        ("a\x1b[31m日", (("a", 0), ("日", 1, 2))),
    ],
)
def test_wide_and_combined_characters_say_their_width(text: str, row: Any) -> None:
    assert screen_of(text).row(0) == row


@pytest.mark.parametrize(
    "cluster",
    [
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "\U0001f44d\U0001f3fd",
        "\U0001f1e9\U0001f1ea",
    ],
    ids=["family", "heart", "thumb", "flag"],
)
@pytest.mark.parametrize("before", ["", "\x1bc"], ids=["at first", "after a reset"])
def test_an_emoji_of_several_parts_is_one_character(cluster: str, before: str) -> None:
    screen = screen_of(f"{before}{cluster}|")
    assert screen.row(0) == ((cluster, 0, 2), ("|", 0))
    assert screen.cursor.x == 3


def test_a_mark_that_joins_a_character_already_read_is_seen() -> None:
    screen = screen_of("e")
    before = screen.row(0)
    mark = "\u0301".encode()
    screen.feed(mark[:1])
    screen.refresh()
    assert screen.row(0) is before
    screen.feed(mark[1:])
    screen.refresh()
    assert screen.row(0) == (("e\u0301", 0, 1),)


def test_an_unchanged_row_stays_the_same_object() -> None:
    screen = screen_of("one\r\ntwo\r\nthree")
    before = list(screen.rows)
    screen.feed(b"\x1b[2;1HTWO")
    screen.refresh()
    assert [a is b for a, b in zip(before, screen.rows, strict=True)] == [
        True,
        False,
        True,
        True,
    ]
    screen.feed(b"\x1b[2;1HTWO")
    after = list(screen.rows)
    screen.refresh()
    assert all(a is b for a, b in zip(after, screen.rows, strict=True))


def test_resize_reflows() -> None:
    screen = screen_of("0123456789abcdef")
    screen.resize(8, 5)
    screen.refresh()
    assert screen.text() == ["01234567", "89abcdef", "", "", ""]
    assert (screen.cols, screen.rows_count) == (8, 5)


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[5n", "\x1b[0n"),
        ("ab\x1b[6n", "\x1b[1;3R"),
        ("\x1b]10;?\x07", "\x1b]10;rgb:d8d8/dede/e9e9\x07"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:1414/1616/1b1b\x1b\\"),
        ("\x1b[>q", "\x1bP>|agentdeck\x1b\\"),
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?u", "\x1b[?0u"),
        ("\x1b[18t", "\x1b[8;4;20t"),
        ("\x1b[?996n", "\x1b[?997;1n"),
    ],
)
def test_queries_are_answered(query: str, reply: str) -> None:
    assert b"".join(screen_of(query).take_notes().replies) == reply.encode()


@pytest.mark.parametrize(
    "query",
    [
        "\x1b]52;c;?\x07",
        "\x1b]52;c;aGk=\x07",
        "\x1b]0;rm -rf\x07\x1b[21t",
        "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
        "\x1b_Gi=1,t=f,a=q;L2V0Yy9wYXNzd2Q=\x1b\\",
    ],
    ids=["clipboard read", "clipboard write", "title", "picture", "picture file"],
)
def test_dangerous_queries_are_not_answered(query: str) -> None:
    assert screen_of(query).take_notes().replies == []


def test_notes() -> None:
    screen = screen_of(
        "\x07\x1b]2;my title\x07\x1b]9;one\x07\x1b]777;notify;T;B\x07"
        "\x1b]99;;three\x1b\\\x1b]9;4;1;50\x07"
    )
    notes = screen.take_notes()
    assert notes.bell
    assert notes.title_changed
    assert screen.title == "my title"
    assert set(notes.notifications) == {("", "one"), ("T", "B"), ("three", "")}
    assert notes.progress == (1, 50)
    assert not screen.take_notes().bell


def test_modes() -> None:
    screen = screen_of("")
    assert [screen.mouse, screen.bracketed_paste, screen.alternate] == [False] * 3
    screen.feed(b"\x1b[?1049h\x1b[?1000h\x1b[?2004h\x1b[>5u\x1b[?1004h")
    assert screen.mouse
    assert screen.bracketed_paste
    assert screen.alternate
    assert screen.wants_focus
    assert screen.kitty_flags == 5


def test_cursor() -> None:
    screen = screen_of("ab\x1b[5 q")
    assert screen.cursor.as_list() == [2, 0, True, "bar"]
    screen.feed(b"\x1b[?25l")
    screen.refresh()
    assert screen.cursor.visible is False


def test_synchronised_output_is_held_back_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("agentdeck.runner.screen.time.monotonic", lambda: now[0])
    screen = screen_of("before")
    screen.feed(b"\x1b[?2026h\x1b[2J\x1b[Hhalf")
    screen.refresh()
    assert screen.text()[0] == "before"
    screen.feed(b" whole\x1b[?2026l")
    screen.refresh()
    assert screen.text()[0] == "half whole"
    screen.feed(b"\x1b[?2026h\r\nstuck")
    screen.refresh()
    assert screen.text()[1] == ""
    now[0] += screen_module.LONGEST_HOLD_S + 0.01
    screen.refresh()
    assert screen.text()[1] == "stuck"


def test_last_lines_reach_into_the_scrollback() -> None:
    screen = screen_of("".join(f"line {i}\r\n\r\n" for i in range(50)))
    assert screen.last_lines(20) == [f"line {i}" for i in range(30, 50)]


def test_ansi_carries_colours_only() -> None:
    screen = screen_of("\x1b]0;t\x07a\x1b[1;31mb\x1b[0mc")
    assert screen.ansi().split("\n")[0] == "a\x1b[0;1;38;5;1mb\x1b[0mc"


def test_the_style_table_begins_anew_when_it_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "STYLES_LIMIT", 50)
    screen = screen_of("")
    for red in range(200):
        screen.feed(f"\x1b[H\x1b[38;2;{red};0;0mx".encode())
        screen.refresh()
        run = screen.row(0)[0]
        assert screen.styles[run[1]] == [f"#{red:02x}0000", None, 0]
    assert len(screen.styles) < 60
    assert screen.styles_epoch > 0


PIECES = st.sampled_from(
    [
        *["a", "word ", "日本", "e\u0301", "\U0001f469\u200d\U0001f467", "\r\n", "\t"],
        *["\b", "\x1b[31m", "\x1b[0m", "\x1b[1;4:3m", "\x1b[38;2;1;2;3m", "\x1b[44m"],
        *["\x1b[K", "\x1b[2J", "\x1b[H", "\x1b[3;5H", "\x1b[?25l", "\x1b]0;title\x07"],
        *["\x1b[?1049h", "\x1b[?1049l", "\x1b[2L", "\x1b[3P", "\x1b[5@", "\x1bM"],
    ]
)


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(PIECES, max_size=30), data=st.data())
def test_every_split_gives_the_same_screen(pieces: Any, data: Any) -> None:
    stream = "".join(pieces).encode()
    whole = screen_of(stream)
    split = Screen(20, 4)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        split.feed(stream[start:end])
        split.refresh()
    assert seen(split) == seen(whole)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.binary(max_size=80)
        | st.tuples(st.integers(2, 60), st.integers(2, 30))
        | PIECES.map(str.encode),
        max_size=15,
    )
)
def test_noise_never_breaks_the_screen(steps: Any) -> None:
    screen = Screen(20, 4)
    for step in steps:
        if isinstance(step, tuple):
            screen.resize(*step)
        else:
            screen.feed(step)
        screen.refresh()
        assert len(screen.rows) == screen.rows_count
        for row in screen.rows:
            assert sum(run[-1] if len(run) == 3 else len(run[0]) for run in row) <= (
                screen.cols
            )
            assert not any(
                ord(c) < 32 or 127 <= ord(c) < 160 for r in row for c in r[0]
            )
            assert all(0 <= run[1] < len(screen.styles) for run in row)
    screen.ansi()
    screen.last_lines(20)
