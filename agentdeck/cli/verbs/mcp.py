"""`agentdeck mcp`: an MCP server, so that an agent can run agents."""

from __future__ import annotations

import sys
from pathlib import Path

from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import finish
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, UsageError


@verb("mcp", "mcp --help")
def mcp() -> None:
    """Serve MCP over standard input and output: start, list, wait for, read, send, stop.

    For Claude Code:  claude mcp add agentdeck -- agentdeck mcp

    For Codex:        codex mcp add agentdeck -- agentdeck mcp

    For others:       over stdio, the command agentdeck with the argument mcp

    Sessions start in the folder in which the server runs, unless another is named. In
    the settings, [mcp] max_depth (2) says how deep agents may start agents, max_sessions
    (10) how many of theirs may run, and merge = true adds a tool to merge. The package
    is an extra: pip install 'agentdeck[mcp]'.
    """
    try:
        from agentdeck.cli.mcp_server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise AgentDeckError(
            "`agentdeck mcp` needs the package mcp: pip install 'agentdeck[mcp]'."
        ) from error
    if sys.stdin.isatty():
        raise UsageError(
            "This speaks MCP over standard input, for an agent to start. "
            "`agentdeck mcp --help` says how to add it to one."
        )
    finish(serve(paths_from_environment(), Path.cwd()))
