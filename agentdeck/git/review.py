"""What a review shows: the two sides, the files that differ, their patches.

Nothing here writes to a worktree, its index or the repository, and no program that a
repository names is run: no external diff, no text conversion.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentdeck.core.generated_files import is_generated
from agentdeck.core.review import ReviewFile
from agentdeck.git import commands
from agentdeck.git.diffs import PLAIN, index_copy, parse_numstat
from agentdeck.git.errors import GitError
from agentdeck.git.review_sides import Sides

MAX_HASHED_BYTES = 32 * 1024 * 1024
"""A larger uncommitted file is known by its size and time."""
MAX_CONTENT_BYTES = 8 * 1024 * 1024

_SHAPE = (
    *PLAIN,
    "--no-color",
    "--no-relative",
    "--submodule=short",
    "--find-renames",
    "--diff-algorithm=histogram",
    "--inter-hunk-context=0",
    "-O/dev/null",
)
"""Options that make a diff the same whatever a person's settings are."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files that differ, and a name for exactly this state of them."""

    name: str
    sides: Sides
    files: tuple[ReviewFile, ...]


def listing(
    sides: Sides, *, with_counts: bool = True, ignore_space: bool = False
) -> Listing:
    """The files that differ, with their counts of lines and what git says of them.

    Args:
        sides: What is compared.
        with_counts: Count lines and ask for attributes, which takes longer.
        ignore_space: Count no line in which only white space differs.
    """
    options = ["--raw", "--no-abbrev", "-z"]
    options += ["--numstat"] if with_counts else []
    options += ["-w"] if ignore_space else []
    with _index_of(sides) as index:
        shown = commands.read(
            sides.where,
            "diff",
            *_SHAPE,
            *options,
            *_revisions(sides),
            "--",
            index=index,
        )
    files = _with_blobs(sides, _parse_raw(shown.records()))
    name = _name_of(sides, files)
    if with_counts:
        files = _with_attributes(sides, files)
    return Listing(name, sides, tuple(files))


def patch_text(
    found: Listing,
    numbers: Sequence[int],
    *,
    context: int = 3,
    ignore_space: bool = False,
    limit: int,
) -> tuple[str, bool]:
    """The diff of some files of a listing, and whether it was cut at a limit of bytes."""
    paths: list[str] = []
    for number in numbers:
        file = found.files[number]
        paths += [file.path] if file.old_path is None else [file.old_path, file.path]
    if not paths:
        return "", False
    options = ["--patch", f"--unified={context}"]
    options += ["-w"] if ignore_space else []
    specs = [f":(top,literal){path}" for path in dict.fromkeys(paths)]
    sides = found.sides
    with _index_of(sides) as index:
        data, is_cut = commands.read_up_to(
            sides.where,
            "diff",
            *_SHAPE,
            *options,
            *_revisions(sides),
            "--",
            *specs,
            index=index,
            limit=limit,
        )
    return data.decode("utf-8", "replace"), is_cut


def whole_text(
    sides: Sides, *, stat: bool, color: bool, ignore_space: bool, limit: int
) -> tuple[str, bool]:
    """The diff of all files as git prints it, and whether it was cut at a limit.

    Args:
        sides: What is compared.
        stat: A summary by file in place of the text.
        color: With the terminal colours that git is set to.
        ignore_space: Pass over lines in which only white space differs.
        limit: How many bytes there may be.
    """
    options = ["--stat" if stat else "--patch", *(["-w"] if ignore_space else [])]
    options.append(f"--color={'always' if color else 'never'}")
    with _index_of(sides) as index:
        data, is_cut = commands.read_up_to(
            sides.where,
            "diff",
            *_SHAPE,
            *options,
            *_revisions(sides),
            "--",
            index=index,
            limit=limit,
        )
    return data.decode("utf-8", "replace"), is_cut


def content_of(sides: Sides, path: str, *, is_old: bool) -> list[str] | None:
    """The lines of a file on one side; None if it is not there, huge or no text."""
    revision = sides.old if is_old else sides.new
    if revision is None:
        data = _read_inside(sides.where, path)
    else:
        try:
            data, is_cut = commands.read_up_to(
                sides.where,
                "cat-file",
                "blob",
                f"{revision}:{path}",
                limit=MAX_CONTENT_BYTES,
            )
        except GitError:
            return None
        data = None if is_cut else data
    if data is None or b"\0" in data[:8000]:
        return None
    lines = data.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _revisions(sides: Sides) -> list[str]:
    return [sides.old] if sides.new is None else [sides.old, sides.new]


