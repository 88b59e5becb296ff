"""Rows and terminal rows: exact widths, whatever text comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.strip import Strip

from agentdeck.core.checks import CheckState
from agentdeck.core.session import Session
from agentdeck.tui.look import look_from
from agentdeck.tui.printable import age, cut, one_line
from agentdeck.tui.widgets.session_row import RowPainter, RowState
from agentdeck.tui.widgets.terminal import palette_of
from agentdeck.tui.widgets.terminal_buffer import TerminalBuffer
from tests.fakes.fake_client import NOW, a_frame, a_session
from tests.tui.scenes import few, hostile, merged, permission, working

LOOK = look_from({}, dark=True, ascii_only=False)
PLAIN = look_from({}, dark=True, ascii_only=True)


def is_drawable(text: str) -> bool:
    return all(c == " " or c.isprintable() for c in text)


@pytest.mark.parametrize("session", few() + hostile(), ids=lambda s: s.name)
@pytest.mark.parametrize("height", [1, 2])
def test_a_row_fills_its_width_exactly(session: Session, height: int) -> None:
    for width in (1, 5, 12, 20, 24, 30, 34, 45, 60, 64, 100, 200):
        for look in (LOOK, PLAIN):
            strips = RowPainter(look, width).row(session, RowState(), NOW, height)
            assert len(strips) == height
            for strip in strips:
                assert strip.cell_length == cell_len(strip.text) == width
                assert is_drawable(strip.text)
                assert look is LOOK or strip.text.isascii()


@settings(max_examples=300, deadline=None)
@given(title=st.text(max_size=80), line=st.text(max_size=80), width=st.integers(1, 120))
def test_any_text_fits_any_width(title: str, line: str, width: int) -> None:
    session = a_session("any", title=title, last_line=line)
    for strip in RowPainter(LOOK, width).row(session, RowState(), NOW, 2):
        assert cell_len(strip.text) == width
        assert "\x1b" not in strip.text


def text_of(session: Session, width: int, height: int = 2) -> str:
    strips = RowPainter(LOOK, width).row(session, RowState(), NOW, height)
    return "\n".join(strip.text for strip in strips)


def test_columns_give_way_in_order() -> None:
    wide = text_of(working(), 110)
    parts = ("orchard", "bulk-discounts", "claude", "working", "↑3 ↓1", "+212", "now")
    assert all(part in wide for part in parts)
    broad = text_of(working(), 90)
    assert "orchard" not in broad
    assert "bulk-discounts" in broad
    middle = text_of(working(), 60)
    assert "bulk-discounts" not in middle
    assert "working" in middle
    assert "claude" in middle
    slot = text_of(working(), 45)
    assert "working" not in slot
    assert "claude" in slot
    assert "↑3 ↓1" in slot
    narrow = text_of(working(), 32)
    assert "claude" not in narrow
    assert "↑3" not in narrow
    assert "+212" in narrow
    assert "now" in narrow
    slim = text_of(working(), 26)
    assert "+212" not in slim
    assert "now" in slim
    assert "now" not in text_of(working(), 22)


def test_what_is_asked_is_in_the_row_even_when_it_has_one_line() -> None:
    assert "Allow Bash" in text_of(permission(), 45)
    assert "Allow Bash" in text_of(permission(), 90, height=1)


@pytest.mark.parametrize("width", [45, 80, 120])
@pytest.mark.parametrize("height", [1, 2])
def test_how_the_checks_stand_is_beside_the_title(width: int, height: int) -> None:
    signs = {}
    for check in CheckState:
        session = a_session("x", title="Title", check=check, queued=("go on",))
        line = text_of(session, width, height).splitlines()[0]
        signs[check] = line[line.index("Title") :].split()[1:3]
    assert signs[CheckState.PASSED] == ["»1", "✓"]
    assert signs[CheckState.FAILED] == ["»1", "✗"]
    assert signs[CheckState.STALE] == ["»1", "?"]
    assert signs[CheckState.RUNNING] == ["»1", "◌"]
    assert signs[CheckState.NONE][0] == "»1"


def test_shapes_alone_tell_the_states_apart() -> None:
    glyphs = {text_of(session, 45)[2] for session in few()}
    assert len(glyphs) >= 6
    assert "merged" in text_of(merged(), 45)


def test_ages() -> None:
    assert age(NOW, NOW) == "now"
    assert age(a_session("x", age_s=59).updated_at, NOW) == "59s"
    assert age(a_session("x", age_s=3599).updated_at, NOW) == "59m"
    assert age(a_session("x", age_s=86_400 * 5).updated_at, NOW) == "5d"


def test_one_line_has_no_way_out_of_its_cell() -> None:
    assert one_line("a\x1b]52;c;x\x07\u202eb\nc") == "a\ufffd]52;c;x\ufffd\ufffdb c"
    assert cut("日本語", 4) == "日…"


def a_buffer() -> TerminalBuffer:
    return TerminalBuffer(palette_of(LOOK))


def test_only_changed_rows_are_drawn_again() -> None:
    buffer = a_buffer()
    assert buffer.apply(a_frame("one", "two", cursor=[0, 0, False, 0])) is None
    one, two = buffer.row(0), buffer.row(1)
    frame = a_frame(n=2, full=False, rows_changed={"1": [["TWO", 0]]}, styles=[])
    frame |= {"cursor": [0, 0, False, 0], "styles_from": 1}
    assert buffer.apply(frame) == {1}
    assert buffer.row(0) is one
    assert buffer.row(1) is not two
    assert buffer.row(1).text == "TWO"


def test_styles_grow_and_a_full_frame_begins_anew() -> None:
    buffer = a_buffer()
    buffer.apply(a_frame("one"))
    more = a_frame(n=2, full=False, styles=[["#ff0000", None, 1]], styles_from=1)
    buffer.apply(more | {"rows_changed": {"0": [["red", 1]]}})
    style = next(iter(buffer.row(0))).style
    assert style is not None
    assert style.bold
    assert style.color is not None
    assert style.color.name == "#ff0000"
    buffer.apply(a_frame("new", n=3))
    assert buffer.row(0).text == "new"


def test_a_run_takes_its_cells_whatever_its_text() -> None:
    buffer = a_buffer()
    rows = {"0": [["日本", 0, 4], ["\x1b\x07", 0], ["👩‍👧", 0, 2], ["x", 0]]}
    buffer.apply(a_frame() | {"rows_changed": rows})
    strip = buffer.row(0)
    assert strip.cell_length == cell_len(strip.text) == 9
    assert "\x1b" not in strip.text
    assert strip.text.endswith("x")


def test_the_cursor_is_laid_over_the_row_and_past_its_end() -> None:
    buffer = a_buffer()
    buffer.apply(a_frame("ab", cursor=[5, 0, True, 0]))
    strip = buffer.row_with_cursor(0, focused=True)
    assert strip.cell_length == 6
    assert is_reversed_at(strip, 5)
    buffer.apply(
        a_frame("日本", cursor=[2, 0, True, 0])
        | {"rows_changed": {"0": [["日本", 0, 4]]}}
    )
    strip = buffer.row_with_cursor(0, focused=True)
    assert strip.text == "日本"
    assert is_reversed_at(strip, 2)


def is_reversed_at(strip: Strip, x: int) -> bool:
    segment = next(iter(strip.crop(x, x + 1)))
    return segment.style is not None and bool(segment.style.reverse)


def test_a_small_pane_shows_the_part_with_the_cursor() -> None:
    buffer = a_buffer()
    buffer.apply(a_frame("top", cursor=[70, 20, True, 0]))
    assert buffer.origin(40, 10) == (31, 11)
    assert buffer.origin(80, 24) == (0, 0)
    buffer.apply(a_frame("top", cursor=[0, 2, True, 0]))
    assert buffer.origin(40, 10) == (0, 0)


def test_a_larger_screen_without_a_cursor_shows_where_its_last_text_is() -> None:
    buffer = a_buffer()
    rows: dict[str, list[object]] = {str(y): [] for y in range(36)}
    rows["3"] = [["text", 0]]
    frame = {"cols": 80, "rows": 36, "full": True, "rows_changed": rows}
    buffer.apply({**frame, "cursor": [0, 4, False, "block"]})
    assert buffer.origin(80, 25) == (0, 0)
    buffer.apply({**frame, "rows_changed": {**rows, "30": [["text", 0]]}})
    assert buffer.origin(80, 25) == (0, 6)
