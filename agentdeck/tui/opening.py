"""Where a link that an agent printed may lead. Decides; opens nothing.

A link is a stranger's words. Web pages and mail are opened, files only where they lie
in the session's worktree, and all else is copied for the person to look at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SCHEMES = frozenset({"http", "https", "mailto"})
LONGEST_URL = 4096
_UNFIT = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2066-\u2069\\\\]")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the runner has found it."""

    text: str
    target: str
    line: int = 0
    column: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Link:
        """Read it."""
        return cls(
            str(values.get("text") or ""),
            str(values.get("target") or ""),
            int(values.get("line") or 0),
            int(values.get("column") or 0),
        )

    @property
    def whole(self) -> str:
        """The target with its place in the file."""
        place = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.target, *place])


@dataclass(frozen=True, slots=True)
class Page:
    """A URL that may be opened."""

    url: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of the worktree."""

    path: Path
    line: int | None


@dataclass(frozen=True, slots=True)
class Copied:
    """What is only copied, and why."""

    text: str
    why: str


def destination(
    link: Link, worktree: Path, environ: Mapping[str, str]
) -> Page | File | Copied:
    """Where a link leads; looks at the disk, so call it from a thread."""
    whole = link.whole
    if not link.line:
        scheme = _scheme(link.target)
        if scheme in SCHEMES:
            if not has_browser(environ):
                return Copied(whole, "there is no browser here")
            return Page(link.target)
        if scheme != "file":
            why = f"{scheme}: links are not opened" if scheme else "it is no web link"
            return Copied(whole, why)
    path = link.target if link.line else unquote(urlsplit(link.target).path)
    try:
        root = worktree.resolve()
        file = (root / path).resolve()
        is_there = file.is_file()
    except (OSError, ValueError, RuntimeError):
        return Copied(whole, "there is no such file")
    if not file.is_relative_to(root):
        return Copied(whole, "it is not in the session's worktree")
    if not is_there:
        return Copied(whole, "there is no such file")
    return File(file.relative_to(root), link.line or None)


def _scheme(url: str) -> str:
    """The scheme of a URL that is fit to be handed on; empty if it is not."""
    if len(url) > LONGEST_URL or _UNFIT.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and not parts.netloc:
        return ""
    return parts.scheme.lower()


def has_browser(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a page can be shown to the person who sits at this terminal."""
    if environ.get("BROWSER"):
        return True
    if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return True
    is_remote = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return platform == "darwin" and not is_remote
