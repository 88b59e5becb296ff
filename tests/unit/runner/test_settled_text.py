"""A terminal's output as lines to read: each once, and nothing that only flickers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.settled_text import SettledText, readable

DATA = Path(__file__).parents[2] / "data" / "recordings"
RECORDINGS = json.loads((DATA / "recordings.json").read_text())


def said_by(text: SettledText, *pieces: bytes) -> list[str]:
    """What is said of pieces that each stood for a while."""
    out: list[str] = []
    for piece in pieces:
        out += text.feed(piece)
        out += text.sample(is_still=True)
    return out + text.finish()


WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=70)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(WORDS, max_size=60),
    st.lists(st.integers(0, 3000), max_size=8),
    st.lists(st.tuples(st.integers(10, 90), st.integers(2, 20)), max_size=3),
    st.booleans(),
)
def test_plain_lines_are_said_once_and_in_order(
    words: list[str], cuts: list[int], sizes: list[tuple[int, int]], is_still: bool
) -> None:
    lines = [f"{number}:{word}" for number, word in enumerate(words)]
    data = "".join(f"{line}\r\n" for line in lines).encode()
    text = SettledText(40, 10)
    out: list[str] = []
    places = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    start, left = 0, list(sizes)
    for cut in places:
        # In another size the cursor would stand elsewhere in a line that was wrapped.
        place = cut + (data[cut - 1 : cut + 1] == b"\r\n")
        out += text.feed(data[start:place])
        start = place
        out += text.sample(is_still=is_still)
        if left:
            text.resize(*left.pop())
    out += text.finish()
    assert out == lines


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 2000))
def test_noise_does_no_harm(noise: bytes, cut: int) -> None:
    text = SettledText(20, 5)
    for line in said_by(text, noise[:cut], noise[cut:]):
        assert line.isprintable() or not line.isascii()
        assert len(line.splitlines()) <= 1


def test_a_flood_is_said_whole_though_the_screen_is_small() -> None:
    lines = [f"line {number}" for number in range(30_000)]
    text = SettledText(80, 24)
    out = text.feed("\r\n".join(lines).encode())
    assert out + text.finish() == lines


def test_a_line_is_said_while_others_go_on_changing() -> None:
    text = SettledText(40, 6)
    out = text.feed(b"stays\r\n")
    for number in range(3):
        out += text.feed(f"\r\x1b[Kspin {'abc'[number]}".encode())
        out += text.sample(is_still=False)
    assert out == ["stays"]


def test_a_counter_in_place_is_said_as_it_began_and_as_it_ended() -> None:
    text = SettledText(40, 3)
    out: list[str] = []
    for percent in (10, 20, 55, 100):
        out += text.feed(f"\rdone {percent} %".encode())
        out += text.sample(is_still=True, with_cursor=True)
    out += text.feed(b"\r\na\r\nb\r\nc\r\n") + text.finish()
    assert out == ["done 10 %", "done 100 %", "a", "b", "c"]


def test_what_is_drawn_again_in_another_size_is_not_said_twice() -> None:
    lines = [f"answer {number}" for number in range(30)]
    whole = "\r\n".join(lines).encode()
    text = SettledText(60, 10)
    out = text.feed(whole) + text.sample(is_still=True)
    text.resize(40, 12)
    out += text.feed(b"\x1b[2J\x1b[3J\x1b[H" + whole + b"\r\nnew")
    out += text.sample(is_still=True) + text.finish()
    assert out == [*lines, "new"]


def test_a_list_that_scrolls_on_the_alternate_screen_is_said_once() -> None:
    text = SettledText(30, 5)
    out = text.feed(b"before\r\n\x1b[?1049h")
    for top in range(8):
        rows = "\r\n".join(f"item {chr(97 + top + n)}" for n in range(5))
        out += text.feed(b"\x1b[H\x1b[2J" + rows.encode())
        out += text.sample(is_still=True, with_cursor=True)
    out += text.feed(b"\x1b[?1049lafter\r\n") + text.finish()
    items = [f"item {chr(97 + number)}" for number in range(12)]
    assert out == [*items, "before", "after"]


def test_an_input_line_is_said_when_it_is_left() -> None:
    text = SettledText(40, 10)
    out = text.feed(b"$ ec") + text.sample(is_still=True)
    out += text.feed(b"ho hi") + text.sample(is_still=True)
    assert out == []
    out = text.feed(b"\r\nhi\r\n") + text.sample(is_still=True)
    assert out == ["$ echo hi", "hi"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("plain │ text", "plain │ text"),
        ("╭────────╮", ""),
        ("│ hello   │", "  hello"),
        ("⠋ ⣾", ""),
        ("── title ──", "── title ──"),
        ("-----", "-----"),
        ("", ""),
    ],
)
def test_frames_are_left_out(row: str, expected: str) -> None:
    assert readable(row) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude", "Failed to connect to api.anthropic.com: ECONNREFUSED"),
        ("codex", "Welcome to Codex, OpenAI's command-line coding agent"),
        ("opencode", "Ask anything"),
        ("vim", "import re"),
        ("htop", "F10Quit"),
        ("less", ""),
        ("nano", ""),
    ],
)
def test_what_real_programs_drew_can_be_read(name: str, expected: str) -> None:
    about = RECORDINGS[name]
    data = (DATA / f"{name}.out").read_bytes()
    pieces, at = [], 0
    for size in about["sizes"]:
        pieces.append(data[at : at + size])
        at += size
    lines = said_by(SettledText(about["cols"], about["rows"]), *pieces)
    assert any(expected in line for line in lines)
    assert not any("\x1b" in line or "\r" in line for line in lines)
    drawn = sum(map(len, lines))
    assert 0 < drawn < len(data)
    # What only moved or was drawn again is not there again and again.
    longest = max(lines, key=len)
    assert lines.count(longest) <= 2
