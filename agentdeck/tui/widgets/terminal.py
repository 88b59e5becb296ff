"""The pane with a session's live terminal.

It draws frames and says what was typed; it knows neither the host nor the other
widgets. While it has the focus, every key but the release key belongs to the
session.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.widgets.copying import Copying
from agentdeck.tui.widgets.terminal_buffer import (
    Copy,
    Overlay,
    Scrolled,
    TerminalBuffer,
)
from agentdeck.tui.widgets.terminal_palette import Palette, palette_for

RESIZE_PAUSE_S = 0.12
"""The agent hears of a new size once the person stopped dragging."""
MIN_SIDE = 2
WHEEL_ROWS = 3
SCROLL_KEYS = {
    "shift+pageup": "up",
    "shift+pagedown": "down",
    "shift+home": "top",
    "shift+end": "bottom",
}
"""The terminal's own keys, as in other terminals."""
LIMIT_ROWS = 8
"""By so many rows the place in the log is found."""
COPY_KEY = "ctrl+shift+c"
"""What other terminals have for copying; where they keep it, the list's key does."""
MOUSE_BUTTONS = {1: "left", 2: "middle", 3: "right"}


def palette_of(look: Look) -> Palette:
    """The terminal palette that goes with a look."""
    return palette_for(dark=look.dark, foreground=look.text, background=look.background)


def key_message(event: events.Key) -> dict[str, Any]:
    """What a session is told of a key: its name, and the text that it stands for.

    A joiner between the parts of an emoji is text too, though nothing is seen of it.
    """
    key: dict[str, Any] = {"key": event.key}
    text = event.character
    if text is not None and unicodedata.category(text[0]) != "Cc":
        key["text"] = text
    return key


