"""Keys that were typed before their widget had the keyboard, in their order.

Over a slow line a key that opens something and what is typed into it come in one
piece, and Textual gives all of it to the widget that had the keyboard before. What
that one does not take comes up to the app, which sends it on to where it belongs.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary, WeakSet

from textual import events
from textual.message import Message
from textual.widget import Widget

from agentdeck.tui import compat

CATCH_UP_S = 0.2
"""A widget that goes away takes what is on its way with it; then no more is waited."""


class CaughtUp(Message):
    """It came the way of the keys before it: from their widget up to the app."""


class TypedAhead:
    """Knows for whom each key was when it came."""

    def __init__(self) -> None:
        self._aims: WeakKeyDictionary[events.Key, Widget | None] = WeakKeyDictionary()
        self._sent_on: WeakSet[events.Key] = WeakSet()
        self._on_their_way = 0
        self._last: Widget | None = None
        self._held: list[events.Key] = []

    def holds(self, event: events.Key, focused: Widget | None) -> bool:
        """Keep a key back while those before it are with who had the keyboard then."""
        if self._held:
            self._held.append(event)
            return True
        last, self._last = self._last, focused
        if last is None or last is focused or not last.is_attached:
            return False
        if not last.post_message(CaughtUp()):
            return False
        self._held.append(event)
        return True

    def release(self) -> list[events.Key]:
        """The keys that were held, in their order; they are held no longer."""
        held, self._held = self._held, []
        return held

    def note(self, event: events.Key, focused: Widget | None) -> None:
        """Remember who had the keyboard when a key came."""
        self._aims[event] = self._last = focused

    def send_on(self, event: events.Key, focused: Widget | None) -> bool:
        """Give a key that nobody took to who has the keyboard now, if it was for it.

        A letter always was where a text has the keyboard: a text takes all that it
        is given. So is what comes behind such a key, or it would overtake it.
        """
        if focused is None:
            return False
        is_late = self._aims.get(event, focused) is not focused
        is_text = focused.check_consume_key(event.key, event.character)
        is_behind = self._on_their_way > 0 and event not in self._sent_on
        if not (is_late or is_text or is_behind):
            return False
        again = events.Key(event.key, event.character)
        self._aims[again] = focused
        self._sent_on.add(again)
        self._on_their_way += 1
        compat.give_key(focused, again)
        focused.call_later(self._arrived)
        return True

    def _arrived(self) -> None:
        self._on_their_way -= 1
