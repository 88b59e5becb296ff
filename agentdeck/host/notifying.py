"""Tells a person who has no AgentDeck open that somebody needs them.

By any URL that apprise knows, as an extra. What came within a moment is one message;
a session that somebody looks at, and one that needs nobody any more, is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from agentdeck.config.settings import NotifySettings
from agentdeck.core.calling import is_quiet, quiet_hours, words_of
from agentdeck.core.session import Session
from agentdeck.host.sessions import Sessions

logger = logging.getLogger(__name__)

TITLE = "AgentDeck"


class Notifier:
    """Coalesces what became needed, and sends it."""

    def __init__(
        self,
        sessions: Sessions,
        settings: NotifySettings,
        is_looked_at: Callable[[str], bool],
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._is_looked_at = is_looked_at
        self._hours = quiet_hours(settings.quiet)
        self._pending: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_problem: Callable[[str], None] = lambda _: None
        """Called with a sentence when nothing can be sent."""

    def consider(self, session: Session) -> None:
        """A session began to do something else; if it needs a person, say so soon."""
        if not self._settings.urls or not session.needs_attention:
            return
        self._pending.add(session.id)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settings.coalesce_s, self._due)

    def say(self, text: str) -> None:
        """Tell of something that is no session's, unless it is a quiet hour."""
        now = datetime.now().astimezone().time()
        if self._settings.urls and not is_quiet(now, self._hours):
            self._begin_sending(text)

    async def close(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _due(self) -> None:
        self._timer = None
        waiting, self._pending = self._pending, set()
        found = [self._sessions.find(each) for each in sorted(waiting)]
        calling = [
            session
            for session in found
            if session is not None
            and session.needs_attention
            and not self._is_looked_at(session.id)
        ]
        if not calling or is_quiet(datetime.now().astimezone().time(), self._hours):
            return
        self._begin_sending(words_of(calling))

    def _begin_sending(self, text: str) -> None:
        task = asyncio.create_task(self._send(text), name="notify")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, text: str) -> None:
        problem = await asyncio.to_thread(_send_by_apprise, self._settings.urls, text)
        if problem:
            logger.warning("not_notified: %s", problem)
            self.on_problem(problem)


def _send_by_apprise(urls: list[str], text: str) -> str:
    try:
        import apprise
    except ImportError:
        return (
            "notify.urls is set, but apprise is not installed. Install "
            "agentdeck[notify], or take the setting away."
        )
    sender = apprise.Apprise()
    wrong = sum(not sender.add(url) for url in urls)
    if wrong:
        return f"{wrong} of the URLs in notify.urls mean nothing to apprise."
    if not sender.notify(title=TITLE, body=text):
        return "A notification could not be sent to all URLs in notify.urls."
    return ""
