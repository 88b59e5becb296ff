"""What a review shows, row by row: files, their patches, comments. No Textual here.

Rows are numbered from the top of the first file. A file whose patch is not read yet
has a row that says so, and grows when it is.
"""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from agentdeck.core.comments import Comment, Place, lines_named
from agentdeck.core.diff_rows import Row, RowKind, rows_of
from agentdeck.core.diff_text import FilePatch, parse_diff
from agentdeck.core.findings import Kept
from agentdeck.core.review import ReviewFile
from agentdeck.tui.highlighting import FileColours

MAX_AT_ONCE = 20_000
"""A file with more changed lines is shown when a person asks for it."""
MAX_READ_AHEAD = 120_000
"""Changed lines that are read before anyone looks at them; the rest when seen."""
PAGE_LINES = 2000
FIRST_PAGE_LINES = 600
"""The first page is small, so that it is there at once."""
PAGE_FILES = 60
MIN_WRAP = 20
WHOLE = "the change as a whole"
"""Stands for a file, where what is said is about none."""


@dataclass(slots=True)
class FileSection:
    """One file in the review."""

    file: ReviewFile
    is_open: bool
    patch: FilePatch | None = None
    is_asked: bool = False
    """Its patch is on its way."""
    is_wanted: bool = False
    """A person asked for it, however large it is."""
    is_cut: bool = False
    problem: str = ""
    colours: FileColours | None = None
    rows: list[Row] = field(default_factory=list)
    base: list[Row] = field(default_factory=list)
    digits: int = 3
    is_elsewhere: bool = False
    """It is not in what is compared: only its comments are shown."""
    is_split: bool = False
    """Whether its sides stand beside each other: not where there is only one."""

    @property
    def has_text(self) -> bool:
        """Whether there are lines to show."""
        return self.file.added + self.file.removed > 0 and not self.file.is_binary

    @property
    def lines(self) -> int:
        """How many lines are changed in it."""
        return self.file.added + self.file.removed

    @property
    def is_large(self) -> bool:
        """Whether it waits for a person to ask for it."""
        return self.lines > MAX_AT_ONCE and not self.is_wanted

    @property
    def needs_patch(self) -> bool:
        """Whether its patch should be read now."""
        return (
            self.is_open
            and self.has_text
            and self.patch is None
            and not (self.is_asked or self.is_large or self.problem)
        )


@dataclass(frozen=True, slots=True)
class Patched:
    """What was read of one file, with its rows made."""

    number: int
    patch: FilePatch
    rows: list[Row]
    is_split: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A comment and where it stands."""

    comment: Comment
    place: Place | None
    finding: Kept | None = None
    """What a reviewing agent found, which is then shown as a comment is."""

    @property
    def line(self) -> int:
        """The line under which it is shown; 0 for the file as a whole."""
        return self.place.end if self.place else self.comment.anchor.end

    @property
    def where(self) -> str:
        """Its lines in words."""
        return lines_named(self.comment.anchor, self.place)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is found again after the rows have changed."""

    path: str
    kind: RowKind = RowKind.FILE
    old: int | None = None
    new: int | None = None
    comment: str = ""


