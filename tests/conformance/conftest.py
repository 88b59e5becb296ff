"""A tmux for the module's tests, or a plain reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.conformance.tmux import Tmux


@pytest.fixture(scope="module")
def tmux() -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed, so there is nothing to compare with")
    made = Tmux(20, 6)
    try:
        yield made
    finally:
        made.close()
