"""The agents there are: the built-in ones and those from the settings."""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterator, Mapping

from agentdeck.agents.aider import AIDER
from agentdeck.agents.claude import CLAUDE
from agentdeck.agents.codex import CODEX
from agentdeck.agents.command import COMMAND, agent_from_settings
from agentdeck.agents.copilot import COPILOT
from agentdeck.agents.definition import Agent
from agentdeck.agents.gemini import GEMINI
from agentdeck.agents.opencode import OPENCODE
from agentdeck.agents.scripted import SCRIPTED
from agentdeck.config.settings import AgentSettings
from agentdeck.core.errors import UsageError

BUILT_IN = (
    CLAUDE,
    CODEX,
    COPILOT,
    GEMINI,
    OPENCODE,
    AIDER,
    SCRIPTED,
    COMMAND,
)


class Registry:
    """Agents by name."""

    def __init__(self, described: Mapping[str, AgentSettings] | None = None) -> None:
        """Start from the built-in agents and add those that a person described.

        Raises:
            UsageError: If a described agent has a rule that is no regular expression.
        """
        self._agents = {agent.name: agent for agent in BUILT_IN}
        for name, settings in (described or {}).items():
            try:
                self._agents[name] = agent_from_settings(name, settings)
            except re.error as error:
                raise UsageError(
                    f"The settings of agent {name!r}: {error.pattern!r} is not a "
                    f"regular expression: {error.msg}."
                ) from error

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._agents.values())

    def agent(self, name: str) -> Agent:
        """The agent of a name.

        Raises:
            UsageError: If there is none; the message names those there are.
        """
        if name in self._agents:
            return self._agents[name]
        close = difflib.get_close_matches(name, self._agents, 1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"No agent is called {name!r}. {hint}There are {', '.join(self._agents)}; "
            "add your own under [agents.NAME] in the settings."
        )

    def known_or_command(self, name: str) -> Agent:
        """The agent of a session; one that left the settings counts as a command."""
        return self._agents.get(name, COMMAND)

    def listed(self, path: str | None = None) -> list[dict[str, object]]:
        """Name, title and whether it is installed, of each, for pickers."""
        return [
            {"name": a.name, "title": a.title, "installed": is_installed(a, path)}
            for a in self._agents.values()
        ]


def is_installed(agent: Agent, path: str | None = None) -> bool:
    """Whether the agent's program is there, on the given PATH or this process's."""
    return (
        agent.executable is None
        or shutil.which(agent.executable, path=path) is not None
    )
