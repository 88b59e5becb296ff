"""The files of a checkout that git ignores, found lazily and matched by patterns."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pathspec

from agentdeck.git import commands
from agentdeck.git.errors import InvalidNameError
from agentdeck.git.repository import Repository, checkouts


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something to bring over, by its path from the checkout's root."""

    path: str
    is_link: bool = False
    """Whether it is to be linked as a whole rather than copied."""


def patterns_of(lines: Sequence[str]) -> pathspec.GitIgnoreSpec:
    """Patterns as in a .gitignore.

    Raises:
        InvalidNameError: If a line is none.
    """
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise InvalidNameError(
            f"An include pattern cannot be read: {error}."
        ) from error


def ignored_files(
    repo: Repository,
    copied: Sequence[str],
    linked: Sequence[str],
    go_on: Callable[[], None],
) -> Iterator[Ignored]:
    """The ignored files of the main checkout that patterns select.

    A symbolic link is one file and is never followed. A folder with a repository of
    its own, such as another worktree, is left out.

    Args:
        repo: The repository.
        copied: Which files to copy.
        linked: Which folders or files to link; these win.
        go_on: Called again and again; raises to end the search.
    """
    copy_spec, link_spec = patterns_of(copied), patterns_of(linked)
    apart = {str(each.path) for each in checkouts(repo)[1:]}
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory")
    listed = commands.read(repo.root, *words, "-z").records()
    waiting = [each for each in reversed(listed) if not _is_outside(each)]
    while waiting:
        go_on()
        path = waiting.pop()
        if link_spec.match_file(path):
            yield Ignored(path.rstrip("/"), is_link=True)
        elif path.endswith("/"):
            if str(repo.root / path.rstrip("/")) not in apart:
                waiting += reversed(_inside(repo.root, path))
        elif copy_spec.match_file(path):
            yield Ignored(path)


def _inside(root: Path, folder: str) -> list[str]:
    """What is in a folder; folders end with a slash, as git has it."""
    try:
        with os.scandir(root / folder) as entries:
            names = [
                (each.name, each.is_dir(follow_symlinks=False)) for each in entries
            ]
    except OSError:
        return []
    if any(name == ".git" for name, _ in names):
        return []
    return [f"{folder}{name}{'/' if is_dir else ''}" for name, is_dir in sorted(names)]


def _is_outside(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/") or path == ".git/"
