from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deck import Deck


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    """An AgentDeck of its own; nothing of it may be left afterwards."""
    made = Deck(tmp_path)
    yield made
    made.close()
