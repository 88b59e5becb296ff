"""Why a session has its status."""

from __future__ import annotations

from typing import Any

from textual import work
from textual.content import Content

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.reader import ReaderScreen


class ExplainScreen(ReaderScreen):
    """The evidence behind a status; what is believed is marked."""

    def __init__(self, deck: Deck, session: Session) -> None:
        look = deck.look
        believed = look.glyphs.bar
        super().__init__(
            deck,
            lambda line: (
                look.style("bright", bold=True)
                if line.startswith(believed)
                else look.style("muted")
            ),
        )
        self._session = session

    @property
    def attended(self) -> Attended:
        return Attended(self._session.id, "reading")

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(("why  ", "$primary"), one_line(self._session.title))
        self._load_reasons()

    @work(exclusive=True, group="explain", exit_on_error=False)
    async def _load_reasons(self) -> None:
        try:
            answer = await self.deck.link.call("session.explain", id=self._session.id)
        except AgentDeckError as error:
            self.show_summary(Content.styled(one_line(error.message), "$error"))
            return
        status = " · ".join(
            str(part) for part in (answer.get("phase"), answer.get("activity")) if part
        )
        parts: list[str | tuple[str, str]] = [(one_line(status), "bold")]
        if answer.get("because"):
            parts.append(f", because {one_line(str(answer['because']))}")
        if answer.get("reason"):
            parts.append((f"\n{one_line(str(answer['reason']))}", "$warning"))
        if answer.get("rules"):
            parts.append(
                ("\nRules answer its permissions where one matches.", "$primary")
            )
        for what, word in (("setup", "setup"), ("check", "checks")):
            told = answer.get(what) or {}
            if told.get("state") not in (None, "none"):
                note = f": {told['note']}" if told.get("note") else ""
                parts.append(f"\n{word} {told['state']}{one_line(note)}")
        parts.append("\n")
        self.show_summary(Content.assemble(*parts))
        self.lines.show_lines(
            [self._sign(sign) for sign in answer.get("evidence") or ()]
        )

    def _sign(self, sign: dict[str, Any]) -> str:
        mark = self.deck.look.glyphs.bar if sign.get("believed") else " "
        at = str(sign.get("at") or "")[11:19]
        source, activity = str(sign.get("source")), str(sign.get("activity"))
        detail = one_line(str(sign.get("detail") or ""))
        return f"{mark} {at}  {source:<8} {activity:<12} {detail}"
