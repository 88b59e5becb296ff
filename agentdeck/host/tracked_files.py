"""The tracked files of repositories, listed once for each state of their index."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agentdeck.core.fuzzy import best_matches
from agentdeck.git.repository import Repository, open_repository
from agentdeck.git.tracked import index_stamp, tracked_files

MAX_REPOSITORIES = 8


class TrackedFiles:
    """Finds tracked files by a few letters; all of it off the host's loop."""

    def __init__(self) -> None:
        self._repositories: dict[str, Repository] = {}
        self._lists: dict[str, tuple[tuple[int, int], list[str]]] = {}
        self._lock = asyncio.Lock()

    async def find(self, repo: str, query: str, limit: int) -> list[str]:
        """The files that a query most likely means.

        Raises:
            AgentDeckError: If it is no repository.
        """
        async with self._lock:
            files = await asyncio.to_thread(self._listed, repo)
        return await asyncio.to_thread(best_matches, query, files, limit)

    def _listed(self, repo: str) -> list[str]:
        repository = self._repositories.get(repo)
        if repository is None or not repository.git_dir.exists():
            repository = open_repository(Path(repo))
        stamp = index_stamp(repository)
        known = self._lists.pop(repo, None)
        if known is None or known[0] != stamp:
            known = stamp, tracked_files(repository)
        # Taken out and put in again: the one asked for longest ago goes first.
        self._lists[repo] = known
        self._repositories[repo] = repository
        while len(self._lists) > MAX_REPOSITORIES:
            oldest = next(iter(self._lists))
            del self._lists[oldest], self._repositories[oldest]
        return known[1]
