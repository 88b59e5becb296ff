"""Folders in which merged files are checked; none outlives its check for long."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.git.repository import open_repository
from agentdeck.git.scratch import make_scratch, remove_scratch
from agentdeck.host.session_files import read_json, write_json

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A checked out commit."""

    name: str
    folder: Path
    log: Path
    commit: str


class Scratches:
    """All such folders. A note beside each tells a later host of what is left."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.state / "scratch"
        self.prepare: Callable[[Session, Path], None] = lambda _session, _folder: None
        """Makes a new one ready to work in. Blocks."""

    @asynccontextmanager
    async def holding(self, session: Session, at: str) -> AsyncIterator[Scratch]:
        """A folder with a commit's or a tree's files, for a session's checks.

        Raises:
            AgentDeckError: If it cannot be made.
        """
        name = f"{session.id}-{secrets.token_hex(4)}"
        folder = self._folder / name
        try:
            commit = await asyncio.to_thread(self._make, session, folder, at)
            yield Scratch(name, folder, folder.with_suffix(".log"), commit)
        finally:
            await asyncio.shield(asyncio.to_thread(self._remove, folder))

    def remove_left(self) -> None:
        """Remove those of a host that was killed. Blocks."""
        for note in self._folder.glob("*.json"):
            self._remove(note.with_suffix(""))

    def _make(self, session: Session, folder: Path, at: str) -> str:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_json(folder.with_suffix(".json"), {"repo": session.repo})
        commit = make_scratch(open_repository(Path(session.repo)), folder, at)
        self.prepare(session, folder)
        return commit

    def _remove(self, folder: Path) -> None:
        note = folder.with_suffix(".json")
        noted = read_json(note)
        try:
            if noted is not None:
                remove_scratch(open_repository(Path(str(noted["repo"]))), folder)
        except (AgentDeckError, KeyError) as error:
            logger.warning("scratch_not_removed: %s", error)
        for left in (note, folder.with_suffix(".log")):
            left.unlink(missing_ok=True)
