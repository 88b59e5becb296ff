"""The rows in which a file's change is shown: unified, or side by side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentdeck.core.diff_text import DiffLine, FilePatch, Hunk, LineKind
from agentdeck.core.word_diff import paired


class RowKind(StrEnum):
    """What a row shows."""

    FILE = "file"
    NOTE = "note"
    HUNK = "hunk"
    LINE = "line"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Of a line in both versions, `left` and `right` are the same object."""

    kind: RowKind
    hunk: int = -1
    left: DiffLine | None = None
    """The line on the old side."""
    right: DiffLine | None = None
    """The line on the new side."""
    other: DiffLine | None = None
    """In a unified view, the version of the line that stands in another row."""
    text: str = ""
    comment: str = ""
    """The id of the comment that the row is of."""

    @property
    def is_change(self) -> bool:
        """Whether a line is not the same on both sides."""
        return self.kind is RowKind.LINE and self.left is not self.right


def rows_of(patch: FilePatch, *, is_split: bool) -> list[Row]:
    """The rows of a file's hunks, each under its header."""
    rows: list[Row] = []
    end = 0
    for number, hunk in enumerate(patch.hunks):
        hidden = max(0, hunk.new_start - 1 - end) if hunk.new_count else 0
        end = hunk.new_start + hunk.new_count - 1
        text = _hunk_text(hunk, hidden)
        if text or number:
            rows.append(Row(RowKind.HUNK, number, text=text))
        rows += _hunk_rows(hunk, number, is_split=is_split)
    return rows


def _hunk_text(hunk: Hunk, hidden: int) -> str:
    noun = "line" if hidden == 1 else "lines"
    gap = f"{hidden} unchanged {noun}" if hidden else ""
    return "   ".join(part for part in (gap, hunk.heading) if part)


def _hunk_rows(hunk: Hunk, number: int, *, is_split: bool) -> list[Row]:
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    rows: list[Row] = []
    for line in hunk.lines:
        if line.kind is LineKind.ADDED:
            added.append(line)
            continue
        if added or (removed and line.kind is LineKind.CONTEXT):
            rows += _block_rows(removed, added, number, is_split=is_split)
            removed, added = [], []
        if line.kind is LineKind.REMOVED:
            removed.append(line)
        else:
            rows.append(Row(RowKind.LINE, number, line, line))
    rows += _block_rows(removed, added, number, is_split=is_split)
    return rows


def _block_rows(
    removed: list[DiffLine], added: list[DiffLine], hunk: int, *, is_split: bool
) -> list[Row]:
    if not removed:
        return [Row(RowKind.LINE, hunk, None, line) for line in added]
    if not added:
        return [Row(RowKind.LINE, hunk, line) for line in removed]
    pairs = paired([line.text for line in removed], [line.text for line in added])
    if is_split:
        return [
            Row(
                RowKind.LINE,
                hunk,
                None if a is None else removed[a],
                None if b is None else added[b],
            )
            for a, b in pairs
        ]
    new_of = {a: added[b] for a, b in pairs if a is not None and b is not None}
    old_of = {b: removed[a] for a, b in pairs if a is not None and b is not None}
    return [
        *(
            Row(RowKind.LINE, hunk, line, None, new_of.get(a))
            for a, line in enumerate(removed)
        ),
        *(
            Row(RowKind.LINE, hunk, None, line, old_of.get(b))
            for b, line in enumerate(added)
        ),
    ]
