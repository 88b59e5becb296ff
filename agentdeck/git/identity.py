"""Commit objects made beside any checkout, and whose name they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import GitError

FALLBACK_NAME = "AgentDeck"
FALLBACK_EMAIL = "agentdeck@localhost"
_UNKNOWN_SIGNS = ("tell me who you are", "empty ident", "auto-detect", "auto-detection")


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a change."""

    name: str
    email: str
    date: str = ""
    """When, in one of git's formats; now if it is empty."""


def commit_tree(
    where: Path,
    tree: str,
    parents: Sequence[str],
    message: str,
    author: Author | None = None,
) -> str:
    """Make a commit object and answer its id; no ref moves.

    The committer is the person that git is set to, or AgentDeck where git does
    not know one. It is never signed: a key's passphrase could not be asked for.
    """
    named = [word for parent in parents for word in ("-p", parent)]
    words = ["commit-tree", "--no-gpg-sign", *named, tree]
    environment = {}
    if author is not None:
        environment = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            **({"GIT_AUTHOR_DATE": author.date} if author.date else {}),
        }
    stdin = (message.replace("\0", "").rstrip("\n") + "\n").encode(errors="replace")
    # Without this setting git makes up a name from the machine's, silently.
    strict = ("-c", "user.useConfigOnly=true")
    try:
        made = commands.write(
            where, *strict, *words, stdin=stdin, environment=environment
        )
    except GitError as error:
        complaint = str(error.data.get("stderr", ""))
        if not any(sign in complaint for sign in _UNKNOWN_SIGNS):
            raise
        settings = _fallback_settings(where)
        made = commands.write(
            where, *settings, *words, stdin=stdin, environment=environment
        )
    return made.text


def _fallback_settings(where: Path) -> list[str]:
    """Settings for what the person has not set: the name, the address or both."""
    settings = []
    for key, value in (("name", FALLBACK_NAME), ("email", FALLBACK_EMAIL)):
        known = commands.read(where, "config", "--get", f"user.{key}", ok=(0, 1))
        if not known.text.strip():
            settings += ["-c", f"user.{key}={value}"]
    return settings
