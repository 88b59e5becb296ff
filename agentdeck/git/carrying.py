"""Carries what is uncommitted in one checkout over to another, exactly, by a hidden ref.

The ref's commit has the files as its tree, and as parents the checkout's HEAD and a
commit of the index; so staged, unstaged and untracked stay apart. Files go byte for
byte, through no filter and no conversion of line ends. The source is only read: what
is written goes to the repository's objects and to the ref.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentdeck.git import commands
from agentdeck.git.checkouts import unfinished
from agentdeck.git.diffs import index_copy
from agentdeck.git.errors import (
    GitError,
    NoCommitError,
    StorageError,
    WorktreeDirtyError,
)
from agentdeck.git.identity import commit_tree
from agentdeck.git.ignored import patterns_of
from agentdeck.git.status import STATUS
from agentdeck.git.submodules import submodules_with_work
from agentdeck.git.worktrees import worktree_git_dir

CARRIED = "refs/agentdeck/handoff/"
MAX_BYTES = 512 * 1024 * 1024
"""More than this that is uncommitted is no work of a person or an agent."""
MAX_IGNORED = 20_000
ATTEMPTS = 3
_BATCH_BYTES = 32 * 1024 * 1024
_LINK = "120000"
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """What is uncommitted in a checkout, path by path."""

    head: str
    branch: str
    """Empty where HEAD is detached."""
    staged: tuple[str, ...] = ()
    unstaged: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    """The ignored files that were asked for."""
    left_out: tuple[str, ...] = ()
    """What cannot go along: other repositories inside, and submodules' own work."""
    deleted: frozenset[str] = frozenset()
    """Those of the unstaged whose file is gone."""
    intended: frozenset[str] = frozenset()
    """Those that were only announced, by `git add --intent-to-add`."""

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to carry but commits."""
        return not (self.staged or self.unstaged or self.untracked or self.ignored)

    @property
    def written(self) -> list[str]:
        """The paths whose files differ from the index."""
        changed = [path for path in self.unstaged if path not in self.deleted]
        return [*changed, *self.untracked, *self.ignored]


@dataclass(slots=True)
class _Reading:
    staged: list[str] = field(default_factory=list)
    unstaged: list[str] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    intended: set[str] = field(default_factory=set)


def uncommitted(checkout: Path, with_ignored: Sequence[str] = ()) -> Uncommitted:
    """What would be carried; reads only.

    Args:
        checkout: The top folder of the checkout.
        with_ignored: Patterns, as in a .gitignore, of ignored files to take along.

    Raises:
        WorktreeDirtyError: If a merge, rebase or the like is under way there.
        NoCommitError: If its branch has no commit yet.
        InvalidNameError: If a pattern is none.
    """
    operation = unfinished(checkout)
    if operation is not None:
        raise _in_the_middle(checkout, operation)
    head = branch = ""
    found = _Reading()
    for record in commands.read(checkout, *STATUS).records():
        if record.startswith("# branch.oid ") and "(" not in record:
            head = record.removeprefix("# branch.oid ")
        elif record.startswith("# branch.head ") and "(" not in record:
            branch = record.removeprefix("# branch.head ")
        elif record.startswith("u "):
            raise _in_the_middle(checkout, "merge")
        elif not record.startswith("#"):
            _take(found, record)
    if not head:
        raise NoCommitError(
            f"The branch that is checked out in {checkout} has no commit yet, so there"
            " is nothing to start from. Commit something there first.",
            repo=str(checkout),
        )
    holding = submodules_with_work(checkout)
    return Uncommitted(
        head=head,
        branch=branch,
        staged=tuple(found.staged),
        unstaged=tuple(found.unstaged),
        untracked=tuple(found.untracked),
        ignored=_ignored(checkout, with_ignored),
        left_out=tuple(dict.fromkeys([*found.left_out, *holding])),
        deleted=frozenset(found.deleted),
        intended=frozenset(found.intended),
    )


def pack(checkout: Path, ref: str, with_ignored: Sequence[str] = ()) -> Uncommitted:
    """Keep what is uncommitted in a checkout under a hidden ref; changes nothing else.

    A checkout in which somebody writes meanwhile is read again, so that what is kept
    was there at one moment.

    Raises:
        WorktreeDirtyError: If it is in the middle of a merge, or kept changing.
        StorageError: If a file cannot be read, or there is too much.
        AgentDeckError: As `uncommitted`, or if git fails.
    """
    for _ in range(ATTEMPTS):
        found = uncommitted(checkout, with_ignored)
        before = _prints(checkout, found)
        commit = None
        with suppress(FileNotFoundError):
            commit = _commit(checkout, found)
        now = uncommitted(checkout, with_ignored)
        if commit is not None and now == found and _prints(checkout, now) == before:
            commands.write(checkout, "update-ref", "--", ref, commit)
            return found
    raise WorktreeDirtyError(
        f"{checkout} kept changing while it was read, so nothing was handed off. Wait"
        " until what works there is done, or interrupt it.",
        checkout=str(checkout),
    )


def pack_commit(where: Path, ref: str, commit: str) -> None:
    """Keep a commit under a hidden ref, as a checkout in which nothing is uncommitted."""
    tree = f"{commit}^{{tree}}"
    index_commit = commit_tree(where, tree, [commit], "agentdeck: index")
    kept = commit_tree(where, tree, [commit, index_commit], "agentdeck: handed off")
    commands.write(where, "update-ref", "--", ref, kept)


def commits_since(where: Path, head: str, base: str) -> int:
    """How many commits a head has that a base has not."""
    shown = commands.read(where, "rev-list", "--count", head, f"^{base}", "--")
    return int(shown.text)


def head_of(where: Path, ref: str) -> str:
    """The commit that carried work stands on.

    Raises:
        StorageError: If nothing is kept under that ref any more.
    """
    shown = commands.read(
        where, "rev-parse", "--verify", "--quiet", f"{ref}^1", ok=(0, 1, 128)
    )
    if shown.status != 0:
        raise StorageError(
            f"What was to be handed off is gone: there is no {ref}. Hand it off again.",
            ref=ref,
        )
    return shown.text


def unpack(worktree: Path, ref: str) -> None:
    """Give a clean worktree at the carried HEAD the carried index and files.

    Asking again after a start that was broken off does no harm.

    Raises:
        AgentDeckError: If git fails or the disk is full.
    """
    head = head_of(worktree, ref)
    commands.write(worktree, "read-tree", "--reset", "-u", head)
    index_tree = f"{ref}^2^{{tree}}"
    commands.write(worktree, "read-tree", "-m", "-u", head, index_tree)
    described = _described(worktree, ref)
    try:
        _bring_files(worktree, index_tree, f"{ref}^{{tree}}", described)
    except OSError as error:
        raise StorageError(
            f"{error.filename or worktree} could not be written: {error.strerror}."
        ) from error
    intended = described.get("intended") or []
    if intended:
        given = b"".join(os.fsencode(path) + b"\0" for path in intended)
        commands.write(
            worktree,
            "add",
            "--intent-to-add",
            "--force",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            stdin=given,
            environment={"GIT_LITERAL_PATHSPECS": "1"},
        )
    commands.write(worktree, "update-index", "-q", "--refresh", ok=(0, 1))


def forget(where: Path, ref: str) -> None:
    """Stop keeping carried work; git removes it when it next cleans up."""
    if ref.startswith(CARRIED):
        commands.write(where, "update-ref", "-d", "--", ref)


def _in_the_middle(checkout: Path, operation: str) -> WorktreeDirtyError:
    return WorktreeDirtyError(
        f"{checkout} is in the middle of a {operation}, which cannot be handed off."
        " Finish or abort it there first.",
        checkout=str(checkout),
    )


def _take(found: _Reading, record: str) -> None:
    """Note one line of `git status --porcelain=v2`."""
    if record.startswith("? "):
        path = record[2:]
        (found.left_out if path.endswith("/") else found.untracked).append(path)
        return
    _, state, _, _, mode_index, mode_file, _, _, path = record.split(" ", 8)
    if state[0] != ".":
        found.staged.append(path)
    if state[1] == ".":
        return
    if mode_file == _SUBMODULE:
        # Its new commit is in its own repository, which no worktree shares.
        found.left_out.append(path)
        return
    found.unstaged.append(path)
    if state[1] == "D":
        found.deleted.add(path)
    elif mode_index == "000000":
        found.intended.add(path)


def _ignored(checkout: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    if not patterns:
        return ()
    spec = patterns_of(patterns)
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    listed = commands.read(checkout, *words).records()
    chosen = [p for p in listed if not p.endswith("/") and spec.match_file(p)]
    if len(chosen) > MAX_IGNORED:
        raise StorageError(
            f"The patterns choose {len(chosen):,} ignored files, more than"
            f" {MAX_IGNORED:,}. Name fewer; `.worktreeinclude` is for folders such as"
            " those of packages."
        )
    return tuple(chosen)


def _prints(checkout: Path, found: Uncommitted) -> list[tuple[object, ...]]:
    """By what it shows that something changed between two looks."""
    index = worktree_git_dir(checkout) / "index"
    files = [checkout / path for path in found.written]
    return [_print_of(file) for file in (index, *files)]


def _print_of(file: Path) -> tuple[object, ...]:
    try:
        seen = file.lstat()
    except OSError:
        return ()
    return (seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_mode, seen.st_ino)


def _commit(checkout: Path, found: Uncommitted) -> str:
    """A commit of files and index, under no ref yet."""
    with index_copy(checkout) as index:
        index_tree = commands.write(checkout, "write-tree", index=index).text
        fresh = index.with_name("fresh")
        commands.write(checkout, "read-tree", index_tree, index=fresh)
        modes = _modes(checkout, found.written)
        names = _hashed(checkout, modes)
        lines = [_entry("0", "0" * 40, path) for path in found.deleted]
        lines += [_entry(_mode(modes[path]), names[path], path) for path in modes]
        words = ("update-index", "--replace", "-z", "--index-info")
        commands.write(checkout, *words, index=fresh, stdin=b"".join(lines))
        tree = commands.write(checkout, "write-tree", index=fresh).text
    described = {
        "version": 1,
        "branch": found.branch,
        "intended": sorted(found.intended),
        "private": sorted(p for p, m in modes.items() if _is_private(m)),
    }
    index_commit = commit_tree(checkout, index_tree, [found.head], "agentdeck: index")
    message = f"agentdeck: handed off\n\n{json.dumps(described)}"
    return commit_tree(checkout, tree, [found.head, index_commit], message)


def _modes(checkout: Path, paths: Sequence[str]) -> dict[str, int]:
    """How each file is there; one that is gone by now has another look taken."""
    modes: dict[str, int] = {}
    total = 0
    largest = ("", 0)
    for path in paths:
        seen = (checkout / path).lstat()
        modes[path] = seen.st_mode
        total += seen.st_size
        largest = max(largest, (path, seen.st_size), key=lambda each: each[1])
    if total > MAX_BYTES:
        raise StorageError(
            f"{total / 1e9:.1f} GB in {checkout} are uncommitted, more than can be"
            f" handed off; the largest is {largest[0]!r}. Commit it, have git ignore"
            " it, or move it away."
        )
    return modes


def _hashed(checkout: Path, modes: dict[str, int]) -> dict[str, str]:
    """The objects of files as they are on the disk, written where they are missing."""
    if not modes:
        return {}
    with tempfile.TemporaryDirectory(prefix="agentdeck-links-") as folder:
        asked = []
        for number, (path, mode) in enumerate(modes.items()):
            file = checkout / path
            if stat.S_ISLNK(mode):
                stand_in = Path(folder) / str(number)
                stand_in.write_bytes(os.fsencode(file.readlink()))
                file = stand_in
            asked.append(_quoted(file))
        words = ("hash-object", "-w", "--no-filters", "--stdin-paths")
        try:
            made = commands.write(checkout, *words, stdin=b"\n".join(asked) + b"\n")
        except GitError as error:
            _raise_unreadable(checkout, modes, error)
            raise
    return dict(zip(modes, made.text.splitlines(), strict=True))


def _raise_unreadable(checkout: Path, modes: dict[str, int], error: GitError) -> None:
    """Say which file it was that could not be read."""
    for path, mode in modes.items():
        if stat.S_ISLNK(mode):
            continue
        try:
            (checkout / path).open("rb").close()
        except FileNotFoundError:
            raise
        except OSError as reason:
            raise StorageError(
                f"{checkout / path} cannot be read ({reason.strerror}), so nothing was"
                " handed off. Make it readable, or move it away.",
                path=path,
            ) from error


def _quoted(file: Path) -> bytes:
    """A path as git reads it from a list of lines."""
    name = os.fsencode(file).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + name.replace(b"\n", b"\\n") + b'"'


def _entry(mode: str, name: str, path: str) -> bytes:
    return f"{mode} {name}\t".encode() + os.fsencode(path) + b"\0"


def _mode(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return _LINK
    return "100755" if mode & stat.S_IXUSR else "100644"


def _is_private(mode: int) -> bool:
    return stat.S_ISREG(mode) and not mode & (stat.S_IRWXG | stat.S_IRWXO)


def _described(where: Path, ref: str) -> dict[str, Any]:
    shown = commands.read(where, "log", "-1", "--format=%b", ref).text
    try:
        value = json.loads(shown)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _bring_files(
    worktree: Path, index_tree: str, tree: str, described: dict[str, Any]
) -> None:
    """Write the files that differ from the index, and remove those that are gone."""
    words = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev")
    records = commands.read(worktree, *words, index_tree, tree).records()
    written: dict[str, tuple[str, str]] = {}
    for meta, path in zip(records[::2], records[1::2], strict=True):
        _, mode, _, name, letter = meta.split(" ")
        if letter == "D":
            _remove(worktree, path)
        else:
            written[path] = (mode, name)
    private = set(described.get("private") or ())
    contents = _contents(worktree, [name for _, name in written.values()])
    for (path, (mode, _)), data in zip(written.items(), contents, strict=True):
        _write(worktree / path, mode, data, is_private=path in private)


def _remove(worktree: Path, path: str) -> None:
    file = worktree / path
    if file.is_dir() and not file.is_symlink():
        with suppress(OSError):
            file.rmdir()
    else:
        file.unlink(missing_ok=True)
    for parent in Path(path).parents[:-1]:
        with suppress(OSError):
            (worktree / parent).rmdir()


def _write(file: Path, mode: str, data: bytes, *, is_private: bool) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    if mode == _LINK:
        file.symlink_to(os.fsdecode(data))
        return
    rights = 0o777 if mode == "100755" else 0o666
    # Never through a link, and never over what came meanwhile.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    descriptor = os.open(file, flags, rights & 0o700 if is_private else rights)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def _contents(where: Path, names: Sequence[str]) -> Iterator[bytes]:
    """The contents of objects in their order, a batch of them at a time."""
    if not names:
        return
    asked = "".join(f"{name}\n" for name in names).encode()
    shown = commands.read(where, "cat-file", "--batch-check=%(objectsize)", stdin=asked)
    sizes = [int(line) for line in shown.text.splitlines()]
    batch: list[str] = []
    held = 0
    for name, size in zip(names, sizes, strict=True):
        if batch and held + size > _BATCH_BYTES:
            yield from _batch(where, batch)
            batch, held = [], 0
        batch.append(name)
        held += size
    yield from _batch(where, batch)


def _batch(where: Path, names: Sequence[str]) -> Iterator[bytes]:
    asked = "".join(f"{name}\n" for name in names).encode()
    data = commands.read(where, "cat-file", "--batch=%(objectsize)", stdin=asked).stdout
    at = 0
    for _ in names:
        end = data.index(b"\n", at)
        size = int(data[at:end])
        yield data[end + 1 : end + 1 + size]
        at = end + size + 2
