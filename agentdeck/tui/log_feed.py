"""What a log view shows, asked of the host and followed: text, conversation, marks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.moments import MARK_KINDS, marks_for
from agentdeck.rpc.wire import moment_from_wire
from agentdeck.tui.deck import Deck
from agentdeck.tui.log_rows import Item, item_from
from agentdeck.tui.widgets.log_view import LogView

WAIT_S = 20.0
"""How long the host may hold a request for more of a log."""
TYPED_KINDS = frozenset({"prompt", "answered", "created"})
SAME_S = 5.0
"""A mark this close to where something was typed tells of that."""
SAID_KINDS = frozenset({"prompt", "tool", "turn", "answered"})
"""Marks that a conversation says itself, in its own words."""


class Feed(Protocol):
    """What fills a log view."""

    sources: tuple[str, ...]
    """What there is to choose from: conversation, terminal."""
    source: str
    problem: str
    """Why there is nothing more."""
    is_whole: bool
    """Whether all that was there when one came has been read."""

    async def follow(self, session_id: str, source: str | None) -> None:
        """Show all from its begin, and what is added to it, until cancelled."""


class LogFeed:
    """Fills one view with one session's log, and goes on while the session does."""

    def __init__(self, deck: Deck, view: LogView, on_state: Callable[[], None]) -> None:
        self._deck = deck
        self._view = view
        self._on_state = on_state
        self.sources: tuple[str, ...] = ()
        self.source = self.problem = ""
        self.is_whole = False
        self._seen = 0
        """The number of the newest mark."""
        self._typed: list[Item] = []
        """Texts that were typed, until it is known whether a mark tells of them."""

    async def follow(self, session_id: str, source: str | None) -> None:
        """Show a log from its begin, and what is added to it, until cancelled."""
        self._view.clear()
        self.problem, self.is_whole, self._seen = "", False, 0
        self._typed.clear()
        position: str | None = None
        try:
            while True:
                wait_s = WAIT_S if self.is_whole else 0.0
                answer = await self._deck.link.call(
                    "session.text",
                    id=session_id,
                    source=source,
                    position=position,
                    wait_s=wait_s,
                )
                source = self.source = str(answer["source"])
                self.sources = tuple(answer["sources"])
                if answer["reset"]:
                    self._view.clear()
                    self._seen = 0
                position = answer["position"]
                items = self._items(answer["entries"])
                if answer["whole"] or not position:
                    # Marks come last, as text may still come before them.
                    items += await self._marks(session_id)
                    self.is_whole = True
                self._view.add(items)
                self._on_state()
                if answer["end"]:
                    return
                await asyncio.sleep(0)
        except AgentDeckError as error:
            self.problem = error.message
            self._on_state()

    def _items(self, entries: list[dict[str, Any]]) -> list[Item]:
        items: list[Item] = []
        for entry in entries:
            is_typed = entry["kind"] == "prompt" and not entry["text"]
            (self._typed if is_typed else items).append(self._item(entry))
        return items

    def _item(self, entry: dict[str, Any]) -> Item:
        kind, text = str(entry["kind"]), str(entry["text"])
        if kind == "begin":
            text = "its terminal begins"
        elif kind == "end":
            text = f"ended with status {text}" if text else "ended"
        elif kind == "prompt" and not text:
            text = "a text was typed"
        return self._made(kind, text, entry["at"])

    def _made(self, kind: str, text: str, at: float | None) -> Item:
        return item_from(kind, text, at, ascii_only=self._deck.look.glyphs.is_ascii)

    async def _marks(self, session_id: str) -> list[Item]:
        answer = await self._deck.link.call(
            "session.timeline", id=session_id, since=self._seen
        )
        self._seen = max(self._seen, int(answer["newest"]))
        moments = [moment_from_wire(each) for each in answer["moments"]]
        left_out = SAID_KINDS if self.source == "conversation" else frozenset[str]()
        wanted = MARK_KINDS - left_out
        told = [m.at.timestamp() for m in moments if m.kind.value in TYPED_KINDS]
        typed = [
            item
            for item in self._typed
            if not any(abs((item.at or 0.0) - at) < SAME_S for at in told)
        ]
        self._typed.clear()
        return typed + [
            self._made(moment.kind.value, text, moment.at.timestamp())
            for moment, text in marks_for(moments)
            if moment.kind.value in wanted
        ]
