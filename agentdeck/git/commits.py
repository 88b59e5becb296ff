"""The commits of a session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agentdeck.git import commands
from agentdeck.git.repository import Repository

_FORMAT = "%x00%H%x00%h%x00%s%x00%an%x00%ct%x00{extra}%x00"
_FIELDS = 7
_STAT = re.compile(r"(\d+) (file|insertion|deletion)")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit, with the size of its change."""

    sha: str
    short: str
    subject: str
    author: str
    at: datetime
    files: int = 0
    added: int = 0
    removed: int = 0
    extra: str = ""
    """What else was asked for, such as the value of a trailer."""


def commits_between(
    repo: Repository, base: str, head: str, limit: int = 100
) -> list[Commit]:
    """The commits that `head` has and `base` has not, newest first.

    Args:
        repo: The repository.
        base: A commit or the full name of a ref.
        head: The same.
        limit: How many at most.

    Raises:
        GitError: If either does not exist.
    """
    return read_commits(repo, [f"--max-count={limit}"], f"{base}..{head}")


def read_commits(
    repo: Repository, options: Sequence[str], *revisions: str, extra: str = ""
) -> list[Commit]:
    """The commits that `git log` lists with these options.

    Args:
        repo: The repository.
        options: Options of `git log` that choose commits.
        revisions: Commits, ranges or full names of refs.
        extra: A placeholder of git's whose value becomes `Commit.extra`.

    Raises:
        GitError: If one of the revisions does not exist.
    """
    shown = commands.read(
        repo.root,
        "log",
        *options,
        "--no-show-signature",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--shortstat",
        f"--format={_FORMAT.format(extra=extra)}",
        "--end-of-options",
        *revisions,
        "--",
    )
    fields = shown.text.split("\0")[1:]
    return [
        _commit(fields[at : at + _FIELDS])
        for at in range(0, len(fields) - _FIELDS + 1, _FIELDS)
    ]


def _commit(fields: list[str]) -> Commit:
    sha, short, subject, author, seconds, extra, stat = fields
    counts = {kind: int(count) for count, kind in _STAT.findall(stat)}
    return Commit(
        sha=sha,
        short=short,
        subject=subject,
        author=author,
        at=_time(seconds),
        files=counts.get("file", 0),
        added=counts.get("insertion", 0),
        removed=counts.get("deletion", 0),
        extra=extra.strip(),
    )


def _time(seconds: str) -> datetime:
    """A commit's time; what no calendar holds becomes 1970 rather than an error."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
