"""Which repositories' settings may run code, and exactly which text of them.

Trust is a person's word on one file as it was shown, known by its hash. A file that
changed is not trusted any more; what changed is then shown beside it.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.config.repository_settings import (
    FILE_NAME,
    MAX_BYTES,
    RepositorySettings,
    hash_of,
    read_repository_settings,
)
from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError
from agentdeck.git.files import file_at
from agentdeck.git.repository import open_repository
from agentdeck.host.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """A repository's settings and whether they are trusted."""

    repo: str
    settings: RepositorySettings
    """All that the file says."""
    hash: str
    """Empty where there is no file."""
    text: str
    is_trusted: bool
    trusted_text: str | None
    """The text that was trusted last."""
    problem: str = ""
    """Why the file cannot be used; it then counts as empty."""

    @property
    def needs_trust(self) -> bool:
        """Whether something of it does not count before a person trusts it."""
        return self.settings.needs_trust and not self.is_trusted

    @property
    def allowed(self) -> RepositorySettings:
        """What counts now."""
        return self.settings if self.is_trusted else self.settings.harmless()

    @property
    def changes(self) -> list[str]:
        """What changed since it was trusted, as a diff; empty if it never was."""
        if self.trusted_text is None or self.trusted_text == self.text:
            return []
        before, after = self.trusted_text.splitlines(), self.text.splitlines()
        lines = difflib.unified_diff(before, after, "trusted", "now", lineterm="")
        return list(lines)[2:]


class Trust:
    """The repositories that a person trusts."""

    def __init__(self, store: Store, saved: Mapping[str, str]) -> None:
        self._store = store
        self._trusted: dict[str, dict[str, Any]] = {
            repo: json.loads(data) for repo, data in saved.items()
        }

    async def of(self, repo: str) -> Standing:
        """How the settings of the repository that a folder is in stand.

        Raises:
            AgentDeckError: If there is no such repository.
        """
        repository = await asyncio.to_thread(open_repository, Path(repo))
        return await asyncio.to_thread(self.at, str(repository.root))

    def at(self, root: str) -> Standing:
        """The same for a repository's root, as sessions name it. Blocks.

        Git is asked only where there is no checkout.
        """
        noted = self._trusted.get(root, {})
        trusted_text = noted.get("text")
        try:
            data = _data_of(Path(root))
            settings = read_repository_settings(data or b"")
        except AgentDeckError as error:
            empty = RepositorySettings()
            return Standing(root, empty, "", "", False, trusted_text, error.message)
        if data is None:
            return Standing(root, settings, "", "", False, trusted_text)
        known_by = hash_of(data)
        is_trusted = noted.get("hash") == known_by
        text = data.decode()
        return Standing(root, settings, known_by, text, is_trusted, trusted_text)

    async def grant(self, repo: str, known_by: str) -> Standing:
        """Trust a repository's settings as they were shown.

        Raises:
            RefusedError: If they are others by now, or there are none.
        """
        standing = await self.of(repo)
        if standing.problem:
            raise RefusedError(f"It cannot be trusted: {standing.problem}")
        if not standing.hash:
            raise RefusedError(f"{standing.repo} has no {FILE_NAME}.")
        if standing.hash != known_by:
            raise RefusedError(f"{FILE_NAME} changed meanwhile; look at it again.")
        noted = {"hash": known_by, "text": standing.text, "at": time.time()}
        self._trusted[standing.repo] = noted
        await self._store.save_trust(standing.repo, json.dumps(noted))
        return await self.of(repo)

    async def revoke(self, repo: str) -> bool:
        """Trust a repository no longer; says whether it was trusted.

        A repository that is gone is named by its path.
        """
        try:
            root = (await self.of(repo)).repo
        except AgentDeckError:
            root = repo
        was_trusted = self._trusted.pop(root, None) is not None
        await self._store.drop_trust(root)
        return was_trusted


def _data_of(root: Path) -> bytes | None:
    """The bytes of a repository's file, read once; None where there is none."""
    if not (root / ".git").exists():
        return file_at(open_repository(root), "HEAD", FILE_NAME)
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(root / FILE_NAME, flags), "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{FILE_NAME} cannot be read: {error.strerror}.") from error