class ReviewModel:
    """All rows of a review."""

    def __init__(self, files: Sequence[ReviewFile], *, is_split: bool = False) -> None:
        self.sections = [
            FileSection(f, is_open=not (f.is_generated or f.is_reviewed)) for f in files
        ]
        self.is_split = is_split
        self.said: dict[str, list[Said]] = {}
        self.width = 80
        self._starts: list[int] = [0]
        for section in self.sections:
            self._build(section)
        self._number()

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return self._starts[-1]

    def at(self, y: int) -> tuple[FileSection, Row]:
        """The section and the row at a place."""
        number = min(bisect_right(self._starts, y) - 1, len(self.sections) - 1)
        section = self.sections[number]
        return section, section.rows[y - self._starts[number]]

    @property
    def compared(self) -> list[FileSection]:
        """The files that differ, without those that are only commented."""
        return [section for section in self.sections if not section.is_elsewhere]

    def start_of(self, number: int) -> int:
        """The place of a file's first row."""
        return self._starts[number]

    def number_at(self, y: int) -> int:
        """The number of the file at a place."""
        return self.at(y)[0].file.number

    def spot(self, y: int) -> Spot | None:
        """What stands at a place, to find it again."""
        if not self.row_count:
            return None
        section, row = self.at(min(y, self.row_count - 1))
        old = row.left.old if row.left else None
        new = row.right.new if row.right else None
        return Spot(section.file.path, row.kind, old, new, row.comment)

    def find(self, spot: Spot | None) -> int | None:
        """Where a spot is now: the same row, or the nearest one of its file."""
        if spot is None:
            return None
        for section in self.sections:
            if spot.path in (section.file.path, section.file.old_path):
                start = self._starts[section.file.number]
                return start + _nearest(section.rows, spot)
        return None

    def pages(self, *, first: bool) -> list[list[int]]:
        """The files whose patches should be read, in pages of a bearable size."""
        pages: list[list[int]] = []
        room = 0
        ahead = sum(s.lines for s in self.sections if s.patch is not None)
        for section in self.sections:
            if not section.needs_patch:
                continue
            lines = section.lines
            ahead += lines
            if ahead > MAX_READ_AHEAD and pages:
                break
            if room < lines or len(pages[-1]) >= PAGE_FILES:
                pages.append([])
                room = FIRST_PAGE_LINES if first and len(pages) == 1 else PAGE_LINES
            pages[-1].append(section.file.number)
            room -= lines
        return pages

    def page_from(self, number: int) -> list[int]:
        """The files to read at once when one of them is seen."""
        page: list[int] = []
        room = FIRST_PAGE_LINES
        for section in self.sections[number:]:
            room -= section.lines
            if page and (room < 0 or len(page) >= PAGE_FILES):
                break
            page += [section.file.number] if section.needs_patch else []
        return page

    def read(self, numbers: Iterable[int], text: str) -> list[Patched]:
        """Read the diff of some files; it changes nothing, so a thread may do it."""
        by_path: dict[str, list[FilePatch]] = {}
        for patch in parse_diff(text):
            by_path.setdefault(patch.path, []).append(patch)
        found: list[Patched] = []
        for number in numbers:
            file = self.sections[number].file
            patch = _joined(file, by_path.get(file.path, []))
            is_split = self._is_split(file)
            rows = rows_of(patch, is_split=is_split)
            found.append(Patched(number, patch, rows, is_split))
        return found

    def take(self, read: Iterable[Patched], *, is_cut: bool = False) -> None:
        """Take in what was read of some files; `is_cut` if there would be more."""
        for each in read:
            section = self.sections[each.number]
            section.is_asked, section.is_cut = False, is_cut
            section.patch, section.colours = each.patch, FileColours(each.patch)
            section.is_split, section.base = each.is_split, each.rows
            section.digits = _digits(each.patch)
            self._build(section)
        self._number()

    def _is_split(self, file: ReviewFile) -> bool:
        return self.is_split and file.status not in "AD"

    def refuse(self, numbers: Iterable[int], problem: str) -> None:
        """Say in some files why their lines are not there."""
        for number in numbers:
            section = self.sections[number]
            section.is_asked, section.problem = False, problem
            self._build(section)
        self._number()

    def set_open(self, number: int, *, is_open: bool) -> None:
        """Open or close a file."""
        section = self.sections[number]
        section.is_open = is_open
        self._build(section)
        self._number()

    def want(self, number: int) -> None:
        """Show a file however large it is."""
        section = self.sections[number]
        section.is_wanted, section.is_open = True, True
        if section.is_cut:
            section.patch, section.is_cut = None, False
        self._build(section)
        self._number()

    def mark(self, numbers: Iterable[int], *, is_reviewed: bool) -> None:
        """Mark files as reviewed, which closes them, or open them again."""
        for number in numbers:
            section = self.sections[number]
            if section.is_elsewhere:
                continue
            section.file = replace(section.file, is_reviewed=is_reviewed)
            section.is_open = not is_reviewed
            self._build(section)
        self._number()

    def show(self, *, is_split: bool, width: int) -> None:
        """Show side by side or unified, in a width for comments."""
        if (is_split, width) == (self.is_split, self.width):
            return
        self.is_split, self.width = is_split, width
        self._build_all()

    def take_comments(self, said: Iterable[Said]) -> None:
        """Show these comments."""
        self.said = {}
        for each in said:
            self.said.setdefault(each.comment.anchor.path, []).append(each)
        self.sections = self.compared
        known = {section.file.path for section in self.sections}
        known |= {s.file.old_path for s in self.sections if s.file.old_path}
        for path in sorted(self.said.keys() - known):
            file = ReviewFile(len(self.sections), path, " ")
            self.sections.append(FileSection(file, is_open=True, is_elsewhere=True))
        self._build_all()

    def comments_of(self, file: ReviewFile) -> list[Said]:
        """The comments on a file."""
        named = [*self.said.get(file.path, ())]
        if file.old_path is not None and file.old_path != file.path:
            named += self.said.get(file.old_path, ())
        return named

    def comment(self, comment_id: str) -> Said | None:
        """A comment by its id."""
        every = (each for said in self.said.values() for each in said)
        return next((each for each in every if each.comment.id == comment_id), None)

    def _build_all(self) -> None:
        for section in self.sections:
            self._build(section)
        self._number()

    def _number(self) -> None:
        starts = [0]
        for section in self.sections:
            starts.append(starts[-1] + len(section.rows))
        self._starts = starts

    def _build(self, section: FileSection) -> None:
        rows = [Row(RowKind.FILE)]
        said = self.comments_of(section.file)
        if section.is_open:
            rows += [Row(RowKind.NOTE, text=note) for note in _notes(section)]
            if section.patch is not None:
                if section.is_split is not self._is_split(section.file):
                    section.is_split = self._is_split(section.file)
                    section.base = rows_of(section.patch, is_split=section.is_split)
                rows += self._with_comments(section, said)
            else:
                rows += [row for each in said for row in self._comment_rows(each)]
            if section.is_cut and section.patch is not None:
                note = CUT_FOR_GOOD if section.is_wanted else CUT
                rows.append(Row(RowKind.NOTE, text=note))
            rows.append(Row(RowKind.NOTE))
        section.rows = rows

    def _with_comments(self, section: FileSection, said: list[Said]) -> list[Row]:
        if not said:
            return section.base
        shown = _rows_by_line(section.base)
        under: dict[int, list[Said]] = {}
        above: list[Said] = []
        for each in said:
            at = shown.get((each.comment.anchor.side, each.line))
            if at is None:
                above.append(each)
            else:
                under.setdefault(at, []).append(each)
        rows = [row for each in above for row in self._comment_rows(each)]
        for at, row in enumerate(section.base):
            rows.append(row)
            for each in under.get(at, ()):
                rows += self._comment_rows(each)
        return rows

    def _comment_rows(self, said: Said) -> list[Row]:
        width = max(MIN_WRAP, min(self.width - 6, 96))
        lines: list[str] = []
        for line in said.comment.text.split("\n"):
            lines += textwrap.wrap(line, width, tabsize=4) or [""]
        heading = Row(RowKind.COMMENT, 0, comment=said.comment.id)
        if said.comment.is_resolved:
            return [heading]
        body = [
            Row(RowKind.COMMENT, 1, text=line, comment=said.comment.id)
            for line in lines
        ]
        return [heading, *body]