@contextmanager
def _index_of(sides: Sides) -> Iterator[Path | None]:
    """For a worktree, an index in which what is untracked is meant to be added."""
    if sides.new is not None:
        yield None
        return
    with index_copy(sides.where) as index:
        options = ("--intent-to-add", "--ignore-errors", "--sparse", "--", ".")
        commands.write(sides.where, "add", *options, index=index, ok=(0, 1))
        yield index


def _parse_raw(records: list[str]) -> list[ReviewFile]:
    """Read what `--raw --numstat -z` prints."""
    files: dict[str, ReviewFile] = {}
    remaining = iter(records)
    counts: list[str] = []
    for record in remaining:
        if not record.startswith(":"):
            counts = [record, *remaining]
            break
        old_mode, new_mode, old_blob, new_blob, status = record[1:].split(" ")
        path, old_path = next(remaining), None
        if status[0] in "RC":
            old_path, path = path, next(remaining)
        letter = (
            "U" if path in files and "U" in (status, files[path].status) else status[0]
        )
        files[path] = ReviewFile(
            number=0,
            path=path,
            status=letter,
            old_path=old_path,
            old_mode=old_mode,
            new_mode=new_mode,
            old_blob=old_blob,
            new_blob=new_blob,
        )
    for count in parse_numstat(counts):
        file = files.get(count.path)
        if file is not None:
            files[count.path] = replace(
                file,
                added=count.added,
                removed=count.removed,
                is_binary=count.is_binary,
            )
    return [replace(file, number=n) for n, file in enumerate(files.values())]


def _with_blobs(sides: Sides, files: list[ReviewFile]) -> list[ReviewFile]:
    """The files with an id of what the worktree holds, which git has not hashed."""
    if sides.new is not None:
        return files
    unknown = [f for f in files if f.status != "D" and not f.new_blob.strip("0")]
    plain = [f.path for f in unknown if _is_plain_file(sides.where, f.path)]
    ids = dict(zip(plain, _hashed(sides.where, plain), strict=False))
    named = {f.number: ids.get(f.path) or _odd_id(sides.where, f) for f in unknown}
    return [replace(f, new_blob=named.get(f.number, f.new_blob)) for f in files]


def _is_plain_file(where: Path, path: str) -> bool:
    if "\n" in path:
        return False
    try:
        found = (where / path).lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= MAX_HASHED_BYTES


def _hashed(where: Path, paths: list[str]) -> list[str]:
    if not paths:
        return []
    asked = os.fsencode("\n".join(paths) + "\n")
    shown = commands.read(
        where, "hash-object", "--stdin-paths", stdin=asked, ok=(0, 128)
    )
    return shown.text.splitlines()


def _odd_id(where: Path, file: ReviewFile) -> str:
    """An id for a link, a submodule, or a file that is large or oddly named."""
    path = where / file.path
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            target = os.fsencode(path.readlink())
            kind = hashlib.sha256 if len(file.old_blob) == 64 else hashlib.sha1
            return kind(b"blob %d\0%s" % (len(target), target)).hexdigest()
    except OSError:
        return "missing"
    return f"{found.st_size}-{found.st_mtime_ns}"


def _with_attributes(sides: Sides, files: list[ReviewFile]) -> list[ReviewFile]:
    attribute = "linguist-generated"
    asked = os.fsencode("".join(f"{file.path}\0" for file in files))
    shown = commands.read(
        sides.where, "check-attr", "-z", "--stdin", attribute, stdin=asked, ok=(0, 128)
    )
    records = shown.records()
    said = dict(zip(records[::3], records[2::3], strict=False))
    return [
        replace(
            file,
            is_generated=is_generated(file.path, said.get(file.path, "unspecified")),
        )
        for file in files
    ]


def _name_of(sides: Sides, files: Iterable[ReviewFile]) -> str:
    digest = hashlib.sha256(f"{sides.old} {sides.new}".encode())
    for f in files:
        fields = (f.path, f.status, f.old_mode, f.new_mode, f.old_blob, f.new_blob)
        digest.update("\0".join(fields).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def _read_inside(where: Path, path: str) -> bytes | None:
    """A regular file inside a folder; links out of it are not followed."""
    file = where / path
    try:
        inside = file.resolve().is_relative_to(where.resolve())
        found = file.lstat()
        if not inside or not stat.S_ISREG(found.st_mode):
            return None
        if found.st_size > MAX_CONTENT_BYTES:
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(file, flags), "rb") as stream:
            return stream.read(MAX_CONTENT_BYTES)
    except (OSError, ValueError):
        return None
