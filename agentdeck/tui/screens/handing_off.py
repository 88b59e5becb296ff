"""What a person does with a session to go on elsewhere: hand it off, follow its links."""

from __future__ import annotations

from agentdeck.core.handoffs import linked_to
from agentdeck.tui.screens.listing import ListingScreen
from agentdeck.tui.screens.opening import opens_dialog


class HandingOffScreen(ListingScreen):
    """A list whose sessions can be continued as others."""

    @opens_dialog
    async def action_hand_off(self) -> None:
        from agentdeck.tui.screens.handoff import HandoffScreen

        session = self.session_at_cursor()
        if session is None:
            return
        went_on = await self.app.push_screen_wait(HandoffScreen(self.deck, session))
        if went_on is not None:
            self.go_to(went_on)

    def action_follow_link(self) -> None:
        """Go to the next of the sessions that were handed off to one another."""
        session = self.session_at_cursor()
        if session is None:
            return
        chain = linked_to(session, self.deck.store.sessions.values())
        if len(chain) < 2:
            self.say(f"{session.name} was not handed off, and continues no session.")
            return
        at = [each.id for each in chain].index(session.id)
        self.go_to(chain[(at + 1) % len(chain)].id)
