"""What agents there are: installed or not, their versions, what works with each."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentdeck.agents.definition import Agent, model_of
from agentdeck.core.custom_agents import CustomAgent, not_expressed
from agentdeck.core.session import Activity
from agentdeck.rpc import messages as m

if TYPE_CHECKING:
    from agentdeck.host.application import Host

VERSION_WITHIN_S = 10.0


async def list_agents(host: Host, params: m.ListAgents) -> dict[str, Any]:
    """The agents with what works, and the custom agents that a repository offers."""
    agents = list(host.registry)
    asked = (asyncio.to_thread(_found, agent, params) for agent in agents)
    found = await asyncio.gather(*asked)
    rows = [_row(agent, *each) for agent, each in zip(agents, found, strict=True)]
    custom: list[dict[str, Any]] = []
    if params.repo is not None:
        files = await asyncio.to_thread(host.creator.custom_agents, Path(params.repo))
        custom = [
            {
                "path": file.path,
                "origin": file.origin,
                "error": file.error,
                **(_custom(file.agent, agents) if file.agent else {"name": None}),
            }
            for file in files
        ]
    return {"agents": rows, "custom": custom}


def _found(agent: Agent, params: m.ListAgents) -> tuple[str | None, str | None]:
    """Where an agent's program is, and the version that it says."""
    if agent.executable is None:
        return None, None
    place = shutil.which(agent.executable, path=params.path)
    if place is None or not params.versions:
        return place, None
    try:
        done = subprocess.run(
            [place, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=VERSION_WITHIN_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return place, None
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    told = (line for line in lines if any(letter.isdigit() for letter in line))
    return place, next(told, None)


def _row(agent: Agent, place: str | None, version: str | None) -> dict[str, Any]:
    return {
        "name": agent.name,
        "title": agent.title,
        "installed": agent.executable is None or place is not None,
        "path": place,
        "version": version,
        "modes": list(agent.modes),
        "works": what_works(agent),
    }


def what_works(agent: Agent) -> dict[str, bool]:
    """What AgentDeck can do with an agent, by its record."""
    signs = {rule.activity for rule in (*agent.rules, *agent.title_rules)}
    return {
        "hooks": agent.read_report is not None,
        "screen": Activity.NEEDS_INPUT in signs,
        "resume": agent.resumes,
        "usage": agent.read_usage is not None,
        "custom": agent.plays_custom,
    }


def cannot_express(agent: Agent, custom: CustomAgent) -> frozenset[str]:
    """The fields of a custom agent that an agent has no way to follow."""
    is_other = bool(custom.models) and model_of(agent.models, None, custom) is None
    return agent.cannot_express | ({"model"} if is_other else frozenset())


def _custom(custom: CustomAgent, agents: list[Agent]) -> dict[str, Any]:
    return {
        "name": custom.name,
        "description": custom.description,
        "dialect": custom.dialect.value,
        "tools": None if custom.tools is None else list(custom.tools),
        "models": list(custom.models),
        "argument_hint": custom.argument_hint,
        "user_invocable": custom.is_user_invocable,
        "not_expressed": {
            agent.name: list(not_expressed(custom, cannot_express(agent, custom)))
            for agent in agents
            if agent.plays_custom
        },
    }
