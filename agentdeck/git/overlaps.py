"""Sessions' states as commits, and what merging two of them would come to.

Uncommitted work is seen through a temporary index. All objects that this makes go into
a folder of our own beside the repository's, so that nothing is left in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentdeck.core.overlaps import (
    Hunk,
    Lines,
    Touched,
    clashes,
    concerned,
    hunks_by_file,
    may_collide,
    shared_files,
)
from agentdeck.git import commands
from agentdeck.git.checkpoints import WorktreeFiles
from agentdeck.git.diffs import PLAIN, index_copy
from agentdeck.git.errors import GitError
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, commit_of

MAX_LINED_FILES = 12
"""In so many files of a pair the lines are looked up; of the others the name is said."""
MAX_TEXT_FILES = 20
CONTEXT_LINES = 4
MAX_KNOWN_HUNKS = 500
_MANY_MERGES = (2, 39)
"""Since this git one process tries any number of merges."""
_ANY_STATUS = tuple(range(256))

_ONCE = {
    "GIT_AUTHOR_NAME": "AgentDeck",
    "GIT_AUTHOR_EMAIL": "agentdeck@localhost",
    "GIT_AUTHOR_DATE": "@0 +0000",
    "GIT_COMMITTER_NAME": "AgentDeck",
    "GIT_COMMITTER_EMAIL": "agentdeck@localhost",
    "GIT_COMMITTER_DATE": "@0 +0000",
}
"""The same state gives the same commit, so that it is told by its id."""


@dataclass(frozen=True, slots=True)
class State:
    """All that a session has, committed or not, as a commit."""

    commit: str
    fork: str
    """Where it left its base."""
    touched: Touched
    """What it changed since."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A file of a conflict."""

    path: str
    lines: tuple[Lines, ...] = ()
    """Empty where git gives no lines: a binary file, or one that a side deleted."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """What a merge of two states comes to."""

    clashes: tuple[Clash, ...] = ()
    same: tuple[str, ...] = ()
    """Files that both changed and that merge cleanly."""

    def flipped(self) -> Overlap:
        """The same, seen from the other side."""
        return Overlap(
            tuple(
                Clash(each.path, tuple(Lines(n.theirs, n.ours) for n in each.lines))
                for each in self.clashes
            ),
            self.same,
        )


class Overlaps:
    """Compares the states of one repository's sessions."""

    def __init__(self, repo: Repository, scratch: Path) -> None:
        self._repo = repo
        self._known_hunks: dict[
            tuple[str, str, tuple[str, ...]], Mapping[str, list[Hunk]]
        ] = {}
        objects = scratch / "objects"
        objects.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._environment = {
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(repo.git_dir / "objects"),
        }

    def tip(self, branch: str) -> str | None:
        """The commit of a base, which may also be a tag or a commit."""
        return commit_of(self._repo, full_ref(branch)) or commit_of(self._repo, branch)

    def state(self, worktree: Path, branch: str, base: str) -> State | None:
        """A session's state; None if it has changed nothing, or its branch is gone.

        Args:
            worktree: Its worktree, which may be gone.
            branch: Its branch.
            base: The commit that its base is at.
        """
        head = commit_of(self._repo, full_ref(branch))
        if head is None:
            return None
        commit = head
        if (worktree / ".git").exists():
            commit = self._with_uncommitted(worktree, head)
        fork = self._read("merge-base", base, head, ok=(0, 1)).text.split("\n")[0]
        if not fork:
            return None
        touched = self._touched(fork, commit)
        return State(commit, fork, touched) if touched else None

    def base_state(self, base: str, fork: str) -> State:
        """A base as a state: what came into it since a session left it."""
        return State(base, fork, self._touched(fork, base))

    def compare(self, ours: State, theirs: State) -> Overlap:
        """What a merge of two states would come to, by git's own merge."""
        return self.compare_many([(ours, theirs)])[0]

    def compare_many(self, pairs: Sequence[tuple[State, State]]) -> list[Overlap]:
        """The same of several pairs, whose merges one process tries."""
        near = [each for each in pairs if may_collide(each[0].touched, each[1].touched)]
        merges = [(ours.commit, theirs.commit) for ours, theirs in near]
        files = dict(zip(merges, self._all_conflicts(merges), strict=True))
        return [
            self._overlap(ours, theirs, files[ours.commit, theirs.commit])
            if (ours.commit, theirs.commit) in files
            else Overlap()
            for ours, theirs in pairs
        ]

    def _overlap(self, ours: State, theirs: State, files: tuple[str, ...]) -> Overlap:
        if ours.fork != theirs.fork:
            files = concerned(files, ours.touched, theirs.touched)
        shared = shared_files(ours.touched, theirs.touched)
        lines = self._lines(ours.commit, theirs.commit, files[:MAX_LINED_FILES])
        return Overlap(
            tuple(Clash(path, lines.get(path, ())) for path in files),
            tuple(path for path in shared if path not in files),
        )

    def text(self, ours: str, theirs: str) -> str:
        """The conflicts of two commits as a text: git's words, then each its lines."""
        merged = self._read("merge-tree", ours, theirs, ok=(0, 1))
        head, _, said = merged.text.partition("\n\n")
        tree = head.split("\n", 1)[0]
        parts = [line for line in said.split("\n") if line.startswith("CONFLICT")]
        files = self._conflicts(ours, theirs)
        for path in files[:MAX_TEXT_FILES]:
            shown = self._read("cat-file", "blob", f"{tree}:{path}", ok=(0, 128))
            excerpt = _excerpt(shown.text) if shown.status == 0 else []
            parts += ["", f"diff {path}", *excerpt]
        if len(files) > MAX_TEXT_FILES:
            parts += ["", f"and {len(files) - MAX_TEXT_FILES} more files"]
        return "\n".join(parts)

    def _with_uncommitted(self, worktree: Path, head: str) -> str:
        """A commit of all that a worktree has; its head if that is all."""
        files = WorktreeFiles(worktree, self._environment)
        found = files.status()
        if not found.is_dirty or found.is_conflicted or found.head != head:
            return found.head or head
        with index_copy(worktree) as index:
            try:
                files.add_to(index, found)
                tree = files.write_tree(index)
            except GitError:
                return head
        words = ("commit-tree", "--no-gpg-sign", "-p", head, tree)
        environment = {**self._environment, **_ONCE}
        made = commands.write(
            worktree, *words, stdin=b"uncommitted\n", environment=environment
        )
        return made.text

    def _touched(self, fork: str, commit: str) -> dict[str, str]:
        if fork == commit:
            return {}
        words = ("diff-tree", "-r", "-z", "--name-status", "--no-renames")
        records = self._read(*words, fork, commit).records()
        return dict(zip(records[1::2], records[::2], strict=True))

    def _all_conflicts(
        self, merges: Sequence[tuple[str, str]]
    ) -> list[tuple[str, ...]]:
        """The files in conflict of each merge."""
        if len(merges) < 2 or commands.require_git() < _MANY_MERGES:
            return [self._conflicts(ours, theirs) for ours, theirs in merges]
        asked = "".join(f"{ours} {theirs}\n" for ours, theirs in merges).encode()
        words = ("merge-tree", "--write-tree", "--name-only", "--no-messages")
        shown = self._read(*words, "--stdin", ok=_ANY_STATUS, stdin=asked)
        found = _merges_told(shown.stdout)
        if len(found) != len(merges):
            # One that cannot be tried, such as of unrelated histories, ends them all.
            return [self._conflicts(ours, theirs) for ours, theirs in merges]
        return found

    def _conflicts(self, ours: str, theirs: str) -> tuple[str, ...]:
        words = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
        try:
            shown = self._read(*words, ours, theirs, ok=(0, 1))
        except GitError as error:
            if "unrelated histories" in str(error.data.get("stderr", "")):
                return ()
            raise
        return tuple(dict.fromkeys(shown.records()[1:])) if shown.status == 1 else ()

    def _lines(
        self, ours: str, theirs: str, files: Sequence[str]
    ) -> Mapping[str, tuple[Lines, ...]]:
        if not files:
            return {}
        fork = self._read("merge-base", ours, theirs, ok=(0, 1)).text.split("\n")[0]
        if not fork:
            return {}
        mine, other = (self._hunks(fork, side, files) for side in (ours, theirs))
        return {
            path: clashes(mine[path], other[path])
            for path in files
            if path in mine and path in other
        }

    def _hunks(
        self, fork: str, commit: str, files: Sequence[str]
    ) -> Mapping[str, list[Hunk]]:
        """Where a commit changed some files; of many pairs a side is often the same."""
        key = (fork, commit, tuple(files))
        if key not in self._known_hunks:
            while len(self._known_hunks) >= MAX_KNOWN_HUNKS:
                del self._known_hunks[next(iter(self._known_hunks))]
            self._known_hunks[key] = self._read_hunks(fork, commit, files)
        return self._known_hunks[key]

    def _read_hunks(
        self, fork: str, commit: str, files: Sequence[str]
    ) -> Mapping[str, list[Hunk]]:
        words = ("diff", *PLAIN, "--no-color", "--unified=0", "--no-renames")
        paths = [f":(literal,top){path}" for path in files]
        return hunks_by_file(self._read(*words, fork, commit, "--", *paths).text)

    def _read(
        self, *words: str, ok: Sequence[int] = (0,), stdin: bytes | None = None
    ) -> commands.Output:
        return commands.read(
            self._repo.root,
            *words,
            ok=ok,
            environment=self._environment,
            stdin=stdin,
        )


