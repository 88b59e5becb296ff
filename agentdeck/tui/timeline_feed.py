"""What a timeline shows, asked of the host and followed, one kind of view at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.moments import Moment, MomentKind, said_of
from agentdeck.rpc.wire import moment_from_wire
from agentdeck.tui.deck import Deck
from agentdeck.tui.log_rows import Item, item_from
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.widgets.log_view import LogView

K = MomentKind
MAX_SHOWN = 240
VIEWS: dict[str, frozenset[MomentKind]] = {
    "all": frozenset(MomentKind),
    "talk": frozenset({K.CREATED, K.PROMPT, K.QUESTION, K.ANSWERED, K.TURN}),
    "work": frozenset({K.TOOL, K.COMMIT, K.CHECK, K.MERGED}),
    "status": frozenset({K.CREATED, K.STARTED, K.STATUS, K.MERGED, K.ENDED}),
}
"""What each view of a timeline shows."""


class TimelineFeed:
    """Fills a view with the moments of one session, and goes on as more come."""

    def __init__(self, deck: Deck, view: LogView, on_state: Callable[[], None]) -> None:
        self._deck = deck
        self._view = view
        self._on_state = on_state
        self.sources: tuple[str, ...] = tuple(VIEWS)
        self.source = "all"
        self.problem = ""
        self.is_whole = False
        self.news = asyncio.Event()
        """Set by whoever learns that there may be more."""

    async def follow(self, session_id: str, source: str | None) -> None:
        """Show a timeline from its begin, and what is added to it, until cancelled."""
        self._view.clear()
        self.source = source or "all"
        self.problem, self.is_whole = "", False
        seen = 0
        zone = self._deck.clock().tzinfo
        try:
            while True:
                self.news.clear()
                answer = await self._deck.link.call(
                    "session.timeline", id=session_id, since=seen
                )
                seen = max(seen, int(answer["newest"]))
                moments = [moment_from_wire(each) for each in answer["moments"]]
                shown = VIEWS[self.source]
                self._view.add(
                    [
                        self._item(m, f"{m.at.astimezone(zone):%H:%M:%S}")
                        for m in moments
                        if m.kind in shown
                    ]
                )
                self.is_whole = True
                self._on_state()
                await self.news.wait()
        except AgentDeckError as error:
            self.problem = error.message
            self._on_state()

    def _item(self, moment: Moment, clock: str) -> Item:
        text = cut(one_line(said_of(moment)), MAX_SHOWN)
        return item_from(
            moment.kind.value,
            f"{clock}  {text}",
            moment.at.timestamp(),
            ascii_only=self._deck.look.glyphs.is_ascii,
        )
