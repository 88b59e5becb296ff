from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.runner.plain_text import to_plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nb\n", "a\nb\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "textlink"),
        ("working...\rdone\x1b[K", "done"),
        ("abc\rX", "Xbc"),
        ("ab\b\bX", "Xb"),
        ("\x1bPq#0~~\x1b\\after", "after"),
        ("\x1b(Bplain\x07", "plain"),
        ("cut \x1b[3", "cut 3"),
        ("a\x00b", "ab"),
        ("bad \udc80 byte", "bad \udc80 byte"),
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert to_plain_text(text) == plain


@given(st.text(alphabet="\x1b[]0;mK\r\b\n\x07\x9bPX_ab\\\x00"))
def test_no_control_character_is_left(text: str) -> None:
    assert not any(ord(c) < 32 and c not in "\n\t" for c in to_plain_text(text))


@pytest.mark.parametrize(
    "unit", ["\x1b]", "\x1bP", "\x1b[", "a\r", "\x1b[0m", "\b", "\x1b"]
)
def test_the_time_is_linear(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count
        started = time.process_time()
        to_plain_text(text)
        return time.process_time() - started

    seconds(1000)
    assert seconds(160_000) < 2.0
