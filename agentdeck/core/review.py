"""What a review compares, the files in it, and which of them a person has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MARKS_KEPT = 5000


class CompareKind(StrEnum):
    """What stands on the two sides of a review."""

    SESSION = "session"
    """All that the session did since it left its base, uncommitted work included."""
    COMMITS = "commits"
    """The same, without what is not committed."""
    COMMIT = "commit"
    """One commit against the one before it."""
    WORKING = "working"
    """What is not committed."""
    TURN = "turn"
    """One turn of the agent: up to its checkpoint from the one before."""
    AGAINST = "against"
    """The session against another branch."""


@dataclass(frozen=True, slots=True)
class Compare:
    """What to compare."""

    kind: CompareKind = CompareKind.SESSION
    revision: str = ""
    """The commit of COMMIT and TURN, the branch of AGAINST."""


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """One file that differs. `number` is its place in its listing."""

    number: int
    path: str
    status: str
    """Git's letter: A, C, D, M, R, T or U."""
    old_path: str | None = None
    """Where it was, if it was renamed or copied."""
    added: int = 0
    removed: int = 0
    is_binary: bool = False
    old_mode: str = ""
    new_mode: str = ""
    old_blob: str = ""
    new_blob: str = ""
    is_generated: bool = False
    is_reviewed: bool = False

    @property
    def is_submodule(self) -> bool:
        """Whether it is another repository's commit."""
        return "160000" in (self.old_mode, self.new_mode)

    @property
    def has_new_mode(self) -> bool:
        """Whether it became executable, a link, or no longer one."""
        return self.status not in ("A", "D") and self.old_mode != self.new_mode


Mark = tuple[str, str, str]
"""A path and what it holds on both sides."""


def mark_of(file: ReviewFile) -> Mark:
    """What a reviewed-mark is kept by: a later commit that leaves the file keeps it."""
    return file.path, file.old_blob, file.new_blob


def with_marks(
    marks: Iterable[Mark], changed: Iterable[Mark], *, on: bool
) -> list[Mark]:
    """The marks, with some set or taken away; the newest are kept."""
    changed = list(dict.fromkeys(changed))
    others = [mark for mark in marks if mark not in set(changed)]
    return [*others, *(changed if on else ())][-MARKS_KEPT:]


def file_to_wire(file: ReviewFile) -> dict[str, Any]:
    """A file as `agentdeck diff --json` shows it."""
    return {name: getattr(file, name) for name in ReviewFile.__dataclass_fields__}


def file_from_wire(values: Mapping[str, Any]) -> ReviewFile:
    """A file as the host sent it; what a newer host adds is left out."""
    known = ReviewFile.__dataclass_fields__
    return ReviewFile(**{name: each for name, each in values.items() if name in known})