class Terminal(Copying, can_focus=True):
    """A terminal's screen, with its keyboard and mouse."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Terminal { height: 1fr; background: $background; }"

    @dataclass
    class Typed(Message):
        """Something for the session: a key, pasted text, mouse or focus."""

        widget: Terminal
        kind: str
        event: dict[str, Any]

    @dataclass
    class Released(Message):
        """The release key was pressed: the list wants the keyboard back."""

        widget: Terminal

    @dataclass
    class Painted(Message):
        """Frame `n` of a channel is on the screen."""

        widget: Terminal
        channel: int
        n: int

    @dataclass
    class Fitted(Message):
        """The pane has room for this many cells."""

        widget: Terminal
        cols: int
        rows: int

    def __init__(self, look: Look, release_key: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self.release_key = release_key
        self._buffer: TerminalBuffer | None = None
        self._note: tuple[str, ...] = ()
        self._is_stale = False
        """The next frame is another session's, or one after a new connection."""
        self._view: tuple[int, int] = (0, 0)
        self._resize_timer: Timer | None = None

    @property
    def frame_size(self) -> tuple[int, int] | None:
        """Columns and rows of the session's screen, once a frame is there."""
        buffer = self._buffer
        if buffer is None or not buffer.has_frame or self._is_stale:
            return None
        return buffer.cols, buffer.rows

    @property
    def scrolled(self) -> Scrolled | None:
        """How far above the newest it shows, and whether more came since."""
        return None if self._buffer is None or self._is_stale else self._buffer.scrolled

    @property
    def copy(self) -> Copy | None:
        """What is selected and found, in copy mode."""
        if self._buffer is None or self._is_stale or not self.is_copying:
            return None
        return self._buffer.copy or Copy()

    @property
    def rows_at_limit(self) -> list[str]:
        """The first rows that it shows, if only the log has what is above them."""
        scrolled = self.scrolled
        if self._buffer is None or scrolled is None or scrolled.limit != "log":
            return []
        return self._buffer.first_rows(LIMIT_ROWS)

    def scroll_session(self, where: str) -> None:
        """Show older or newer rows: `up` and `down` a page, `top`, or `bottom`."""
        page = max(1, self.size.height - 1)
        by = {"up": -page, "down": page}.get(where)
        self.say("scroll", {"to": where} if by is None else {"by": by})

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        if self._buffer is not None:
            self._buffer.wear(palette_of(look), self.rich_style, Overlay.of(look))
        self.refresh()

    def begin(self) -> None:
        """Expect another session's frames. What is shown stays until the first."""
        self._is_stale = True
        self.forget_copying()
        if self._buffer is None:
            self._note = ()
            self.refresh()

    def show_note(self, *lines: str) -> None:
        """Show a text in place of a screen."""
        if self._note != lines or self._buffer is not None:
            self._buffer, self._note = None, lines
            self.refresh()

    def draw(self, channel: int, frame: dict[str, Any]) -> None:
        """Draw a frame and tell when it is painted."""
        if self._buffer is None or self._is_stale:
            palette, plain = palette_of(self._look), self._look.glyphs.is_ascii
            self._buffer = TerminalBuffer(
                palette,
                base=self.rich_style,
                ascii_only=plain,
                overlay=Overlay.of(self._look),
            )
            self._is_stale = False
            self._note = ()
        changed = self._buffer.apply(frame)
        view = self._buffer.origin(self.size.width, self.size.height)
        if changed is None or view != self._view:
            self._view = view
            self.refresh()
        elif changed:
            width = self.size.width
            rows = (y - view[1] for y in changed)
            self.refresh(
                *(Region(0, y, width, 1) for y in rows if 0 <= y < self.size.height)
            )
        n = frame["n"]
        self.call_after_refresh(
            lambda: self.post_message(self.Painted(self, channel, n))
        )

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        buffer = self._buffer
        if buffer is None or not buffer.has_frame:
            return self._note_line(y).apply_style(self.rich_style)
        x0, y0 = self._view
        if y + y0 >= buffer.rows:
            return Strip.blank(width, self.rich_style)
        strip = buffer.row_with_cursor(y + y0, focused=self.has_focus)
        if x0 == 0 and strip.cell_length == width:
            return strip
        return strip.crop_extend(x0, x0 + width, self.rich_style)

    def _note_line(self, y: int) -> Strip:
        width = self.size.width
        top = max(0, (self.size.height - len(self._note)) // 2 - 1)
        at = y - top
        if not 0 <= at < len(self._note):
            return Strip.blank(width)
        ascii_only = self._look.glyphs.is_ascii
        text = cut(one_line(self._note[at], ascii_only=ascii_only), width - 4)
        style = self._look.style("text" if at == 0 else "muted", bold=at == 0)
        strip = Strip([Segment(text, style)])
        return strip.text_align(width, "center")

    def on_resize(self, event: events.Resize) -> None:
        if self._buffer is not None:
            self._view = self._buffer.origin(self.size.width, self.size.height)
        self.refresh()
        self.fit()

    def fit(self) -> None:
        """Say the pane's size soon, once however often it changes until then."""
        if self._resize_timer is not None:
            self._resize_timer.stop()
        self._resize_timer = self.set_timer(RESIZE_PAUSE_S, self._say_size)

    def _say_size(self) -> None:
        self._resize_timer = None
        size: Size = self.size
        if size.width >= MIN_SIDE and size.height >= MIN_SIDE:
            self.post_message(self.Fitted(self, size.width, size.height))

    def on_focus(self) -> None:
        self.refresh()
        self.say("focus", {"gained": True})

    def on_blur(self) -> None:
        self.refresh()
        self.say("focus", {"gained": False})

    def say(self, kind: str, event: dict[str, Any]) -> None:
        self.post_message(self.Typed(self, kind, event))

    async def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if await self.take_key(event):
            return
        if event.key == COPY_KEY:
            self.start_copying(from_list=False)
            return
        if self.release_key in event.aliases:
            self.post_message(self.Released(self))
            return
        where = SCROLL_KEYS.get(event.key)
        if where is not None and self._buffer is not None and self._buffer.has_history:
            self.scroll_session(where)
            return
        self._follow()
        self.say("key", key_message(event))

    def _follow(self) -> None:
        """Show what the agent answers to what is typed."""
        if self.scrolled is not None:
            self.scroll_session("bottom")

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if self.paste_query(event.text):
            return
        self._follow()
        self.say("paste", {"text": event.text})

    def _mouse(
        self, action: str, event: events.MouseEvent, scrolled: str | None = None
    ) -> None:
        if self._buffer is None or not self._buffer.mouse:
            return
        event.stop()
        x0, y0 = self._view
        self.say(
            "mouse",
            {
                "action": action,
                "button": scrolled or MOUSE_BUTTONS.get(event.button),
                "x": event.x + x0,
                "y": event.y + y0,
                "modifiers": [
                    name
                    for name, is_held in (
                        ("shift", event.shift),
                        ("ctrl", event.ctrl),
                        ("alt", event.meta),
                    )
                    if is_held
                ],
            },
        )

    def _is_ours(self, event: events.MouseEvent) -> bool:
        """Whether the mouse is for selecting: the agent has not asked for it."""
        buffer = self._buffer
        if buffer is None or self.frame_size is None or not self.can_focus:
            return False
        return self.is_copying or not buffer.mouse or event.shift

    def _cell(self, event: events.MouseEvent) -> tuple[int, int]:
        x0, y0 = self._view
        return event.x + x0, event.y + y0

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.button == 1 and self._is_ours(event):
            self.press(*self._cell(event))
        elif self.has_focus:
            self._mouse("press", event)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if not self.release() and self.has_focus:
            self._mouse("release", event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self.drag(*self._cell(event)) and self.has_focus:
            self._mouse("motion", event)

    def on_click(self, event: events.Click) -> None:
        if event.button != 1 or not self._is_ours(event):
            return
        x, y = self._cell(event)
        if event.ctrl:
            self.say_copy("link_at", x=x, y=y)
        else:
            self.click(x, y, event.chain)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, WHEEL_ROWS)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        if self._buffer is None:
            return
        if self._buffer.mouse and not self.is_copying:
            self._mouse("press", event, "scroll_up" if by < 0 else "scroll_down")
            return
        event.stop()
        self.say("scroll", {"by": by, "wheel": True})
