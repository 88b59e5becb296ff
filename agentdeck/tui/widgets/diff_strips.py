"""Draws the rows of a review: one strip a row, in a width, with nothing unsafe in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from agentdeck.core.diff_rows import Row, RowKind
from agentdeck.core.diff_text import DiffLine, LineKind
from agentdeck.core.findings import Kept
from agentdeck.core.word_diff import Span, changed_spans
from agentdeck.tui.findings import COLOURS, state_words
from agentdeck.tui.highlighting import Spans
from agentdeck.tui.look import Look
from agentdeck.tui.printable import age, cell_text, cut, one_line
from agentdeck.tui.review_model import WHOLE, FileSection, Said
from agentdeck.tui.widgets.diff_palette import DiffPalette, palette_of, styled

MAX_COLUMNS = 4000
TAB = 4
UNENDED = "  (no line end)"
STATUS_NAMES = {
    "A": "added",
    "C": "copied",
    "D": "deleted",
    "M": "changed",
    "R": "renamed",
    "T": "another type",
    "U": "conflicts",
}

_words = lru_cache(4096)(changed_spans)


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows are drawn now."""

    width: int
    x: int
    """How far lines are scrolled to the right."""
    now: datetime


class StripMaker:
    """Draws rows in a look."""

    def __init__(self, look: Look, *, is_truecolor: bool = True) -> None:
        self._look = look
        self.palette: DiffPalette = palette_of(look, is_truecolor=is_truecolor)
        self._ascii = look.glyphs.is_ascii

    def strip(
        self,
        section: FileSection,
        row: Row,
        shape: Shape,
        *,
        said: Said | None = None,
        is_cursor: bool = False,
        is_selected: bool = False,
    ) -> Strip:
        """One row, exactly as wide as the shape says."""
        gutter = self.palette.cursor if is_cursor else ""
        if is_selected:
            gutter = self.palette.selected
        match row.kind:
            case RowKind.FILE:
                segments = self._file(section, shape, is_cursor=is_cursor)
            case RowKind.NOTE:
                segments = self._note(row, is_cursor=is_cursor)
            case RowKind.HUNK:
                segments = self._hunk(row, section, shape, is_cursor=is_cursor)
            case RowKind.COMMENT:
                segments = self._comment(row, said, shape, is_cursor=is_cursor)
            case RowKind.LINE if section.is_split:
                segments = self._split(section, row, shape, gutter)
            case _:
                segments = self._unified(section, row, shape, gutter)
        strip = Strip(segments)
        fill = self._fill(row, is_cursor=is_cursor)
        return strip.crop_extend(0, shape.width, fill)

    def _fill(self, row: Row, *, is_cursor: bool) -> Style:
        if row.kind is RowKind.FILE:
            return Style(
                bgcolor=self.palette.cursor if is_cursor else self.palette.band
            )
        if row.kind is RowKind.LINE:
            line = row.right or row.left
            kind = line.kind if line else LineKind.CONTEXT
            return styled(None, self.palette.tints[kind])
        if is_cursor and row.kind is not RowKind.COMMENT:
            return styled(None, self.palette.cursor)
        return styled(None, self._look.background)

    def _bar(self, background: str, *, is_cursor: bool) -> Segment:
        style = styled(self._look.primary, background)
        return Segment(self._look.glyphs.bar if is_cursor else " ", style)

    def _file(
        self, section: FileSection, shape: Shape, *, is_cursor: bool
    ) -> list[Segment]:
        look, file = self._look, section.file
        background = self.palette.cursor if is_cursor else self.palette.band

        def in_band(colour: str, *, bold: bool = False) -> Style:
            return styled(getattr(look, colour), background, bold=bold)

        counts = [
            Segment(f"  +{file.added}", in_band("success")),
            Segment(f" {look.glyphs.minus}{file.removed}", in_band("error")),
        ]
        if file.is_binary:
            counts = [Segment("  binary", in_band("muted"))]
        if file.is_generated:
            counts.append(Segment("  generated", in_band("muted")))
        if file.is_reviewed:
            counts.append(
                Segment(f"  {look.glyphs.marked} reviewed", in_band("success"))
            )
        room = shape.width - sum(cell_len(each.text) for each in counts) - 6
        name = one_line(file.path, ascii_only=self._ascii)
        if file.path == WHOLE:
            counts = []
        return [
            self._bar(background, is_cursor=is_cursor),
            Segment(f"{self._fold(section)} ", in_band("muted")),
            Segment(f"{file.status} ", in_band(status_colour(file.status), bold=True)),
            Segment(
                _cut_left(name, room, look.glyphs.more), in_band("bright", bold=True)
            ),
            *counts,
        ]

    def _fold(self, section: FileSection) -> str:
        if self._ascii:
            return "v" if section.is_open else ">"
        return "▾" if section.is_open else "▸"

    def _note(self, row: Row, *, is_cursor: bool) -> list[Segment]:
        background = self.palette.cursor if is_cursor else self._look.background
        style = styled(self._look.muted, background, italic=True)
        text = one_line(row.text, ascii_only=self._ascii)
        return [
            self._bar(background, is_cursor=is_cursor),
            Segment(f"    {text}" if text else "", style),
        ]

    def _hunk(
        self, row: Row, section: FileSection, shape: Shape, *, is_cursor: bool
    ) -> list[Segment]:
        look = self._look
        background = self.palette.cursor if is_cursor else self.palette.empty
        style = styled(look.faint, background)
        dots = "..." if self._ascii else "⋯"
        room = max(1, shape.width - section.digits - 6)
        text = cut(
            cell_text(row.text, ascii_only=self._ascii), room, more=look.glyphs.more
        )
        line = f"{dots:>{section.digits}} {text}"
        return [
            self._bar(background, is_cursor=is_cursor),
            Segment(f"{line:<{shape.width}}", style),
        ]

    def _comment(
        self, row: Row, said: Said | None, shape: Shape, *, is_cursor: bool
    ) -> list[Segment]:
        look = self._look
        background = self.palette.cursor if is_cursor else self.palette.band
        edge = styled(look.accent, background)
        if said is not None and said.finding is not None:
            edge = styled(self._severity(said.finding), background)
        segments = [
            Segment("    ", styled(None, look.background)),
            Segment(f"{look.glyphs.bar} ", edge),
        ]
        if row.hunk == 0 and said is not None:
            segments += self._comment_head(said, shape, background)
        else:
            text = cell_text(row.text, ascii_only=self._ascii)
            segments.append(Segment(text, styled(look.text, background)))
        used = sum(cell_len(each.text) for each in segments)
        pad = max(0, min(shape.width, 106) - used)
        segments.append(Segment(" " * pad, styled(None, background)))
        return segments

    def _comment_head(self, said: Said, shape: Shape, background: str) -> list[Segment]:
        if said.finding is not None:
            return self._finding_head(said, said.finding, shape, background)
        look, comment = self._look, said.comment
        muted = styled(look.muted, background)
        at = datetime.fromisoformat(comment.at)
        parts = [said.where, age(at, shape.now)]
        state, colour = "not sent", look.warning
        if comment.is_resolved:
            state, colour = f"{look.glyphs.done} resolved", look.success
            parts.append(one_line(comment.text, ascii_only=self._ascii)[:60])
        elif comment.sent_at:
            state, colour = "sent", look.primary
        segments = [
            Segment(f"{state}  ", styled(colour, background, bold=True)),
            Segment(f" {look.glyphs.dot} ".join(parts), muted),
        ]
        if said.place is not None and said.place.is_outdated:
            style = styled(look.warning, background)
            segments.append(Segment("  outdated", style))
        return segments

    def _severity(self, kept: Kept) -> str:
        colour = COLOURS[kept.finding.severity] if kept.stands else "muted"
        return str(getattr(self._look, colour))

    def _finding_head(
        self, said: Said, kept: Kept, shape: Shape, background: str
    ) -> list[Segment]:
        """A finding's severity, rule, lines, and who found it."""
        look = self._look
        muted = styled(look.muted, background)
        at = datetime.fromisoformat(kept.at)
        parts = [said.where, f"by {kept.by}", age(at, shape.now)]
        if kept.finding.rule:
            parts.insert(0, kept.finding.rule)
        word = kept.finding.severity.value
        if not kept.stands:
            word = f"{look.glyphs.done} {kept.state.value}"
            parts.append(kept.reason)
        told = [one_line(part, ascii_only=self._ascii) for part in parts if part]
        style = styled(self._severity(kept), background, bold=True)
        segments = [
            Segment(f"{word}  ", style),
            Segment(f" {look.glyphs.dot} ".join(told), muted),
        ]
        state = state_words(kept, said.place) if kept.stands else ""
        if state:
            segments.append(Segment(f"  {state}", styled(look.warning, background)))
        return segments

    def _unified(
        self, section: FileSection, row: Row, shape: Shape, gutter: str
    ) -> list[Segment]:
        line = row.right or row.left
        assert line is not None
        old = row.left.old if row.left else None
        new = row.right.new if row.right else None
        width = section.digits
        numbers = f"{old or '':>{width}} {new or '':>{width}} "
        side = "old" if row.right is None else "new"
        return [
            *self._gutter(line.kind, numbers, gutter),
            *self._code(
                section, line, side, row.other, shape.width - 2 * width - 5, shape
            ),
        ]

    def _split(
        self, section: FileSection, row: Row, shape: Shape, gutter: str
    ) -> list[Segment]:
        rule = Segment(
            "|" if self._ascii else "│",
            styled(self._look.faint, self._look.background),
        )
        left_width = (shape.width - 1) // 2
        right_width = shape.width - 1 - left_width
        is_change = row.is_change
        return [
            *self._half(
                section,
                row.left,
                "old",
                row.right if is_change else None,
                left_width,
                shape,
                gutter,
            ),
            rule,
            *self._half(
                section,
                row.right,
                "new",
                row.left if is_change else None,
                right_width,
                shape,
                gutter,
                is_first=False,
            ),
        ]

    def _half(
        self,
        section: FileSection,
        line: DiffLine | None,
        side: str,
        other: DiffLine | None,
        width: int,
        shape: Shape,
        gutter: str,
        *,
        is_first: bool = True,
    ) -> list[Segment]:
        if line is None:
            style = styled(None, self.palette.empty)
            bar = self._bar(gutter or self.palette.empty, is_cursor=bool(gutter))
            start = [bar] if is_first else []
            return [*start, Segment(" " * (width - len(start)), style)]
        number = line.old if side == "old" else line.new
        numbers = f"{number or '':>{section.digits}} "
        segments = self._gutter(line.kind, numbers, gutter)
        if not is_first:
            segments = segments[1:]
        used = sum(len(each.text) for each in segments)
        return [
            *segments,
            *self._code(section, line, side, other, width - used, shape),
        ]

    def _gutter(self, kind: LineKind, numbers: str, gutter: str) -> list[Segment]:
        background = gutter or self.palette.tints[kind]
        return [
            self._bar(background, is_cursor=bool(gutter)),
            Segment(numbers, self.palette.sign(kind, background)),
            Segment(f"{kind.value} ", self.palette.sign(kind, background)),
        ]

    def _code(
        self,
        section: FileSection,
        line: DiffLine,
        side: str,
        other: DiffLine | None,
        width: int,
        shape: Shape,
    ) -> list[Segment]:
        """A line's text from column `x` on, in exactly `width` cells."""
        tint = self.palette.tints[line.kind]
        words = _own_words(line, side, other)
        number = line.old if side == "old" else line.new
        spans: Spans = ()
        if section.colours is not None and number is not None:
            spans = section.colours.of(side, number)
        text = line.text[:MAX_COLUMNS]
        segments = self._pieces(text, line.kind, spans, words)
        if line.text.endswith("\r"):
            segments[-1:] = [
                Segment(
                    "^M" if self._ascii else "␍", self.palette.sign(line.kind, tint)
                )
            ]
        if line.is_unended:
            style = styled(self._look.faint, tint, italic=True)
            segments.append(Segment(UNENDED, style))
        strip = Strip(segments)
        start, end = shape.x, shape.x + max(0, width)
        return list(strip.crop_extend(start, end, styled(None, tint)))

    def _pieces(
        self, text: str, kind: LineKind, spans: Spans, words: list[Span]
    ) -> list[Segment]:
        tint, strong = self.palette.tints[kind], self.palette.word_tints[kind]
        edges = {0, len(text)}
        for start, end, _ in spans:
            edges |= {min(start, len(text)), min(end, len(text))}
        for start, end in words:
            edges |= {min(start, len(text)), min(end, len(text))}
        if text.endswith("\r"):
            edges.add(len(text) - 1)
        cuts = sorted(edges)
        segments: list[Segment] = []
        column = span_at = word_at = 0
        for start, end in pairwise(cuts):
            while span_at < len(spans) and spans[span_at][1] <= start:
                span_at += 1
            while word_at < len(words) and words[word_at][1] <= start:
                word_at += 1
            token = ""
            if span_at < len(spans) and spans[span_at][0] <= start:
                token = spans[span_at][2]
            is_word = word_at < len(words) and words[word_at][0] <= start
            shown = self._shown(text[start:end], column)
            column += cell_len(shown)
            background = strong if is_word else tint
            segments.append(Segment(shown, self.palette.style(background, token)))
        return segments or [Segment("")]

    def _shown(self, piece: str, column: int) -> str:
        """A part of a line, its tabs widened to the stops of the whole line."""
        if "\t" not in piece:
            return cell_text(piece, ascii_only=self._ascii)
        parts: list[str] = []
        for number, part in enumerate(piece.split("\t")):
            if number:
                pad = TAB - column % TAB
                parts.append(" " * pad)
                column += pad
            shown = cell_text(part, ascii_only=self._ascii)
            parts.append(shown)
            column += cell_len(shown)
        return "".join(parts)


def status_colour(status: str) -> str:
    """The look's colour of a file's status letter."""
    return {"A": "success", "D": "error", "U": "error", "M": "warning"}.get(
        status, "accent"
    )


def _own_words(line: DiffLine, side: str, other: DiffLine | None) -> list[Span]:
    """The spans of a line that differ from its other version."""
    if other is None or line.kind is LineKind.CONTEXT:
        return []
    if max(len(line.text), len(other.text)) > MAX_COLUMNS:
        return []
    if side == "old":
        return _words(line.text, other.text)[0]
    return _words(other.text, line.text)[1]


def _cut_left(name: str, room: int, more: str) -> str:
    """A path cut at its beginning, so that its name stays."""
    if cell_len(name) <= room:
        return name
    while name and cell_len(name) > room - len(more):
        name = name[1:]
    return more + name
