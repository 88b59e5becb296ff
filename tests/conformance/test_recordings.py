"""What real programs drew looks the same in our pane and in tmux, at each step."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.grid import assert_alike
from tests.conformance.pane import PALETTE, Pane
from tests.conformance.tmux import Tmux

pytestmark = pytest.mark.integration

DATA = Path(__file__).parents[1] / "data" / "recordings"
RECORDINGS: dict[str, dict[str, Any]] = json.loads(
    (DATA / "recordings.json").read_text()
)


def steps(name: str) -> Iterator[bytes]:
    """What the program wrote at its start, and after each thing that was typed."""
    data = (DATA / f"{name}.out").read_bytes()
    ends = list(itertools.accumulate(RECORDINGS[name]["sizes"]))
    assert ends[-1] == len(data)
    for start, end in itertools.pairwise([0, *ends]):
        yield data[start:end]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_looks_as_in_tmux(tmux: Tmux, name: str) -> None:
    size = RECORDINGS[name]["cols"], RECORDINGS[name]["rows"]
    tmux.clear(*size)
    pane = Pane(*size)
    drawn = 0
    for step in steps(name):
        for terminal in (tmux, pane):
            terminal.feed(step)
        grid = pane.grid()
        assert_alike(grid, tmux.grid(PALETTE))
        drawn = max(drawn, sum(map(bool, grid.text())))
    assert drawn > 5


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_small_and_says_what_it_is_of(name: str) -> None:
    recording = RECORDINGS[name]
    assert recording["program"]
    assert recording["version"]
    assert (DATA / f"{name}.out").stat().st_size < 100_000
