"""A list to choose from, narrowed by typing; a digit takes one of the first ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option as Row

from agentdeck.tui.composer.offer import Option, narrowed
from agentdeck.tui.printable import one_line

MAX_TITLE = 40
MAX_DETAIL = 200


class _Narrowing(Input):
    """The typed letters; a digit before any letter is told instead of typed."""

    @dataclass
    class DigitPressed(Message):
        """A digit was pressed while nothing was typed; `place` is from 0."""

        place: int

    has_digits = True
    """Whether there is something for digits to choose."""

    def on_key(self, event: events.Key) -> None:
        if event.key.startswith("alt+"):
            event.prevent_default()
        elif self.has_digits and event.key.isdecimal() and not self.value:
            event.stop()
            event.prevent_default()
            self.post_message(self.DigitPressed((int(event.key) - 1) % 10))


class Chooser(Vertical):
    """Options below a line that narrows them. It asks nobody; its owner fills it."""

    DEFAULT_CSS = """
    Chooser { height: auto; display: none; background: $panel; }
    Chooser.-open { display: block; }
    Chooser Input { background: $panel; padding: 0 1; }
    Chooser OptionList {
        height: auto; max-height: 10; padding: 0 1; border: none; background: $panel;
        text-wrap: nowrap; text-overflow: ellipsis; scrollbar-size-vertical: 1;
    }
    Chooser OptionList > .option-list--option-highlighted {
        background: $primary 22%; color: $foreground; text-style: none;
    }
    Chooser.-list Input { display: none; }
    """

    @dataclass
    class Chosen(Message):
        """An option was taken, or a text of one's own."""

        chooser: Chooser
        value: str

        @property
        def control(self) -> Chooser:
            """The chooser."""
            return self.chooser

    @dataclass
    class Typed(Message):
        """Letters were typed."""

        chooser: Chooser
        text: str

        @property
        def control(self) -> Chooser:
            """The chooser."""
            return self.chooser

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options: list[Option] = []
        self._shown: list[Option] = []
        self._takes_any = False
        self._has_digits = False

    def compose(self) -> ComposeResult:
        yield _Narrowing(compact=True, select_on_focus=False)
        rows = OptionList(markup=False, compact=True)
        rows.can_focus = False
        yield rows

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    @property
    def typed(self) -> str:
        """What was typed to narrow it."""
        return self.query_one(Input).value

    def open(
        self,
        options: Sequence[Option],
        *,
        now: str = "",
        hint: str = "",
        typed: str = "",
        takes_any: bool = False,
    ) -> None:
        """Offer these; the one chosen now is highlighted.

        Args:
            options: What there is.
            now: The value that is chosen now.
            hint: Shown while nothing is typed.
            typed: What was typed already.
            takes_any: Whether any text may be chosen.
        """
        self.set_class(True, "-open")
        self.set_class(False, "-list")
        self._options, self._takes_any = list(options), takes_any
        self._has_digits = self.query_one(_Narrowing).has_digits = bool(options)
        line = self.query_one(Input)
        with self.prevent(Input.Changed):
            line.value = typed
        line.placeholder = hint
        line.cursor_position = len(typed)
        # Now: what was typed behind the key that opens it is for it.
        self.screen.set_focus(line)
        self._show(typed, now)

    def show_list(self, options: Sequence[Option]) -> None:
        """Offer these without a line of its own; the owner narrows and moves."""
        self.set_class(True, "-open", "-list")
        self._options, self._takes_any, self._has_digits = list(options), False, False
        self._show("", "")

    def replace(
        self, options: Sequence[Option], *, now: str = "", narrow: bool = True
    ) -> None:
        """Offer these in place of the earlier ones; what is typed stays."""
        self._options = list(options)
        self._show(self.typed, now, narrow=narrow)

    def close(self) -> None:
        """Offer nothing any more."""
        self.set_class(False, "-open")

    def move(self, by: int) -> None:
        """Highlight the option before or after, around the ends."""
        rows = self.query_one(OptionList)
        if by > 0:
            rows.action_cursor_down()
        else:
            rows.action_cursor_up()

    def highlighted(self) -> Option | None:
        """The option under the cursor, if it can be taken."""
        at = self.query_one(OptionList).highlighted
        if at is None or at >= len(self._shown) or not self._shown[at].is_usable:
            return None
        return self._shown[at]

    def take(self) -> None:
        """Take the highlighted option."""
        option = self.highlighted()
        if option is not None:
            self.post_message(self.Chosen(self, option.value))

    def fill_in(self) -> None:
        """Put the highlighted value into the line, to type on behind it."""
        option = self.highlighted()
        if option is not None:
            line = self.query_one(Input)
            line.value = f"{option.value.rstrip('/')}/"
            line.cursor_position = len(line.value)

    def _show(self, typed: str, now: str, *, narrow: bool = True) -> None:
        found = narrowed(self._options, typed) if narrow else list(self._options)
        is_named = any(typed in (o.value, o.title) for o in found)
        if self._takes_any and typed and not is_named:
            own = Option(typed, typed, "as typed")
            found = [own, *found] if typed.endswith("/") else [*found, own]
        self._shown = found
        rows = self.query_one(OptionList)
        width = max((len(o.title) for o in found), default=0)
        rows.set_options(
            Row(
                self._line(n, option, min(width, MAX_TITLE)),
                disabled=not option.is_usable,
            )
            for n, option in enumerate(found)
        )
        usable = [n for n, option in enumerate(found) if option.is_usable]
        at = next((n for n in usable if found[n].value == now and not typed), None)
        rows.highlighted = at if at is not None else next(iter(usable), None)

    def _line(self, n: int, option: Option, width: int) -> Content:
        title = one_line(option.title)
        if len(title) > MAX_TITLE:
            title = f"{title[: MAX_TITLE - 1]}…"
        digit = str((n + 1) % 10) if n < 10 else " "
        number = f"{digit} " if self._has_digits and not self.typed else ""
        detail = one_line(option.detail[:MAX_DETAIL])
        return Content.assemble(
            (number, "$primary"),
            (title, "" if option.is_usable else "$foreground 50%"),
            (f"{' ' * (width - len(title))}  {detail}".rstrip(), "$foreground 55%"),
        )

    @on(_Narrowing.DigitPressed)
    def _take_by_digit(self, event: _Narrowing.DigitPressed) -> None:
        event.stop()
        if event.place < len(self._shown) and self._shown[event.place].is_usable:
            self.post_message(self.Chosen(self, self._shown[event.place].value))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value, "")
        self.post_message(self.Typed(self, event.value))

    @on(Input.Submitted)
    def _take_by_enter(self, event: Input.Submitted) -> None:
        event.stop()
        self.take()

    @on(OptionList.OptionSelected)
    def _take_by_click(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.take()

    @on(OptionList.OptionHighlighted)
    def _no_news(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