def _merges_told(said: bytes) -> list[tuple[str, ...]]:
    """What `merge-tree --stdin` told of each merge: the files in conflict."""
    found: list[tuple[str, ...]] = []
    fields = os.fsdecode(said).split("\0")
    at = 0
    while at + 1 < len(fields):
        status = fields[at].strip()
        if status not in ("0", "1"):
            break
        # The tree comes next, then the files, then an empty field.
        try:
            end = fields.index("", at + 2)
        except ValueError:
            break
        files = tuple(dict.fromkeys(fields[at + 2 : end]))
        found.append(files if status == "0" else ())
        at = end + 1
    return found


def _quoted(path: Path) -> str:
    """A path for a list that colons part."""
    text = str(path)
    if ":" not in text and not text.startswith('"'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_BEGIN, _END = re.compile(r"^<{7} "), re.compile(r"^>{7} ")


def _excerpt(text: str) -> list[str]:
    """The conflicts of a merged file with a few lines around each, numbered."""
    lines = text.split("\n")
    wanted: set[int] = set()
    begun = None
    for number, line in enumerate(lines):
        if _BEGIN.match(line):
            begun = number
        elif _END.match(line) and begun is not None:
            first = max(0, begun - CONTEXT_LINES)
            wanted.update(range(first, min(len(lines), number + CONTEXT_LINES + 1)))
            begun = None
    shown: list[str] = []
    last = -2
    for number in sorted(wanted):
        if number != last + 1:
            shown.append(f"@@ line {number + 1} @@")
        shown.append(lines[number])
        last = number
    return shown
