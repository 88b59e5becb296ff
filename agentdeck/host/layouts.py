"""How people divided the app's screen, by size of terminal.

The host keeps it, because clients hold no state; what it means is the app's affair.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentdeck.core.errors import UsageError
from agentdeck.host.store import Store

MAX_SIZES = 40
MAX_CHARACTERS = 20_000


class Layouts:
    """The layouts that are kept."""

    def __init__(self, store: Store, saved: Mapping[str, str]) -> None:
        self._store = store
        self.kept: dict[str, Any] = {k: json.loads(v) for k, v in saved.items()}

    async def keep(self, size: str, layout: dict[str, Any]) -> None:
        """Keep a layout for terminals of a size.

        Raises:
            UsageError: If it is too large to be one.
            StoreError: If the disk refuses.
        """
        data = json.dumps(layout)
        if len(data) > MAX_CHARACTERS:
            raise UsageError(f"A layout has at most {MAX_CHARACTERS} characters.")
        self.kept.pop(size, None)
        self.kept[size] = layout
        while len(self.kept) > MAX_SIZES:
            del self.kept[next(iter(self.kept))]
        await self._store.save_layout(size, data, keep=MAX_SIZES)
