from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.runner.errors import ProtocolError
from agentdeck.runner.protocol import MAX_FRAME_BYTES, Decoder, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
MESSAGES = st.lists(st.dictionaries(st.text(), VALUES), max_size=5)


@given(MESSAGES, st.data())
def test_every_split_of_a_stream_gives_the_same_messages(
    messages: Any, data: Any
) -> None:
    stream = b"".join(map(encode, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Decoder()
    decoded = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        decoded += decoder.feed(stream[start:end])
    assert decoded == messages


def test_a_lone_surrogate_does_not_stop_a_frame() -> None:
    assert Decoder().feed(encode({"text": "a\udc80b"})) == [{"text": "a?b"}]


@pytest.mark.parametrize(
    "stream",
    [
        struct.pack(">I", MAX_FRAME_BYTES + 1),
        struct.pack(">I", 3) + b"{]}",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 2) + b"\xff\xfe",
        struct.pack(">I", 100_000) + b"[" * 100_000,
    ],
    ids=["too long", "not JSON", "not an object", "not UTF-8", "too deep"],
)
def test_what_is_not_a_frame_is_refused(stream: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder().feed(stream)


def test_a_message_over_the_limit_is_refused() -> None:
    with pytest.raises(ProtocolError, match="over the limit"):
        encode({"text": "x" * MAX_FRAME_BYTES})
