"""How people see the list: its view, and the filters that they saved.

The host keeps the view because clients hold no state; what it means is the app's
affair. Saved filters are the host's own, as every client's `@name` means the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from agentdeck.core.errors import UsageError
from agentdeck.core.events import EventKind
from agentdeck.core.saved_filters import (
    SavedFilter,
    filter_from_wire,
    filter_to_wire,
    with_filter,
)
from agentdeck.host.journal import Journal
from agentdeck.host.store import Store

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 20_000


class Listing:
    """The view and the saved filters that are kept."""

    def __init__(
        self, store: Store, journal: Journal, saved: Mapping[str, str]
    ) -> None:
        self._store = store
        self._journal = journal
        self.view: dict[str, Any] = json.loads(saved.get("view") or "{}")
        kept = json.loads(saved.get("filters") or "[]")
        self._filters = tuple(filter_from_wire(each) for each in kept)

    @property
    def queries(self) -> dict[str, str]:
        """The saved queries by name."""
        return {saved.name: saved.query for saved in self._filters}

    def wire(self) -> list[dict[str, Any]]:
        """The saved filters as JSON objects, those with a number key first."""
        return [filter_to_wire(saved) for saved in self._filters]

    async def keep_view(self, view: dict[str, Any]) -> None:
        """Keep how the list is shown.

        Raises:
            UsageError: If it is too large to be that.
            StoreError: If the disk refuses.
        """
        data = json.dumps(view)
        if len(data) > MAX_CHARACTERS:
            raise UsageError(f"A view has at most {MAX_CHARACTERS} characters.")
        self.view = view
        await self._store.save_listing("view", data)

    async def save_filter(self, new: SavedFilter) -> None:
        """Keep a filter.

        Raises:
            UsageError: If its name or its query is none.
            StoreError: If the disk refuses.
        """
        await self._hold(with_filter(self._filters, new))

    async def remove_filter(self, name: str) -> None:
        """Forget a filter.

        Raises:
            UsageError: If none is saved under that name.
            StoreError: If the disk refuses.
        """
        wanted = name.removeprefix("@").casefold()
        left = tuple(f for f in self._filters if f.name.casefold() != wanted)
        if len(left) == len(self._filters):
            raise UsageError(
                f"No filter is saved as {name!r}; `agentdeck filters` lists them."
            )
        await self._hold(left)

    async def _hold(self, filters: tuple[SavedFilter, ...]) -> None:
        data = json.dumps([filter_to_wire(each) for each in filters])
        await self._store.save_listing("filters", data)
        self._filters = filters
        news: dict[str, object] = {"filters": self.wire()}
        self._journal.record(EventKind.FILTERS_CHANGED, news)
