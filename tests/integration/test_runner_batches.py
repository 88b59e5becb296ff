"""An agent that redraws in batches at full speed is never shown half drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agentdeck.tui.widgets.terminal_buffer import TerminalBuffer
from agentdeck.tui.widgets.terminal_palette import palette_for
from tests.integration.test_runner_harness import Connection, Harness, harness

pytestmark = pytest.mark.integration

FRAMES = 40
ROWS = 24
BEGIN, END = "\\x1b[?2026h", "\\x1b[?2026l"
DRAWING = """
import itertools, os
def whole(data):
    while data:
        data = data[os.write(1, data):]
for n in itertools.count():
    text = f"picture {n} "
    rows = "".join(f"\\x1b[{y};1H\\x1b[3{n % 8}m{text}\\x1b[K" for y in range(1, 25))
    whole(PIECES)
"""
ALWAYS_OPEN = f"(rows + '{END}{BEGIN}').encode()"
IN_SMALL_WRITES = (
    f"b'{BEGIN}'); whole(rows[:300].encode()); whole((rows[300:] + '{END}').encode()"
)


@pytest.fixture
def runners() -> Iterator[Harness]:
    with harness() as running:
        yield running


def frames(connection: Connection) -> Iterator[dict[str, Any]]:
    """The frames as they come, each acknowledged at once."""
    connection.send(t="subscribe")
    while True:
        frame = connection.expect(lambda m: m.get("t") == "frame", "a frame")
        yield frame
        connection.send(t="ack", n=frame["n"])


@pytest.mark.parametrize(
    "pieces", [ALWAYS_OPEN, IN_SMALL_WRITES], ids=["always open", "in small writes"]
)
def test_no_half_drawn_frame_is_sent(runners: Harness, pieces: str) -> None:
    started = runners.python(DRAWING.replace("PIECES", pieces))
    palette = palette_for(dark=True, foreground="#ffffff", background="#000000")
    buffer = TerminalBuffer(palette)
    seen: list[str] = []
    for frame in frames(started.connect()):
        buffer.apply(frame)
        shown = {buffer.row(y).text for y in range(ROWS)}
        assert len(shown) == 1, sorted(shown)
        seen.append(shown.pop())
        if len(set(seen)) > FRAMES:
            break
