"""Custom agents: a role written down in a file, for any agent CLI that can play it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dialect(StrEnum):
    """Whose files they are; the fields differ a little."""

    GITHUB = "github"
    """`.github/agents/*.agent.md`, as VS Code and Copilot read them."""
    CLAUDE = "claude"
    """`.claude/agents/*.md`, as Claude Code reads them."""


@dataclass(frozen=True, slots=True)
class CustomAgent:
    """What a file says. `None` and empty stand for what it does not say."""

    name: str
    path: str
    dialect: Dialect
    description: str = ""
    prompt: str = ""
    """The instructions: the file's text below its front matter."""
    tools: tuple[str, ...] | None = None
    """None allows all; an empty tuple none."""
    models: tuple[str, ...] = ()
    """In the order of preference."""
    argument_hint: str = ""
    target: str = ""
    handoffs: tuple[str, ...] = ()
    """The labels of the hand-offs that it offers."""
    is_user_invocable: bool = True
    mcp_servers: tuple[str, ...] = ()
    unknown_fields: tuple[str, ...] = ()
    """Fields that AgentDeck knows nothing of; nothing follows from them."""


def said_fields(agent: CustomAgent) -> frozenset[str]:
    """The fields, apart from name and text, that a file makes use of."""
    used = {
        "tools": agent.tools is not None,
        "model": bool(agent.models),
        "target": bool(agent.target),
        "handoffs": bool(agent.handoffs),
        "mcp-servers": bool(agent.mcp_servers),
        **dict.fromkeys(agent.unknown_fields, True),
    }
    return frozenset(name for name, is_used in used.items() if is_used)


def not_expressed(agent: CustomAgent, cannot: frozenset[str]) -> tuple[str, ...]:
    """The fields of a file that an agent CLI will not follow, in order.

    Args:
        agent: The file.
        cannot: What the CLI has no way to express.
    """
    lost = said_fields(agent) & (cannot | frozenset(agent.unknown_fields))
    return tuple(sorted(lost))
