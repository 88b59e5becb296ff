"""The main screen's part about reviews by agents: `@` shows and starts them."""

from __future__ import annotations

from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.screens.checking import CheckingScreen
from agentdeck.tui.screens.opening import opens_dialog


class JudgingScreen(CheckingScreen):
    """A screen whose sessions can be reviewed by agents."""

    @opens_dialog
    async def action_show_reviews(self) -> None:
        """Show the reviews of one session; of several, choose who reviews them."""
        from agentdeck.tui.screens.findings import FindingsScreen

        sessions = self.meant_sessions()
        if not sessions:
            return
        if len(sessions) == 1:
            only = sessions[0]
            if only.is_review:
                self._go_to_reviewed(only)
                return
            chosen = await self.app.push_screen_wait(FindingsScreen(self.deck, only))
            if chosen is None:
                return
            what, finding = chosen
            if what == "show":
                self._show_finding(only, finding)
                return
        await self._review_now(sessions)

    def _go_to_reviewed(self, review: Session) -> None:
        if review.reviews in self.deck.store.sessions:
            self.go_to(review.reviews)
        else:
            self.say("What it reviewed is not there any more.")

    def _show_finding(self, session: Session, finding: str) -> None:
        from agentdeck.tui.screens.review import ReviewScreen

        screen = ReviewScreen(self.deck, session)
        screen.wanted_finding = finding
        self.app.push_screen(screen)

    async def _review_now(self, sessions: list[Session]) -> None:
        from agentdeck.tui.screens.review_choice import ReviewChoiceScreen

        repo = sessions[0].repo
        try:
            told = await self.deck.link.call("reviews.list", id=sessions[0].id)
            listed = await self.deck.link.call("agents.list", repo=repo)
        except AgentDeckError as error:
            self.say_error(error, "reviews.list")
            return
        store = self.deck.store
        agents = [a.name for a in store.agents if a.installed and a.name != "command"]
        agents.sort(key=lambda name: name != store.default_agent)
        roles = [str(c["name"]) for c in listed["custom"] if c["name"]]
        what = sessions[0].name if len(sessions) == 1 else f"{len(sessions)} sessions"
        screen = ReviewChoiceScreen(what, told["rules"], agents, roles)
        params = await self.app.push_screen_wait(screen)
        if params is not None:
            await self._start_reviews(sessions, params)

    async def _start_reviews(
        self, sessions: list[Session], params: dict[str, Any]
    ) -> None:
        async def call(meant: list[Session]) -> list[dict[str, Any]]:
            # Who asks for it by hand wants it, also where the same was reviewed.
            return await self.deck.call_many(
                "reviews.start", meant, again=True, **params
            )

        await self._do_to_each(call, sessions, "A review starts of", "reviews.start")
