"""Earlier prompts, walked through with what is being written as the newest."""

from __future__ import annotations

from collections.abc import Sequence


class History:
    """A place among earlier prompts, the newest first; before them stands the draft."""

    def __init__(self) -> None:
        self._prompts: tuple[str, ...] = ()
        self._added: tuple[str, ...] = ()
        self._at = -1
        self._unsent = ""

    def learn(self, prompts: Sequence[str]) -> None:
        """Have these earlier prompts."""
        self._prompts = tuple(dict.fromkeys((*self._added, *prompts)))
        self._at = min(self._at, len(self._prompts) - 1)

    def add(self, prompt: str) -> None:
        """Have one more that the host does not know, as the newest."""
        self._added = (prompt, *self._added)
        self.learn(self._prompts)

    def rewind(self) -> None:
        """Stand before the newest again."""
        self._at = -1

    def step(self, by: int, written: str) -> str | None:
        """The prompt some steps older; None where there is no other.

        Args:
            by: How many steps back, negative for newer ones.
            written: What stands there now; kept while it is the draft.
        """
        wanted = min(max(self._at + by, -1), len(self._prompts) - 1)
        if wanted == self._at:
            return None
        if self._at == -1:
            self._unsent = written
        self._at = wanted
        return self._unsent if wanted == -1 else self._prompts[wanted]
