"""What happened in a session, moment by moment; each leads to its place in the log."""

from __future__ import annotations

from agentdeck.tui.deck import Change
from agentdeck.tui.log_feed import Feed
from agentdeck.tui.screens.log import LogScreen
from agentdeck.tui.timeline_feed import TimelineFeed


class TimelineScreen(LogScreen):
    """A log of moments; `c` goes from view to view."""

    WHAT = "timeline"
    EMPTY = "Nothing of that happened yet."

    def make_feed(self) -> Feed:
        feed = TimelineFeed(self.deck, self.view, self._show_state)
        self.deck.changed.subscribe(self, lambda change: self._wake(feed, change))
        return feed

    def _wake(self, feed: TimelineFeed, _: Change) -> None:
        feed.news.set()

    def offers(self, action_id: str) -> bool:
        return action_id not in ("log.fold", "log.next-mark", "log.mark-before")

    def action_open_log(self) -> None:
        at = self.view.cursor_time
        self.app.push_screen(LogScreen(self.deck, self._session, at=at))
