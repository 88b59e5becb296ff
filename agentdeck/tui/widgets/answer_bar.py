"""What the selected session asks, and its numbered choices, beneath its terminal."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.core.session import Needs
from agentdeck.tui.actions import choice_keys
from agentdeck.tui.keymap import Keymap
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line

MAX_QUESTION_LINES = 4
MAX_CHOICES = 9


class AnswerBar(Widget):
    """A question and its choices. A click on a choice answers."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    AnswerBar {
        height: auto; max-height: 50%; display: none; background: $surface;
        border-left: outer $warning; padding: 0 1;
    }
    AnswerBar.-asks { display: block; }
    AnswerBar.-ascii { border-left: none; }
    """

    @dataclass
    class ChoiceClicked(Message):
        """A choice was clicked; the first is 1."""

        widget: AnswerBar
        choice: int

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._needs: Needs | None = None
        self._keymap = Keymap()
        self._lines: list[tuple[list[Segment], int]] = []
        self._laid_out_for: object = None
        self.set_class(look.glyphs.is_ascii, "-ascii")

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self._laid_out_for = None
        self.set_class(look.glyphs.is_ascii, "-ascii")
        self.refresh()

    def show_needs(self, needs: Needs | None, keymap: Keymap) -> None:
        """Show a question with the keys that deal with it, or nothing."""
        if (needs, keymap) == (self._needs, self._keymap):
            return
        self._needs, self._keymap = needs, keymap
        self.set_class(needs is not None, "-asks")
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._laid_out(width))

    def render_line(self, y: int) -> Strip:
        lines = self._laid_out(self.content_size.width)
        width = self.content_size.width
        segments = lines[y][0] if y < len(lines) else []
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _laid_out(self, width: int) -> list[tuple[list[Segment], int]]:
        key = (self._needs, self._keymap, width, self._look)
        if key != self._laid_out_for:
            self._laid_out_for = key
            self._lines = self._lay_out(max(width, 8)) if self._needs else []
        return self._lines

    def _lay_out(self, width: int) -> list[tuple[list[Segment], int]]:
        assert self._needs is not None
        look, ascii_only = self._look, self._look.glyphs.is_ascii
        text = one_line(self._needs.text, ascii_only=ascii_only)
        kind = f"{look.glyphs.needs} {self._needs.kind.value.upper()}  "
        wrapped = textwrap.wrap(
            text, max(8, width - cell_len(kind)), max_lines=MAX_QUESTION_LINES
        ) or [""]
        lines: list[tuple[list[Segment], int]] = []
        for n, part in enumerate(wrapped):
            lead = kind if n == 0 else " " * cell_len(kind)
            shown = cut(part, width - cell_len(kind))
            lines.append(
                (
                    [
                        Segment(lead, look.style("warning", bold=True)),
                        Segment(shown, look.style("bright", bold=True)),
                    ],
                    0,
                )
            )
        lines += self._choices(width, ascii_only)
        return lines

    def _choices(self, width: int, ascii_only: bool) -> list[tuple[list[Segment], int]]:
        assert self._needs is not None
        look = self._look
        choices = self._needs.choices[:MAX_CHOICES]
        lines: list[tuple[list[Segment], int]] = []
        for number, choice in enumerate(choices, 1):
            shown = cut(one_line(choice, ascii_only=ascii_only), width - 4)
            key = Segment(f" {number} ", look.style("background", "warning", bold=True))
            text = Segment(f" {shown}", look.style("text"))
            lines.append(([key, text], number))
        reply, into = map(self._keymap.key, ("session.reply", "session.type"))
        hint = f"{reply} reply with text · {into} type into the session"
        if choices:
            numbers = choice_keys(len(choices))
            hint = f"{numbers} answer · {reply} reply with text · {into} type"
        hint = one_line(hint, ascii_only=ascii_only)
        lines.append(([Segment(cut(hint, width), look.style("muted"))], 0))
        return lines

    def on_click(self, event: events.Click) -> None:
        event.stop()
        offset = event.get_content_offset(self)
        lines = self._laid_out(self.content_size.width)
        if offset is not None and offset.y < len(lines) and lines[offset.y][1]:
            self.post_message(self.ChoiceClicked(self, lines[offset.y][1]))
