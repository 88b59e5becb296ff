"""The files of a review as a tree, with what was changed and read in each."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from agentdeck.core.file_tree import TreeRow, tree_rows
from agentdeck.tui.look import Look
from agentdeck.tui.printable import cut, one_line
from agentdeck.tui.review_model import FileSection, ReviewModel
from agentdeck.tui.widgets.diff_strips import status_colour


class FileTree(ScrollView, can_focus=True, inherit_bindings=False):
    """A cursor on a folder or a file."""

    DEFAULT_CSS = """
    FileTree { width: 36; height: 1fr; background: $background; scrollbar-size: 1 1; overflow-x: hidden; }
    """

    @dataclass
    class FileChosen(Message):
        """The cursor came to a file."""

        widget: FileTree
        number: int

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._model = ReviewModel(())
        self._rows: list[TreeRow] = []
        self._folded: set[str] = set()
        self.cursor = 0

    def show_model(self, model: ReviewModel) -> None:
        """Show the files of a review."""
        path = self._rows[self.cursor].path if self._rows else ""
        self._model = model
        self._arrange()
        paths = [row.path for row in self._rows]
        self.cursor = paths.index(path) if path in paths else 0

    def _arrange(self) -> None:
        paths = [one_line_path(s.file.path) for s in self._model.sections]
        self._rows = tree_rows(paths, self._folded)
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()

    def follow(self, number: int) -> None:
        """Put the cursor on a file, or on the closed folder that it is in."""
        for at, row in enumerate(self._rows):
            if row.number == number or (row.is_closed and number in row.below):
                self._put(at)
                return

    def _put(self, at: int) -> None:
        self.cursor = max(0, min(at, len(self._rows) - 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self.cursor < top + height:
            middle = max(0, self.cursor - height // 2)
            self.scroll_to(y=middle, animate=False, force=True)
        self.refresh()

    def move(self, by: int) -> None:
        """Move the cursor; a file that it comes to is told."""
        self._put(self.cursor + by)
        self._tell()

    def _tell(self) -> None:
        number = self._rows[self.cursor].number if self._rows else None
        if number is not None:
            self.post_message(self.FileChosen(self, number))

    def meant(self) -> list[int]:
        """The file under the cursor, or all in the folder under it."""
        if not self._rows:
            return []
        row = self._rows[self.cursor]
        return list(row.below) if row.number is None else [row.number]

    def fold(self) -> bool:
        """Close or open the folder under the cursor; whether there is one."""
        row = self._rows[self.cursor] if self._rows else None
        if row is None or row.number is not None:
            return False
        self._folded ^= {row.path}
        self._arrange()
        return True

    def on_click(self, event: events.Click) -> None:
        at = event.y + self.scroll_offset.y
        if 0 <= at < len(self._rows):
            self._put(at)
            if not self.fold():
                self._tell()

    def render_line(self, y: int) -> Strip:
        at, width = y + self.scroll_offset.y, self.size.width
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row, look = self._rows[at], self._look
        background = look.background
        if at == self.cursor:
            background = look.cursor if self.has_focus else look.cursor_blurred
        fill = Style(bgcolor=background)
        mark = look.glyphs.bar if at == self.cursor else " "
        start = [
            Segment(mark, Style(color=look.primary, bgcolor=background)),
            Segment("  " * row.depth, fill),
        ]
        room = width - 1 - 2 * row.depth
        if row.number is None:
            rest = self._folder(row, room, background)
        else:
            rest = self._file(self._model.sections[row.number], row, room, background)
        return Strip([*start, *rest]).adjust_cell_length(width, fill)

    def _folder(self, row: TreeRow, room: int, background: str) -> list[Segment]:
        look = self._look
        shapes = ("v", ">") if look.glyphs.is_ascii else ("▾", "▸")
        fold = shapes[1] if row.is_closed else shapes[0]
        name = cut(self._shown_name(row), room - 2, more=look.glyphs.more)
        style = Style(color=look.muted, bgcolor=background)
        return [Segment(f"{fold} {name}", style)]

    def _file(
        self, section: FileSection, row: TreeRow, room: int, background: str
    ) -> list[Segment]:
        look, file = self._look, section.file

        def styled(colour: str, *, bold: bool = False) -> Style:
            return Style(
                color=getattr(look, colour), bgcolor=background, bold=bold or None
            )

        counts = [
            Segment(f" +{file.added}" if file.added else "", styled("success")),
            Segment(
                f" {look.glyphs.minus}{file.removed}" if file.removed else "",
                styled("error"),
            ),
        ]
        if file.is_binary:
            counts = [Segment(" bin", styled("muted"))]
        open_comments = sum(
            not each.comment.is_resolved for each in self._model.comments_of(file)
        )
        if open_comments:
            mark = f" {look.glyphs.ready}{open_comments}"
            counts.insert(0, Segment(mark, styled("warning")))
        done = f" {look.glyphs.marked}" if file.is_reviewed else "  "
        counts.append(Segment(done, styled("success")))
        used = 2 + sum(cell_len(each.text) for each in counts)
        faded = file.is_reviewed or file.is_generated
        name = cut(self._shown_name(row), room - used, more=look.glyphs.more)
        pad = " " * max(0, room - used - cell_len(name))
        return [
            Segment(f"{file.status} ", styled(status_colour(file.status))),
            Segment(name + pad, styled("muted" if faded else "text")),
            *counts,
        ]

    def _shown_name(self, row: TreeRow) -> str:
        return one_line(row.name, ascii_only=self._look.glyphs.is_ascii)


def one_line_path(path: str) -> str:
    """A path whose parts can be told apart, in one line."""
    return path.replace("\n", " ")
