"""Makes a small repository from given files, for the demo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentdeck.git import commands
from agentdeck.git.errors import StorageError

_IDENTITY = {
    "GIT_AUTHOR_NAME": "AgentDeck",
    "GIT_AUTHOR_EMAIL": "agentdeck@localhost",
    "GIT_COMMITTER_NAME": "AgentDeck",
    "GIT_COMMITTER_EMAIL": "agentdeck@localhost",
}


def make_repository(root: Path, files: Mapping[str, str], message: str) -> None:
    """Make a repository on branch `main` with one commit of the files.

    Raises:
        StorageError: If the folder exists already or cannot be written.
        AgentDeckError: If git fails.
    """
    try:
        root.mkdir(parents=True)
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"The repository {root} cannot be made: {error.strerror}. Free some room "
            "or choose another folder.",
        ) from error
    commands.write(root, "init", "--quiet", "--initial-branch=main")
    commands.write(root, "add", "--all")
    commands.write(
        root, "commit", "--quiet", "--message", message, environment=_IDENTITY
    )
