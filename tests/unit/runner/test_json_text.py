from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentdeck.runner.json_text import escaped

LINE = b"a line of a log, as agents write them, and long enough to be mostly plain\r\n"
RARE = st.lists(
    st.sampled_from([LINE, b'"', b"\\", b"\\n", b"\x1b", b"\x00", b"\x7f", b"\t"]),
    max_size=30,
).map(b"".join)
DENSE = st.binary(max_size=80)
TEXT = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))


@settings(max_examples=400)
@given(st.one_of(RARE, DENSE, TEXT, st.tuples(RARE, DENSE, RARE).map(b"".join)))
def test_it_is_what_json_itself_would_write(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert b'"%b"' % escaped(data) == json.dumps(text).encode("ascii")
    assert escaped(memoryview(data)) == escaped(data)


@pytest.mark.parametrize("byte", range(256))
def test_each_byte_among_plain_text_comes_back(byte: int) -> None:
    data = LINE * 10 + bytes([byte]) + LINE * 10
    back = json.loads(b'"%b"' % escaped(data))
    assert back.encode("utf-8", "surrogateescape") == data
