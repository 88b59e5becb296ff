"""One pane: a terminal in its frame, which says whose it is and how that stands."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from agentdeck.core.session import Session
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.row_words import status_of
from agentdeck.tui.widgets.pane_subtitles import copy_subtitle, scrolled_subtitle
from agentdeck.tui.widgets.terminal import Terminal


class Pane(Widget):
    """A frame with the name, status and branch on top and the size below."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Pane {
        border: round $border-blurred;
        border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%;
    }
    Pane.-current { border: round $primary; }
    Pane:focus-within {
        border: heavy $accent;
        border-title-color: $accent; border-subtitle-color: $accent;
    }
    Pane.-copying, Pane.-copying:focus-within {
        border: heavy $warning;
        border-title-color: $warning; border-subtitle-color: $warning;
    }
    Pane.-ascii { border: ascii $border-blurred; }
    Pane.-ascii.-current { border: ascii $primary; }
    Pane.-ascii:focus-within { border: ascii $accent; }
    Pane.-ascii.-copying { border: ascii $warning; }
    """

    @dataclass
    class FrameGrabbed(Message):
        """The mouse took hold of the frame, at a place in the pane."""

        widget: Pane
        x: int
        y: int

    def __init__(self, look: Look, release_key: str) -> None:
        super().__init__()
        self._look = look
        self.session_id: str | None = None
        """Whose terminal is shown."""
        self.is_pinned = False
        self._titled: tuple[Session | None, int, str] = (None, 0, release_key)
        self._titles: tuple[Content | None, Content | None] = (None, None)
        self.terminal = Terminal(look, release_key)
        self.set_class(look.glyphs.is_ascii, "-ascii")

    def compose(self) -> ComposeResult:
        yield self.terminal

    def show_details(self, details: Widget | None) -> None:
        """Show something in place of the terminal, or the terminal again."""
        for child in self.children:
            if child is not self.terminal:
                child.remove()
        self.terminal.display = details is None
        if details is not None:
            self.mount(details)

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.set_class(look.glyphs.is_ascii, "-ascii")
        self.terminal.wear(look)
        self._draw_title()

    def show_title(self, session: Session | None, place: int, release_key: str) -> None:
        """Say whose terminal this is.

        Args:
            session: The session, or None for an empty frame.
            place: Its place in the queue.
            release_key: The key that gives the keyboard back.
        """
        self._titled = (session, place, release_key)
        self.set_class(self.terminal.is_copying, "-copying")
        self._draw_title()

    def _draw_title(self) -> None:
        session, place, release_key = self._titled
        if session is None:
            self._set_titles(None, None)
            return
        glyphs = self._look.glyphs
        status = status_of(session, glyphs, place)
        is_loud = status.colour not in ("muted", "faint")
        colour = f"${status.colour}" if is_loud else ""
        name = one_line(session.name, ascii_only=glyphs.is_ascii)
        said = f"{status.glyph} {status.word}"
        branch = one_line(session.branch, ascii_only=glyphs.is_ascii)
        branch = f" {glyphs.dot} {branch}"
        room = self.size.width - 4
        if cell_len(f"{name} {said}{branch}") > room:
            branch = ""
        if cell_len(f"{name} {said}") > room:
            said = status.glyph
        name = cut(name, max(1, room - cell_len(f" {said}")), more=glyphs.more)
        title = Content.assemble((name, "bold"), " ", (said, colour), branch)
        self._set_titles(title, self._subtitle(session, name, release_key))

    def _set_titles(self, title: Content | None, subtitle: Content | None) -> None:
        """Setting a title draws the whole pane anew, so it is set only if it changed."""
        before, self._titles = self._titles, (title, subtitle)
        if not _is_same(title, before[0]):
            self.border_title = title
        if not _is_same(subtitle, before[1]):
            self.border_subtitle = subtitle

    def _subtitle(
        self, session: Session, name: str, release_key: str
    ) -> Content | None:
        glyphs = self._look.glyphs
        terminal, room = self.terminal, self.size.width - 4
        if terminal.copy is not None:
            return copy_subtitle(
                terminal.copy, terminal.prompt, terminal.scrolled, glyphs, room
            )
        if terminal.scrolled is not None:
            return scrolled_subtitle(terminal.scrolled, glyphs, room)
        if self.terminal.has_focus:
            line = f"typing into {name} {glyphs.dot} {release_key} gives the list back"
            if cell_len(line) > self.size.width - 4:
                line = f"{release_key} gives the list back"
            return Content.styled(line, "bold")
        if session.reason and session.is_over:
            return Content(one_line(session.reason, ascii_only=glyphs.is_ascii))
        size = self.terminal.frame_size
        said = [f"{size[0]}{glyphs.times}{size[1]}"] if size else []
        if self.is_pinned:
            said.insert(0, "pinned")
        return Content(f" {glyphs.dot} ".join(said)) if said else None

    def on_resize(self, event: events.Resize) -> None:
        self._draw_title()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        x, y = event.screen_offset - self.region.offset
        if self.terminal.region.contains_point(event.screen_offset):
            return
        self.post_message(self.FrameGrabbed(self, x, y))


def _is_same(one: Content | None, other: Content | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.is_same(other)
