"""Which ignored files a new worktree gets: three places that say so.

`.worktreeinclude` (as in a .gitignore), `git.worktreeIncludeFiles` of VS Code's
settings for the folder, and `include` and `link` of `.agentdeck.toml`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.config.repository_settings import WorktreePart
from agentdeck.core.errors import UsageError

INCLUDE_FILE = ".worktreeinclude"
VSCODE_FILE = ".vscode/settings.json"
VSCODE_KEY = "git.worktreeIncludeFiles"
MAX_BYTES = 256 * 1024
MAX_PATTERNS = 2000
MAX_BRACES = 64
"""What a pattern with braces may stand for."""

_JSON_PARTS = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[\]}])')
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to bring into a new worktree, as lines of a .gitignore."""

    copied: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be read, in sentences."""

    def __bool__(self) -> bool:
        """Whether there is anything to bring."""
        return bool(self.copied or self.linked)


def wanted_files(root: Path, own: WorktreePart) -> Wanted:
    """What a repository's main checkout asks for. A file that is not right is told.

    Args:
        root: The main checkout.
        own: What `.agentdeck.toml` asks for.
    """
    problems: list[str] = []
    copied: list[str] = []
    for read in (_worktreeinclude, _vscode):
        try:
            copied += read(root)
        except UsageError as error:
            problems.append(error.message)
    copied += own.include
    return Wanted(tuple(copied[:MAX_PATTERNS]), tuple(own.link), tuple(problems))


def without_comments(text: str) -> str:
    """JSON as people write it, as JSON: comments and last commas taken out."""
    plain = _JSON_PARTS.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)
    return _LAST_COMMA.sub(lambda m: m[1] or "", plain)


def patterns_from_glob(glob: str) -> list[str]:
    """A pattern of VS Code as lines of a .gitignore: its braces written out."""
    done: list[str] = []
    waiting = [glob]
    while waiting and len(done) + len(waiting) <= MAX_BRACES:
        each = waiting.pop()
        found = _BRACES.search(each)
        if found is None:
            done.append(each)
            continue
        before, after = each[: found.start()], each[found.end() :]
        waiting += [f"{before}{part}{after}" for part in found[1].split(",")]
    # A pattern of VS Code is of the whole path; one of a .gitignore without a slash
    # is of a name anywhere.
    whole = (each.removeprefix("./") for each in done)
    return sorted(
        each if each.startswith(("/", "**/")) else f"/{each}" for each in whole
    )


def _worktreeinclude(root: Path) -> list[str]:
    text = _text(root / INCLUDE_FILE, INCLUDE_FILE)
    return text.splitlines()


def _vscode(root: Path) -> list[str]:
    text = _text(root / VSCODE_FILE, VSCODE_FILE)
    if VSCODE_KEY not in text:
        return []
    try:
        values: Any = json.loads(without_comments(text))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{VSCODE_FILE} is not JSON: {error}.") from error
    globs = values.get(VSCODE_KEY) if isinstance(values, dict) else None
    if not isinstance(globs, list) or not all(isinstance(each, str) for each in globs):
        raise UsageError(f"{VSCODE_FILE}: {VSCODE_KEY} is not a list of texts.")
    return [line for glob in globs if glob for line in patterns_from_glob(glob)]


def _text(file: Path, name: str) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than {MAX_BYTES // 1024} KB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text.") from error
