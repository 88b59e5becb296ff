"""Running checks from the list, and looking at what they and the setup printed.

Screens are imported when they open, so that the first paint does not wait for them.
"""

from __future__ import annotations

from typing import Any, Literal

from textual import work

from agentdeck.core.checks import CheckState
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.screens.dealing import DealingScreen

_TO_SHOW = (CheckState.RUNNING, CheckState.PASSED, CheckState.FAILED)


class CheckingScreen(DealingScreen):
    """A screen whose sessions can be checked."""

    @work(group="dialog", exit_on_error=False)
    async def action_run_checks(self) -> None:
        """Show the checks of one session, begun first where there is no result."""
        sessions = self.meant_sessions()
        only = sessions[0] if len(sessions) == 1 else None
        if only is not None and only.check in _TO_SHOW:
            self._show_output(only, "check")
            return
        try:
            if await self._all_asked(sessions):
                await self._begin_checks(sessions)
        except AgentDeckError as error:
            self.say_error(error, "session.check")

    def action_show_setup(self) -> None:
        session = self.session_at_cursor()
        if session is not None:
            self._show_output(session, "setup")

    async def _all_asked(self, sessions: list[Session]) -> bool:
        from agentdeck.tui.screens.trust import trusted_or_asked

        for repo in dict.fromkeys(session.repo for session in sessions):
            if await trusted_or_asked(self.app, self.deck, repo) is None:
                return False
        return bool(sessions)

    async def _begin_checks(self, sessions: list[Session]) -> None:
        begun: list[dict[str, Any]] = []

        async def call(meant: list[Session]) -> list[dict[str, Any]]:
            results = await self.deck.call_many("session.check", meant)
            begun.extend(result for result in results if result["ok"])
            return results

        said = "Checking" if len(sessions) > 1 else ""
        await self._do_to_each(call, sessions, said, "session.check")
        if len(sessions) == 1 and begun:
            self._show_output(sessions[0], "check")

    def _show_output(self, session: Session, kind: Literal["check", "setup"]) -> None:
        from agentdeck.tui.screens.output import OutputScreen

        self.app.push_screen(OutputScreen(self.deck, session, kind))
