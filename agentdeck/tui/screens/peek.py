"""The peek panel: what a session asks or did last, answered without opening it.

It lies over the lower part of the screen; the list stays in sight and its cursor
follows. Answers name the question that is shown here, so that one which comes too
late is refused by the host instead of answering something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Activity, Needs, Phase, Session
from agentdeck.tui.actions import Scope, bindings_for, choice_keys
from agentdeck.tui.attention import Attended
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.recaps import recap_of
from agentdeck.tui.row_words import status_of
from agentdeck.tui.screens.answers import shown

OUTPUT_LINES = 8
YES_NO = frozenset({"permission", "plan", "trust"})


class PeekScreen(ModalScreen[None]):
    """One session at a glance; the arrows go to the next without closing."""

    CSS_PATH = "peek.tcss"
    AUTO_FOCUS = ""
    """Nothing has the focus, so that a digit is a choice and not a letter."""
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.PEEK)

    def __init__(
        self,
        deck: Deck,
        order: Sequence[str],
        start: str,
        go_to: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._deck = deck
        self._order = list(order)
        self._session_id = start
        self._go_to = go_to
        self._said = ""
        self._asked: object = None
        self._seen: Session | None = None

    @property
    def attended(self) -> Attended:
        return Attended(self._session_id, "answering")

    def compose(self) -> ComposeResult:
        with Vertical(id="peek"):
            yield Static(id="peek-recap", markup=False)
            yield Static(id="peek-question", markup=False)
            yield Static(id="peek-choices", markup=False)
            yield Static(id="peek-output", markup=False)
            yield Static(id="peek-said", markup=False)
            with Horizontal(id="peek-reply-row"):
                yield Static(Content("reply "), id="peek-reply-sign")
                yield Input(id="peek-reply", compact=True)

    def on_mount(self) -> None:
        self.set_class(self._deck.look.glyphs.is_ascii, "-ascii")
        self._deck.changed.subscribe(self, self._take_change)
        self._show()

    @property
    def session(self) -> Session | None:
        """The session that is shown."""
        return self._deck.store.sessions.get(self._session_id)

    def _take_change(self, _: Change) -> None:
        # Of thirty agents at work each prints; only this one's screen is asked for.
        if self.session is not self._seen:
            self._show()

    def _show(self) -> None:
        self._seen = session = self.session
        if session is None:
            self.dismiss(None)
            return
        self._show_title(session)
        needs = session.needs if session.needs_attention else None
        asked = (session.id, session.needs_since)
        if asked != self._asked:
            self._asked = asked
            if needs is not None:
                self._say("")
        self._show_needs(session, needs)
        self._read_output(session)
        self._read_recap(session)

    def _show_title(self, session: Session) -> None:
        ascii_only = self._deck.look.glyphs.is_ascii
        status = status_of(session, self._deck.look.glyphs)
        panel = self.query_one("#peek")
        panel.border_title = Content.assemble(
            (one_line(session.title or session.name, ascii_only=ascii_only), "bold"),
            f"  {status.glyph} {status.word}",
        )
        panel.border_subtitle = Content(self._hints(session))

    def _hints(self, session: Session) -> str:
        needs = session.needs if session.needs_attention else None
        glyphs = self._deck.look.glyphs
        parts: list[str] = []
        if needs is not None and needs.choices:
            parts.append(f"{choice_keys(len(needs.choices))} choose")
        if needs is not None and needs.kind.value in YES_NO:
            parts += ["y approve", "D deny"]
        if session.phase is Phase.RUNNING:
            parts.append("r reply")
        parts += [f"{glyphs.up}{glyphs.down} next", "esc close"]
        return f" {glyphs.dot} ".join(parts)

    def _show_needs(self, session: Session, needs: Needs | None) -> None:
        ascii_only = self._deck.look.glyphs.is_ascii
        question = self.query_one("#peek-question", Static)
        choices = self.query_one("#peek-choices", Static)
        if needs is None:
            question.update(Content(_at_rest(session)))
            choices.display = False
            return
        until = f", until {needs.until.astimezone():%H:%M}" if needs.until else ""
        kind = f"{needs.kind.value.upper()}{until}  "
        text = one_line(needs.text, ascii_only=ascii_only)
        question.update(Content.assemble((kind, "bold $warning"), (text, "bold")))
        choices.display = bool(needs.choices)
        lines = [
            Content.assemble(
                (f" {number} ", "bold $background on $warning"),
                f" {one_line(choice, ascii_only=ascii_only)}",
            )
            for number, choice in enumerate(needs.choices[:9], 1)
        ]
        choices.update(Content("\n").join(lines))

    def _say(self, text: str) -> None:
        self._said = text
        line = self.query_one("#peek-said", Static)
        line.display = bool(text)
        line.update(Content(one_line(text)))

    @work(exclusive=True, group="peek-output", exit_on_error=False)
    async def _read_output(self, session: Session) -> None:
        output = self.query_one("#peek-output", Static)
        try:
            answer = await self._deck.link.call("session.screen", id=session.id)
        except AgentDeckError as error:
            output.update(Content(one_line(error.message)))
            return
        ascii_only = self._deck.look.glyphs.is_ascii
        lines = [one_line(str(line), ascii_only=ascii_only) for line in answer["lines"]]
        last = [line for line in lines if line.strip()][-OUTPUT_LINES:]
        # A line too long is cut, so the height is known without measuring.
        output.styles.height = len(last) + 1
        output.update(Content("\n").join([Content(line) for line in last]))

    @work(exclusive=True, group="peek-recap", exit_on_error=False)
    async def _read_recap(self, session: Session) -> None:
        lines = await recap_of(self._deck, session)
        recap = self.query_one("#peek-recap", Static)
        recap.display = bool(lines)
        recap.update(Content("\n").join([Content(line) for line in lines]))

    def action_close_peek(self) -> None:
        self.dismiss(None)

    def action_peek_by(self, step: int) -> None:
        order = [each for each in self._order if each in self._deck.store.sessions]
        if self._session_id not in order:
            return
        place = order.index(self._session_id) + step
        if 0 <= place < len(order):
            self._session_id = order[place]
            self._say("")
            self._go_to(self._session_id)
            self._show()

    def action_peek_choose(self, choice: int) -> None:
        session = self.session
        if session is None or session.needs is None:
            return
        if choice <= len(session.needs.choices):
            self._answer(session, choice=choice)

    def action_peek_say(self, action: str) -> None:
        session = self.session
        if session is not None and session.needs_attention:
            self._answer(session, action=action)

    def action_peek_reply(self) -> None:
        session = self.session
        if session is None or session.phase is not Phase.RUNNING:
            self._say("It does not run, so there is nobody to reply to.")
            return
        reply = self.query_one("#peek-reply", Input)
        reply.placeholder = _how_sent(session)
        self.add_class("-replying")
        reply.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.has_class("-replying"):
            event.stop()
            self._end_reply()

    def _end_reply(self) -> None:
        self.query_one("#peek-reply", Input).value = ""
        self.remove_class("-replying")
        self.set_focus(None)

    @on(Input.Submitted, "#peek-reply")
    def _send_reply(self, event: Input.Submitted) -> None:
        event.stop()
        session, text = self.session, event.value
        self._end_reply()
        if session is None or not text.strip():
            return
        if session.needs_attention:
            self._answer(session, reply=text)
        else:
            self._send(session, text)

    @work(group="peek-answer", exit_on_error=False)
    async def _answer(self, session: Session, **how: Any) -> None:
        await self._tell("session.answer", session, since=shown(session), **how)

    @work(group="peek-answer", exit_on_error=False)
    async def _send(self, session: Session, text: str) -> None:
        when = "queue" if session.activity is Activity.WORKING else "now"
        await self._tell("session.send", session, text=text, when=when)

    async def _tell(self, method: str, session: Session, **params: Any) -> None:
        try:
            (result,) = await self._deck.call_many(method, [session], **params)
        except AgentDeckError as error:
            self._say(error.message)
            return
        if not result["ok"]:
            self._say(str((result.get("error") or {}).get("message")))
        elif session.id == self._session_id:
            self._say(str(result.get("gets") or "Sent."))


def _at_rest(session: Session) -> str:
    if session.reason and session.is_over:
        return session.reason
    if session.activity is Activity.IDLE:
        waiting = f" {len(session.queued)} messages wait." if session.queued else ""
        return f"Its turn is over; it asks nothing.{waiting}"
    if session.queued:
        return f"It works. {len(session.queued)} messages wait for the end of its turn."
    return "It asks nothing now."


def _how_sent(session: Session) -> str:
    if session.needs_attention and session.needs is not None:
        if session.needs.kind.value in YES_NO:
            return "denied first, then told this"
        return "your answer"
    if session.activity is Activity.WORKING:
        return "waits for the end of its turn"
    return "sent now"
