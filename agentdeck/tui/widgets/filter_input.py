"""The line in which a filter is typed, with its completion drawn behind the cursor."""

from __future__ import annotations

from collections.abc import Callable

from textual.suggester import Suggester
from textual.widgets import Input

Complete = Callable[[str], str | None]


class _FilterSuggester(Suggester):
    """Asks anew each time, because the sessions and their values change."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return self._complete(value)


class FilterInput(Input):
    """An input that `complete` completes; the right arrow takes what it offers."""

    def __init__(
        self, query: str, complete: Complete, *, id: str | None = None
    ) -> None:
        super().__init__(
            query,
            placeholder="words  s:idle  is:unread  agent:codex  ahead:>3",
            suggester=_FilterSuggester(complete),
            id=id,
            compact=True,
        )
