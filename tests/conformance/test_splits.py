"""However output is split, and however often it is shown, the picture is the same."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.cases import COLS, ROWS
from tests.conformance.generated import SEQUENCES
from tests.conformance.pane import Pane

EXAMPLES = int(os.environ.get("AGENTDECK_TEST_EXAMPLES", "150"))
UNICODE = st.lists(
    st.sampled_from(
        [
            "日本",
            "é",
            "́",
            "👩\u200d👧",
            "❤️",
            "🇩🇪",
            "\x1b[2;19H",
            "\x1b[3P",
            "\x1b[?2026h",
            "\r\n",
            "\x1b[?2026l",
            "\x1b[1;31m",
            "\x1b]0;title\x07",
            "\x1b[K",
            "\x1b]52;c;",
        ]
    ),
    max_size=20,
).map(lambda pieces: "".join(pieces).encode() + b"\x1b[?2026l")


@settings(max_examples=EXAMPLES, deadline=None)
@given(raw=SEQUENCES | UNICODE, data=st.data())
def test_every_split_gives_the_same_picture(raw: bytes, data: Any) -> None:
    whole, split = Pane(COLS, ROWS), Pane(COLS, ROWS)
    whole.feed(raw)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        split.feed(raw[start:end])
        split.show()
    assert split.grid() == whole.grid()


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.binary(max_size=200) | st.tuples(st.integers(2, 60), st.integers(2, 30)),
        max_size=15,
    )
)
def test_noise_is_drawn_within_the_pane(steps: Any) -> None:
    pane = Pane(COLS, ROWS)
    for step in steps:
        if isinstance(step, tuple):
            pane.resize(*step)
        else:
            pane.feed(step)
        grid = pane.grid()
        assert len(grid.rows) == pane.screen.rows_count
        assert all(len(row) <= pane.screen.cols for row in grid.rows)
        shown = "".join(grid.text())
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
