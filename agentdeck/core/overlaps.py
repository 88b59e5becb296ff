"""Which of two changes can get into each other's way, and on which lines.

Pure. `agentdeck.git.overlaps` does the merging; this decides which pairs need one, and
reads lines out of hunks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Touched = Mapping[str, str]
"""What a side changed: paths with git's letter (A, M, D, T)."""

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that a side changed: where they were, and where they are."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int


@dataclass(frozen=True, slots=True)
class Lines:
    """A clash within a file: the lines of each side, both ends included.

    A side that deleted its lines has the one line before them.
    """

    ours: tuple[int, int]
    theirs: tuple[int, int]


def may_collide(ours: Touched, theirs: Touched) -> bool:
    """Whether a merge of two changes could be anything but clean.

    They can only clash in a file of both, where one's file is the other's folder, or
    where one adds files to a folder of which the other moved files away.
    """
    if len(theirs) < len(ours):
        ours, theirs = theirs, ours
    if any(path in theirs for path in ours):
        return True
    return (
        _is_below(ours, theirs)
        or _is_below(theirs, ours)
        or _adds_where_gone(ours, theirs)
        or _adds_where_gone(theirs, ours)
    )


def shared_files(ours: Touched, theirs: Touched) -> tuple[str, ...]:
    """The files that both changed."""
    return tuple(sorted(path for path in ours if path in theirs))


def concerned(files: Iterable[str], ours: Touched, theirs: Touched) -> tuple[str, ...]:
    """The files of a conflict that are both sides' own doing.

    Two branches that began at different commits may also clash over what came into
    the base between; that is no matter between the two.
    """
    both = set(shared_files(ours, theirs))
    if not both:
        return tuple(files)
    return tuple(path for path in files if path in both)


def hunks_by_file(patch: str) -> dict[str, list[Hunk]]:
    """The hunks of `git diff --unified=0`, by the file's path in the old or new state."""
    found: dict[str, list[Hunk]] = {}
    old = path = ""
    content_lines = 0
    for line in patch.split("\n"):
        if content_lines > 0:
            content_lines -= not line.startswith("\\")
        elif line.startswith("--- "):
            old = _path_in(line[4:])
        elif line.startswith("+++ "):
            path = _path_in(line[4:]) or old
            found.setdefault(path, [])
        elif (match := _HUNK.match(line)) and path in found:
            start, count, new_start, new_count = map(int, match.groups(default="1"))
            found[path].append(Hunk(start, count, new_start, new_count))
            content_lines = count + new_count
    return found


def clashes(ours: Sequence[Hunk], theirs: Sequence[Hunk]) -> tuple[Lines, ...]:
    """Where two changes of one file touch: the same lines, or lines side by side."""
    return tuple(
        Lines(_shown(mine), _shown(other))
        for mine in ours
        for other in theirs
        if _touch(mine, other)
    )


def _touch(one: Hunk, other: Hunk) -> bool:
    first, last = _span(one)
    other_first, other_last = _span(other)
    return first <= other_last and other_first <= last


def _span(hunk: Hunk) -> tuple[int, int]:
    """The gaps between old lines that a hunk covers; the gap after line n is n."""
    if hunk.old_count == 0:
        return hunk.old_start, hunk.old_start
    return hunk.old_start - 1, hunk.old_start + hunk.old_count - 1


def _shown(hunk: Hunk) -> tuple[int, int]:
    if hunk.new_count == 0:
        return max(hunk.new_start, 1), max(hunk.new_start, 1)
    return hunk.new_start, hunk.new_start + hunk.new_count - 1


def _path_in(name: str) -> str:
    name = name.rstrip("\t")
    return "" if name == "/dev/null" else name[2:]


def _is_below(inner: Touched, outer: Touched) -> bool:
    """Whether a path of one lies below a path of the other."""
    return any(folder in outer for path in inner for folder in _folders(path))


def _adds_where_gone(adder: Touched, remover: Touched) -> bool:
    gone = {
        folder
        for path, letter in remover.items()
        if letter == "D"
        for folder in _folders(path)[:1]
    }
    if not gone:
        return False
    return any(
        folder in gone
        for path, letter in adder.items()
        if letter == "A"
        for folder in _folders(path)
    )


def _folders(path: str) -> list[str]:
    """The folders that a path is in, the innermost first; the top has none."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]
