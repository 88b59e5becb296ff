"""Brings ignored files into a new worktree: cloned where the disk can, else copied.

Nothing outside the two folders is read or written: no symbolic link is followed on
either side, and a link is brought over as the link that it is.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import StorageError
from agentdeck.git.ignored import Ignored, ignored_files
from agentdeck.git.locks import worktrees_locked
from agentdeck.git.repository import Repository

MAX_PROBLEMS = 20
"""More are only counted."""
_FICLONE = 0x40049409
_FULL = (errno.ENOSPC, errno.EDQUOT)
_CHUNK = 1024 * 1024

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Brought:
    """What came over."""

    copied: int = 0
    linked: int = 0
    cloned: int = 0
    """How many of the copied share their blocks with the original."""
    problems: list[str] = field(default_factory=list)
    failed: int = 0

    def note(self, path: str, why: str) -> None:
        """Something could not be brought."""
        self.failed += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(f"{path}: {why}")


def bring_files(
    repo: Repository,
    worktree: Path,
    copied: Sequence[str],
    linked: Sequence[str],
    on_progress: Progress,
) -> Brought:
    """Bring the ignored files that patterns select from the main checkout.

    What exists in the worktree stays as it is. A file that cannot be brought is
    noted, and the others come all the same.

    Args:
        repo: The repository; a bare one has no such files.
        worktree: The worktree's folder.
        copied: Patterns of what to copy, as in a .gitignore.
        linked: Patterns of what to link.
        on_progress: Called often with how many of how many are done; with 0 and 0
            while they are searched. What it raises ends the work.

    Raises:
        StorageError: If the disk is full.
    """
    brought = Brought()
    if repo.is_bare or worktree == repo.root:
        return brought
    found = list(
        ignored_files(repo, copied, linked, lambda: on_progress(0, 0)),
    )
    bringer = _Bringer(repo.root, worktree, brought)
    for done, each in enumerate(found):
        on_progress(done, len(found))
        bringer.bring(each)
    if brought.linked:
        _have_links_ignored(
            repo, worktree, [each.path for each in found if each.is_link]
        )
    return brought


class _Bringer:
    """Brings files from one folder to another, one at a time."""

    def __init__(self, source: Path, target: Path, brought: Brought) -> None:
        self._source = source
        self._target = target
        self._brought = brought
        self._can_clone = True
        self._made: dict[str, str] = {"": ""}
        """Folders that were looked at or made, with why they cannot be used."""

    def bring(self, each: Ignored) -> None:
        why = self._folder(each.path.rpartition("/")[0])
        if why:
            self._brought.note(each.path, why)
            return
        source, target = self._source / each.path, self._target / each.path
        try:
            if os.path.lexists(target):
                return
            if each.is_link:
                target.symlink_to(source)
                self._brought.linked += 1
            else:
                self._copy(each.path, source, target)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageError(
                    "The disk is full: the ignored files could not be copied. Free "
                    "some space, then resume the session.",
                    path=str(target),
                ) from error
            self._brought.note(each.path, error.strerror or str(error))

    def _folder(self, path: str) -> str:
        """Make sure of a folder on the way; gives why it cannot be used, if so."""
        known = self._made.get(path)
        if known is not None:
            return known
        why = self._folder(path.rpartition("/")[0])
        if not why:
            try:
                why = self._own_folder(self._source / path, self._target / path)
            except OSError as error:
                if error.errno in _FULL:
                    raise StorageError("The disk is full.", path=path) from error
                why = error.strerror or str(error)
        self._made[path] = why
        return why

    @staticmethod
    def _own_folder(source: Path, target: Path) -> str:
        mode = source.lstat().st_mode
        if not stat.S_ISDIR(mode):
            return "its folder is not one any more"
        if not os.path.lexists(target):
            target.mkdir()
            target.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
        elif not stat.S_ISDIR(target.lstat().st_mode):
            return "the branch has a link or a file in its way"
        return ""

    def _copy(self, path: str, source: Path, target: Path) -> None:
        mode = source.lstat().st_mode
        if stat.S_ISLNK(mode):
            target.symlink_to(source.readlink())
            self._brought.copied += 1
        elif stat.S_ISREG(mode):
            self._copy_file(source, target)
            self._brought.copied += 1
        else:
            self._brought.note(path, "it is neither a file nor a folder")

    def _copy_file(self, source: Path, target: Path) -> None:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(source, flags), "rb") as reading:
            status = os.fstat(reading.fileno())
            with _appearing_whole(target) as writing:
                self._fill(reading.fileno(), writing)
                os.fchmod(writing, stat.S_IMODE(status.st_mode) & 0o777)
                os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _fill(self, reading: int, writing: int) -> None:
        if self._can_clone:
            try:
                fcntl.ioctl(writing, _FICLONE, reading)
            except OSError as error:
                if error.errno in _FULL:
                    raise
                self._can_clone = False
            else:
                self._brought.cloned += 1
                return
        while data := os.read(reading, _CHUNK):
            view = memoryview(data)
            while view:
                view = view[os.write(writing, view) :]


@contextlib.contextmanager
def _appearing_whole(target: Path) -> Iterator[int]:
    """A new file to write, which has its name only once it is whole.

    What a killed host left of one must not be taken for the file.
    """
    try:
        nameless = os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC
        writing = os.open(target.parent, nameless, 0o600)
    except (AttributeError, OSError):
        # Not on this system, or not on this disk.
        with _named_draft(target) as writing:
            yield writing
        return
    try:
        yield writing
        # Python follows the link in /proc only where a folder is given as well.
        os.link(f"/proc/self/fd/{writing}", target, src_dir_fd=writing)
    finally:
        os.close(writing)


@contextlib.contextmanager
def _named_draft(target: Path) -> Iterator[int]:
    draft = target.with_name(f".agentdeck-{os.getpid()}-{target.name[:200]}")
    draft.unlink(missing_ok=True)
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    writing = os.open(draft, new, 0o600)
    try:
        yield writing
        draft.rename(target)
    finally:
        os.close(writing)
        draft.unlink(missing_ok=True)


def _have_links_ignored(repo: Repository, worktree: Path, paths: Sequence[str]) -> None:
    """Have git ignore the links: a pattern such as `node_modules/` is of folders only.

    An agent's `git add --all` would commit them otherwise.
    """
    stdin = b"".join(os.fsencode(path) + b"\0" for path in paths)
    words = ("check-ignore", "--stdin", "-z", "--no-index")
    answer = commands.write(worktree, *words, stdin=stdin, ok=(0, 1))
    bare = sorted(set(paths) - set(answer.records()))
    exclude = repo.git_dir / "info" / "exclude"
    with contextlib.suppress(OSError), worktrees_locked(repo.git_dir):
        exclude.parent.mkdir(exist_ok=True)
        known = exclude.read_text(errors="surrogateescape") if exclude.exists() else ""
        lines = ["/" + _escaped(path) for path in bare]
        missing = [line for line in lines if line not in known.splitlines()]
        if missing:
            gap = "" if known.endswith("\n") or not known else "\n"
            note = "# folders that agentdeck links into worktrees\n"
            with exclude.open("a", errors="surrogateescape") as file:
                file.write(gap + note + "\n".join(missing) + "\n")


def _escaped(path: str) -> str:
    return "".join("\\" + sign if sign in "\\*?[]! #" else sign for sign in path)
