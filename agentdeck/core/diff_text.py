r"""What `git diff` prints, read into files, hunks and lines.

Hunks are read by the counts in their headers, so that no line of a file can pass for
a header. Lines part at `\\n` alone: a carriage return belongs to its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_GIT = "diff --git "


class LineKind(StrEnum):
    """What became of a line, by the sign that it has in a diff."""

    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk, without its sign and line end."""

    kind: LineKind
    text: str
    old: int | None
    """Its number on the old side, from 1; None for an added line."""
    new: int | None
    """Its number on the new side; None for a removed line."""
    is_unended: bool = False
    """It is the last of its file, and no line end follows."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of changed lines with the context around it."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    """The line above it that git takes for its function."""
    lines: tuple[DiffLine, ...]

    @property
    def header(self) -> str:
        """The line with the two ranges, as git has it."""
        old = f"{self.old_start},{self.old_count}"
        new = f"{self.new_start},{self.new_count}"
        return f"@@ -{old} +{new} @@ {self.heading}".rstrip()

    @property
    def text(self) -> str:
        """Header and lines as git has them, with their ends."""
        lines = [f"{self.header}\n"]
        for line in self.lines:
            lines.append(f"{line.kind.value}{line.text}\n")
            if line.is_unended:
                lines.append("\\ No newline at end of file\n")
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The text of one file's change."""

    old_path: str | None
    """None where there was no file."""
    new_path: str | None
    """None where there is no file any more."""
    hunks: tuple[Hunk, ...] = ()
    is_binary: bool = False

    @property
    def path(self) -> str:
        """What the file is called, or was called last."""
        return self.new_path or self.old_path or ""


