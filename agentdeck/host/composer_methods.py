"""The composer's methods: what a repository offers, files, folders, what to keep."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.config.brief_files import begun
from agentdeck.core.errors import AgentDeckError
from agentdeck.git.repository import Repository, branches, open_repository
from agentdeck.host.agent_list import list_agents
from agentdeck.host.composing import folders_like
from agentdeck.host.method import Method
from agentdeck.host.tracked_files import TrackedFiles
from agentdeck.rpc import composer_messages as c
from agentdeck.rpc.messages import ListAgents

if TYPE_CHECKING:
    from agentdeck.host.application import Host

MAX_BRANCHES = 500
OWN_BRANCHES = "agentdeck/"


class ComposerMethods:
    """What the composer may ask."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._files = TrackedFiles()
        self.table: dict[str, Method] = {
            "composer.open": Method(c.OpenComposer, self._open),
            "composer.files": Method(c.FindFiles, self._find_files),
            "composer.folders": Method(c.FindFolders, self._find_folders),
            "composer.brief": Method(c.BeginBrief, self._begin_brief),
            "composer.keep": Method(c.KeepChoice, self._keep),
            "composer.image": Method(c.KeepImage, self._keep_image),
        }

    async def _open(self, params: c.OpenComposer) -> dict[str, Any]:
        composing = self._host.composing
        repository, problem = await asyncio.to_thread(_repository, params.repo)
        root = str(repository.root) if repository else None
        listed = await list_agents(self._host, ListAgents(repo=root, path=params.path))
        known = [
            root,
            *composing.repositories(),
            *(s.repo for s in self._host.sessions),
        ]
        return {
            "repo": root,
            "problem": problem,
            "branches": await asyncio.to_thread(_branches, repository),
            "checked_out": repository.checked_out if repository else None,
            "repositories": list(dict.fromkeys(each for each in known if each)),
            "choice": composing.choice(root or params.repo),
            "prompts": composing.prompts(),
            "models": self._models(),
            "default_agent": self._host.settings.agent,
            **listed,
        }

    def _models(self) -> dict[str, list[str]]:
        """The models that sessions of each agent were given, the newest first."""
        models: dict[str, list[str]] = {}
        for session in sorted(
            self._host.sessions, key=lambda s: s.created_at, reverse=True
        ):
            own = models.setdefault(session.agent, [])
            if session.model and session.model not in own:
                own.append(session.model)
        return models

    async def _find_files(self, params: c.FindFiles) -> dict[str, Any]:
        found = await self._files.find(params.repo, params.query, params.limit)
        return {"files": found}

    async def _find_folders(self, params: c.FindFolders) -> dict[str, Any]:
        found = await asyncio.to_thread(folders_like, params.typed, params.limit)
        rows = [{"path": path, "is_repository": is_one} for path, is_one in found]
        return {"folders": rows}

    async def _begin_brief(self, params: c.BeginBrief) -> dict[str, Any]:
        repo = Path(params.repo) if params.repo else None
        text = await asyncio.to_thread(begun, repo, params.goal, params.template)
        return {"text": text}

    async def _keep(self, params: c.KeepChoice) -> dict[str, Any]:
        await self._host.composing.keep(params.repo, params.prompt, params.choice)
        return {}

    async def _keep_image(self, params: c.KeepImage) -> dict[str, Any]:
        return {"path": await self._host.composing.keep_image(params.data)}


def _repository(path: str) -> tuple[Repository | None, str]:
    try:
        return open_repository(Path(path)), ""
    except AgentDeckError as error:
        return None, error.message


def _branches(repository: Repository | None) -> list[str]:
    """The branches to start from: those of sessions come last."""
    if repository is None:
        return []
    try:
        found = branches(repository)
    except AgentDeckError:
        return []
    found.sort(key=lambda name: name.startswith(OWN_BRANCHES))
    return found[:MAX_BRANCHES]
