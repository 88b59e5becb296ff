"""Why a session has its status, and what its agent printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import work
from textual.content import Content

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.reader import ReaderScreen

WAIT_S = 20.0
"""How long the host may hold a request for more of a log."""


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


class LogScreen(ReaderScreen):
    """All that the agent printed, as plain text, and what it prints from now on."""

    def __init__(self, deck: Deck, session: Session, rows: Sequence[str] = ()) -> None:
        """Make the screen.

        Args:
            deck: What the app hands to its screens.
            session: Whose log.
            rows: Rows of the pane above which to begin to read; none for the end.
        """
        super().__init__(deck, lambda line: deck.look.style("text"))
        self._session = session
        self._above_rows = rows

    def on_mount(self) -> None:
        super().on_mount()
        self.show_title(("log  ", "$primary"), one_line(self._session.title))
        self._follow_log()

    @work(exclusive=True, group="log", exit_on_error=False)
    async def _follow_log(self) -> None:
        position: str | None = None
        rest = ""
        is_over = False
        while not is_over:
            wait_s = WAIT_S if position is not None else 0.0
            try:
                answer = await self.deck.link.call(
                    "session.logs",
                    id=self._session.id,
                    position=position,
                    wait_s=wait_s,
                )
            except AgentDeckError as error:
                self.show_summary(Content.styled(one_line(error.message), "$error"))
                return
            is_first, position = position is None, answer["position"]
            is_over = bool(answer["end"])
            *lines, rest = (rest + str(answer["data"])).split("\n")
            if is_over and rest:
                lines.append(rest)
            lines = [line.rstrip("\r") for line in lines]
            self.lines.add_lines(lines)
            if is_first:
                self._go_to_begin(lines)

    def _go_to_begin(self, lines: list[str]) -> None:
        at = line_like(lines, self._above_rows)
        if at is None:
            self.lines.scroll_end(animate=False, force=True)
        else:
            y = max(0, at - self.lines.size.height + 1)
            # The lines that were added go to the end first.
            self.call_after_refresh(
                self.lines.scroll_to, y=y, animate=False, force=True
            )


def line_like(lines: Sequence[str], rows: Sequence[str]) -> int | None:
    """The last line at which the rows of a pane begin, as well as that can be told.

    Rows may be wrapped lines, so each is looked for within a line.
    """
    wanted = [row.strip() for row in rows if row.strip()][:3]
    for count in range(len(wanted), 0, -1):
        for at in range(len(lines) - count, -1, -1):
            if all(wanted[n] in lines[at + n] for n in range(count)):
                return at
    return None