def parse_diff(text: str) -> list[FilePatch]:
    """Read a diff of any number of files; a part that is cut off is read so far."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    starts = list(_file_starts(lines))
    ends = [*starts, len(lines)]
    return [_file(lines[a:b]) for a, b in pairwise(ends)]


def _file_starts(lines: list[str]) -> Iterator[int]:
    at = 0
    while at < len(lines):
        if lines[at].startswith(_GIT):
            yield at
            at += 1
        elif (header := _HUNK.fullmatch(lines[at])) is not None:
            at = _hunk_end(lines, at + 1, _counts(header))
        else:
            at += 1


def _counts(header: re.Match[str]) -> tuple[int, int]:
    return int(header[2] or 1), int(header[4] or 1)


def _hunk_end(lines: list[str], at: int, counts: tuple[int, int]) -> int:
    old, new = counts
    while at < len(lines) and (old > 0 or new > 0 or lines[at].startswith("\\")):
        match lines[at][:1]:
            case "+":
                new -= 1
            case "-":
                old -= 1
            case "\\":
                pass
            case _:
                old, new = old - 1, new - 1
        at += 1
    return at


def _file(lines: list[str]) -> FilePatch:
    old: str | None
    new: str | None
    old, new = _names_in(lines[0].removeprefix(_GIT))
    is_binary = False
    hunks: list[Hunk] = []
    at = 1
    while at < len(lines):
        line = lines[at]
        if (header := _HUNK.fullmatch(line)) is not None:
            end = _hunk_end(lines, at + 1, _counts(header))
            hunks.append(_hunk(header, lines[at + 1 : end]))
            at = end
            continue
        if line.startswith(("rename from ", "copy from ")):
            old = _unquoted(line.split(" from ", 1)[1])
        elif line.startswith(("rename to ", "copy to ")):
            new = _unquoted(line.split(" to ", 1)[1])
        elif line.startswith("--- "):
            old = _name_in(line[4:])
        elif line.startswith("+++ "):
            new = _name_in(line[4:])
        elif line.startswith("new file mode"):
            old = None
        elif line.startswith("deleted file mode"):
            new = None
        elif line.startswith(("Binary files ", "GIT binary patch")):
            is_binary = True
        at += 1
    return FilePatch(old, new, tuple(hunks), is_binary)


def _hunk(header: re.Match[str], body: list[str]) -> Hunk:
    old, new = int(header[1]), int(header[3])
    old_count, new_count = _counts(header)
    lines: list[DiffLine] = []
    for number, line in enumerate(body):
        if line.startswith("\\"):
            continue
        follows = body[number + 1 : number + 2]
        is_unended = bool(follows) and follows[0].startswith("\\")
        text = line[1:]
        match line[:1]:
            case "+":
                lines.append(DiffLine(LineKind.ADDED, text, None, new, is_unended))
                new += 1
            case "-":
                lines.append(DiffLine(LineKind.REMOVED, text, old, None, is_unended))
                old += 1
            case _:
                lines.append(DiffLine(LineKind.CONTEXT, text, old, new, is_unended))
                old, new = old + 1, new + 1
    starts = int(header[1]), int(header[3])
    return Hunk(
        starts[0], old_count, starts[1], new_count, header[5].rstrip("\r"), tuple(lines)
    )


def _names_in(words: str) -> tuple[str, str]:
    """The two names of a `diff --git` line, which are one name but for renames."""
    if words.startswith('"'):
        end = re.compile(r'"(?:[^"\\]|\\.)*"').match(words)
        first = words[: end.end()] if end else words
        second = words[len(first) + 1 :]
    elif words.endswith('"'):
        first, _, second = words.partition(' "')
        second = f'"{second}'
    else:
        # Two equal names with a space between them; a rename's names come later.
        half = len(words) // 2
        first, second = words[:half], words[half + 1 :]
    return _without_side(_unquoted(first)), _without_side(_unquoted(second))


def _name_in(word: str) -> str | None:
    """A name after `---` or `+++`; git ends it with a tab if it has a space."""
    name = word if word.startswith('"') else word.removesuffix("\t")
    return None if name == "/dev/null" else _without_side(_unquoted(name))


def _without_side(name: str) -> str:
    return name[2:] if name.startswith(("a/", "b/")) else name


def _unquoted(name: str) -> str:
    """A name as it is on disk; git quotes those with control characters or quotes."""
    if not (name.startswith('"') and name.endswith('"') and len(name) > 1):
        return name
    plain: list[bytes] = []
    at = 0
    inner = name[1:-1]
    for found in _ESCAPE.finditer(inner):
        plain.append(inner[at : found.start()].encode("utf-8", "surrogateescape"))
        plain.append(bytes([_escaped_byte(found[1])]) if found[1] else b"")
        at = found.end()
    plain.append(inner[at:].encode("utf-8", "surrogateescape"))
    return b"".join(plain).decode("utf-8", "surrogateescape")


def _escaped_byte(code: str) -> int:
    if code.isdigit():
        return int(code, 8) & 0xFF
    return _ESCAPED.get(code, ord(code) & 0xFF)


def excerpt(patch: FilePatch, side: str, first: int, last: int, around: int = 3) -> str:
    """The part of a file's diff in which some lines of a side stand, with its header.

    Empty if no hunk has them.
    """
    for hunk in patch.hunks:
        numbers = [line.old if side == "old" else line.new for line in hunk.lines]
        inside = [at for at, n in enumerate(numbers) if n and first <= n <= last]
        if inside:
            shown = hunk.lines[max(0, inside[0] - around) : inside[-1] + 1]
            body = [f"{line.kind.value}{line.text}" for line in shown]
            return "\n".join([hunk.header, *body])
    return ""


def hunks_to_wire(patch: FilePatch) -> list[dict[str, Any]]:
    """The hunks of a file as `agentdeck diff --json` shows them."""
    return [
        {
            "old_start": hunk.old_start,
            "old_count": hunk.old_count,
            "new_start": hunk.new_start,
            "new_count": hunk.new_count,
            "heading": hunk.heading,
            "lines": [
                {
                    "kind": line.kind.name.lower(),
                    "old": line.old,
                    "new": line.new,
                    "text": line.text,
                    "is_unended": line.is_unended,
                }
                for line in hunk.lines
            ],
        }
        for hunk in patch.hunks
    ]
