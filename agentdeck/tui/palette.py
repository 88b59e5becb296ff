"""The command palette's rows, from the registry of actions."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from agentdeck.tui.actions import ANSWER, RECALL, Action, Scope, actions_of, shown_key
from agentdeck.tui.deck import Deck

LEFT_OUT = frozenset(
    {
        ANSWER,
        RECALL,
        "list.down",
        "list.up",
        "list.top",
        "list.end",
        "list.page-down",
        "list.page-up",
        "app.palette",
    }
)
"""What nobody looks for in a palette."""


class ActionProvider(Provider):
    """Offers every action of the screen that is shown, with its key."""

    def _rows(self) -> list[Action]:
        scopes = (Scope.SESSION, Scope.VIEW, Scope.LIST, Scope.APP)
        return [row for row in actions_of(*scopes) if row.id not in LEFT_OUT]

    async def discover(self) -> Hits:
        """Offer all, before anything is typed."""
        for row in self._rows():
            yield DiscoveryHit(row.help, partial(self._run, row), help=self._keys(row))

    async def search(self, query: str) -> Hits:
        """Offer those that match."""
        matcher = self.matcher(query)
        for row in self._rows():
            score = matcher.match(row.help)
            if score > 0:
                shown = matcher.highlight(row.help)
                yield Hit(score, shown, partial(self._run, row), help=self._keys(row))

    async def _run(self, row: Action) -> None:
        target = self.focused or self.screen
        await target.run_action(row.action) if row.scope is Scope.LIST else (
            await self.screen.run_action(row.action)
        )

    def _keys(self, row: Action) -> str:
        deck: Deck = self.app.deck  # type: ignore[attr-defined]  # of our app, not any
        return " ".join(shown_key(key) for key in deck.keymap.keys_of(row))
