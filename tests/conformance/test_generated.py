"""Controls in any order look the same in our pane and in tmux.

The normal suite tries the same sequences each time, so that tmux's next oddity
does not fail somebody's change; `AGENTDECK_TEST_EXAMPLES=10000` looks for it.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings

from tests.conformance.generated import COLS, ROWS, SEQUENCES
from tests.conformance.grid import assert_alike
from tests.conformance.pane import PALETTE, Pane
from tests.conformance.tmux import Tmux

pytestmark = pytest.mark.integration

EXAMPLES = int(os.environ.get("AGENTDECK_TEST_EXAMPLES", "200"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="AGENTDECK_TEST_EXAMPLES" not in os.environ,
)
@given(data=SEQUENCES)
def test_any_sequence_of_controls(tmux: Tmux, data: bytes) -> None:
    tmux.clear(COLS, ROWS)
    tmux.feed(data)
    pane = Pane(COLS, ROWS)
    pane.feed(data)
    assert_alike(pane.grid(), tmux.grid(PALETTE))
