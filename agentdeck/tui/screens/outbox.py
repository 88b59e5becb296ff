"""The messages that wait for the end of a session's turn: read, edited, reordered."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.tui.actions import Scope, bindings_for
from agentdeck.tui.deck import Change, Deck
from agentdeck.tui.printable import one_line
from agentdeck.tui.screens.confirm import plain
from agentdeck.tui.screens.dialog import Dialog

READING = "enter edits · a adds · J K move · x removes · esc"
WRITING = "ctrl+s keeps it · esc leaves it as it was"
NONE = "No message waits. One that is added goes out at the end of the turn."


class OutboxScreen(Dialog[None]):
    """Shows what waits for one session, as the host has it, and changes it there.

    A change is refused where the queue is another by now, such as when the first
    message has just gone out.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_for(Scope.MESSAGES)

    def __init__(self, deck: Deck, session: Session) -> None:
        super().__init__()
        self._deck = deck
        self._session = session
        self._edited: int | None = None
        """The place of the message that is written; one past the last for a new one."""
        self._wanted: int | None = None
        """Where the cursor goes once the host says that the queue has changed."""

    @property
    def _messages(self) -> tuple[str, ...]:
        return self._session.queued

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = plain(f"Waits for {self._session.name}")
            dialog.border_subtitle = Content(READING)
            yield OptionList(id="messages", markup=False, compact=True)
            yield Static(Content(NONE), id="none", markup=False)
            yield TextArea(id="message", compact=True, soft_wrap=True)
            yield Static(classes="problem", markup=False)

    def on_mount(self) -> None:
        self._deck.changed.subscribe(self, self._take_change)
        self._fill(0)
        self._write(None)

    def _take_change(self, _: Change) -> None:
        session = self._deck.store.sessions.get(self._session.id)
        if session is None:
            self.dismiss(None)
        elif session.queued != self._messages:
            self._session = session
            at, self._wanted = self._wanted, None
            self._fill(self._highlighted if at is None else at)
            self._write(None)

    @property
    def _list(self) -> OptionList:
        return self.query_one("#messages", OptionList)

    @property
    def _highlighted(self) -> int:
        return self._list.highlighted or 0

    def _fill(self, at: int) -> None:
        count = len(self._messages)
        options = (_line(n, text) for n, text in enumerate(self._messages, 1))
        self._list.set_options(Option(line) for line in options)
        self._list.highlighted = min(at, count - 1) if count else None
        self._list.display = bool(count)
        self.query_one("#none").display = not count

    def _write(self, at: int | None) -> None:
        """Write the message of a place, or none."""
        self._edited = at
        area = self.query_one("#message", TextArea)
        area.display = at is not None
        dialog = self.query_one(".dialog")
        dialog.border_subtitle = Content(READING if at is None else WRITING)
        if at is None:
            self._list.focus()
            return
        area.text = self._messages[at] if at < len(self._messages) else ""
        area.move_cursor(area.document.end)
        area.focus()

    @on(OptionList.OptionSelected)
    def _edit_by_enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._write(event.option_index)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_writing = self._edited is not None
        return action == "close" or (action == "keep") is is_writing

    def action_add(self) -> None:
        self._write(len(self._messages))

    def action_keep(self) -> None:
        if self._edited is None:
            return
        text = self.query_one("#message", TextArea).text.strip()
        before, after = self._messages[: self._edited], self._messages[self._edited :]
        if text:
            self._set([*before, text, *after[1:]], self._edited)
        else:
            self._set([*before, *after[1:]], self._edited)

    def action_remove(self) -> None:
        at = self._highlighted
        if self._messages:
            self._set([*self._messages[:at], *self._messages[at + 1 :]], at)

    def action_move(self, by: int) -> None:
        at, messages = self._highlighted, list(self._messages)
        to = at + by
        if messages and 0 <= to < len(messages):
            messages.insert(to, messages.pop(at))
            self._set(messages, to)

    def action_go(self, by: int) -> None:
        if by > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_close(self) -> None:
        if self._edited is None:
            self.dismiss(None)
        else:
            self._write(None)

    @work(exclusive=True, group="messages", exit_on_error=False)
    async def _set(self, messages: list[str], at: int) -> None:
        problem = self.query_one(".problem", Static)
        expected = list(self._messages)
        if messages == expected:
            self._write(None)
            return
        self._wanted = at
        try:
            await self._deck.link.call(
                "session.queue",
                id=self._session.id,
                messages=messages,
                expected=expected,
            )
        except AgentDeckError as error:
            problem.update(plain(error.message))
            problem.add_class("-shown")
            return
        problem.remove_class("-shown")


def _line(number: int, text: str) -> Content:
    lines = text.strip().count("\n")
    more = f"  and {lines} more lines" if lines > 1 else "  and a line" if lines else ""
    return Content.assemble(
        (f"{number:>2}  ", "bold $primary"),
        one_line(text.strip().split("\n", 1)[0]),
        (more, "$foreground 60%"),
    )