CUT = "The file goes on; enter shows more of it."
CUT_FOR_GOOD = "The file goes on; E opens it in your editor."
LARGE = "{count:,} changed lines; enter shows them."
WAITS = "reading…"


def _notes(section: FileSection) -> list[str]:
    """What is said of a file before its lines."""
    file = section.file
    if section.is_elsewhere:
        return [] if file.path == WHOLE else ["not in what is compared"]
    notes: list[str] = []
    if file.status == "U":
        notes.append("A merge inside the worktree waits: this file has conflicts.")
    if file.old_path is not None:
        verb = "copied" if file.status == "C" else "renamed"
        notes.append(f"{verb} from {file.old_path}")
    if file.has_new_mode:
        notes.append(f"mode {file.old_mode} became {file.new_mode}")
    elif file.status == "A" and file.new_mode == "100755":
        notes.append("executable")
    if "120000" in (file.old_mode, file.new_mode):
        notes.append("a symbolic link; the line is its target")
    if file.is_submodule:
        notes.append("a submodule; the lines are its commits")
    notes += _state_notes(section)
    return notes


def _state_notes(section: FileSection) -> list[str]:
    file = section.file
    if section.problem:
        return [section.problem]
    if file.is_binary:
        return ["a binary file"]
    if not section.has_text:
        if file.old_path is not None or file.has_new_mode:
            return []
        if file.status == "M":
            return ["only white space differs"]
        return ["an empty file"]
    if section.patch is not None:
        return [] if section.patch.hunks else ["no line differs"]
    if section.is_large:
        return [LARGE.format(count=file.added + file.removed)]
    return [WAITS]


def _joined(file: ReviewFile, patches: list[FilePatch]) -> FilePatch:
    """One patch of those of a file: what became a link is removed and then added."""
    hunks = tuple(hunk for patch in patches for hunk in patch.hunks)
    if len(patches) == 1:
        return patches[0]
    return FilePatch(file.old_path or file.path, file.path, hunks)


def _digits(patch: FilePatch) -> int:
    ends = [
        max(hunk.old_start + hunk.old_count, hunk.new_start + hunk.new_count)
        for hunk in patch.hunks
    ]
    return max(3, len(str(max(ends, default=0))))


def _rows_by_line(rows: list[Row]) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for at, row in enumerate(rows):
        if row.left is not None and row.left.old is not None:
            found["old", row.left.old] = at
        if row.right is not None and row.right.new is not None:
            found["new", row.right.new] = at
    return found


def _nearest(rows: list[Row], spot: Spot) -> int:
    if spot.kind is RowKind.FILE:
        return 0
    best, distance = 0, 1 << 30
    for at, row in enumerate(rows):
        if spot.comment and row.comment == spot.comment:
            return at
        away = _distance(row, spot)
        if away < distance:
            best, distance = at, away
    return best


def _distance(row: Row, spot: Spot) -> int:
    if row.kind is not RowKind.LINE:
        return 1 << 30
    new = row.right.new if row.right else None
    old = row.left.old if row.left else None
    if spot.new is not None and new is not None:
        return 2 * abs(new - spot.new)
    if spot.old is not None and old is not None:
        return 2 * abs(old - spot.old) + 1
    return 1 << 30
