"""The part of the review screen about what reviewing agents found."""

from __future__ import annotations

from typing import Any

from textual import work

from agentdeck.core.findings import FindingState, Kept
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.review_notes import ReviewNotes


class ReviewFindings(ReviewNotes):
    """Findings on the diff: going to them, sending them, dismissing them."""

    wanted_finding = ""
    """The finding to go to as soon as it is shown."""

    @property
    def findings(self) -> list[Kept]:
        """The findings of the session, as they were read last."""
        every = (each.finding for said in self.model.said.values() for each in said)
        return [finding for finding in every if finding is not None]

    def _finding_meant(self) -> Kept | None:
        said = self._comment_at_cursor()
        finding = said.finding if said is not None else None
        if finding is None:
            self.say("No finding is under the cursor; `f` goes to the next.")
        return finding

    def go_to_finding(self, finding_id: str) -> bool:
        """Put the cursor on a finding; says whether it is shown."""
        wanted = f"finding-{finding_id}"
        for y in range(self.model.row_count):
            if self.model.at(y)[1].comment == wanted:
                self.view.show_around(y)
                return True
        return False

    def show_wanted_finding(self) -> None:
        """Go to the finding that the review was opened for, once it is there."""
        if self.wanted_finding and self.go_to_finding(self.wanted_finding):
            self.wanted_finding = ""

    def action_to_finding(self, by: int) -> None:
        found = self.view.next_said(by, are_findings=True)
        if found is None:
            self.say("No further finding in what is open.")
        else:
            self.view.show_around(found)

    @work(group="dialog", exit_on_error=False)
    async def action_dismiss_finding(self) -> None:
        finding = self._finding_meant()
        if finding is not None:
            await self._dismiss(finding)

    @work(group="dialog", exit_on_error=False)
    async def action_resolve(self) -> None:
        said = self._comment_meant()
        if said is None:
            return
        if said.finding is not None:
            await self._dismiss(said.finding)
        else:
            await self._edit(said, is_resolved=not said.comment.is_resolved)

    async def _dismiss(self, finding: Kept) -> None:
        from agentdeck.tui.screens.naming import NameScreen

        asked: dict[str, Any] = {"id": self.session.id, "findings": [finding.id]}
        if finding.state is FindingState.DISMISSED:
            if await self._call("findings.reopen", **asked) is not None:
                self.load_comments()
            return
        title = f"Dismiss: {one_line(finding.finding.message)}"
        screen = NameScreen(title[:60], "", "Why it needs nothing")
        reason = await self.app.push_screen_wait(screen)
        if reason and await self._call("findings.dismiss", **asked, reason=reason):
            self.load_comments()

    @work(group="dialog", exit_on_error=False)
    async def action_send_findings(self) -> None:
        await self.send("findings.send", "findings", None)

    @work(group="dialog", exit_on_error=False)
    async def action_send_finding(self) -> None:
        finding = self._finding_meant()
        if finding is not None:
            await self.send("findings.send", "findings", [finding.id])
