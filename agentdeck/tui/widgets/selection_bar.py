"""The line below the list while sessions are marked: how many, and what can be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from agentdeck.core.session import Session
from agentdeck.tui.groups import Group, group_of
from agentdeck.tui.look import Look
from agentdeck.tui.row_words import Cells

_DEEDS: tuple[tuple[str, Callable[[Session], bool]], ...] = (
    ("answer", lambda s: s.needs_attention),
    ("merge", lambda s: bool(s.ahead) and not s.is_merged),
    ("stop", lambda s: not s.is_over),
    ("resume", lambda s: s.is_over),
)


def selection_cells(
    sessions: Sequence[Session], unseen: int, look: Look
) -> list[Cells]:
    """What is said of a selection, in parts of which the last give way first."""
    glyphs = look.glyphs
    shapes = {
        Group.NEEDS: (glyphs.needs, "warning"),
        Group.WORKING: (glyphs.working, "primary"),
        Group.READY: (glyphs.ready, "accent"),
        Group.QUEUED: (glyphs.queued, "muted"),
        Group.ENDED: (glyphs.done, "muted"),
    }
    counts = Counter(group_of(session) for session in sessions)
    states: Cells = []
    for group, (glyph, colour) in shapes.items():
        if counts[group]:
            states += [(" ", "muted")] if states else []
            states.append((f"{glyph}{counts[group]}", colour))
    parts: list[Cells] = [
        [(f"{glyphs.marked} {len(sessions)} selected", "primary")],
        states,
    ]
    if unseen:
        parts.append([(f"{unseen} out of sight", "warning")])
    can = [(word, sum(map(fits, sessions))) for word, fits in _DEEDS]
    parts += [[(f"{word} {count}", "text")] for word, count in can if count]
    return parts


class SelectionBar(Widget):
    """Says what is marked. Hidden while nothing is."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    SelectionBar { height: 1; display: none; background: $panel; }
    SelectionBar.-shown { display: block; }
    """

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._parts: list[Cells] = []

    def wear(self, look: Look) -> None:
        """Draw in another look."""
        self._look = look
        self.refresh()

    def show_selection(self, sessions: Sequence[Session], unseen: int) -> None:
        """Say what is marked.

        Args:
            sessions: The marked sessions.
            unseen: How many of them the list does not show now.
        """
        self.set_class(bool(sessions), "-shown")
        parts = selection_cells(sessions, unseen, self._look) if sessions else []
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, look = self.size.width, self._look
        segments = [Segment(" ", look.style("text", "bar"))]
        used = 1
        for n, part in enumerate(self._parts):
            size = sum(cell_len(text) for text, _ in part) + 2
            if used + size > width + 1:
                break
            segments += [
                Segment(text, look.style(colour, "bar", bold=n == 0))
                for text, colour in part
            ]
            segments.append(Segment("  ", look.style("text", "bar")))
            used += size
        return Strip(segments).adjust_cell_length(width, look.style("text", "bar"))
