"""The environment of a session's agent, its setup and its checks."""

from __future__ import annotations

import os
from collections.abc import Mapping

from agentdeck.config.paths import Paths
from agentdeck.core.session import Session
from agentdeck.host.session_files import inbox_of, read_json

PORTS = 10
"""How many ports a session has from its first one on."""

_DROPPED = ("COLUMNS", "LINES", "TMUX", "TMUX_PANE", "STY", "PYTHONUTF8")


def environment_of(
    paths: Paths, session: Session, own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a program of the session sees.

    Args:
        paths: Where the session's folder is.
        session: The session.
        own: The repository's own variables, where they are trusted.
    """
    env = read_json(paths.session_dir(session.id) / "env.json") or dict(os.environ)
    kept = {
        name: value
        for name, value in env.items()
        if name not in _DROPPED and not name.startswith("GIT_")
    }
    home = os.environ.get("AGENTDECK_HOME")
    if home:
        kept["AGENTDECK_HOME"] = home
    return {
        **kept,
        **(own or {}),
        "PWD": session.worktree,
        "AGENTDECK_SESSION": session.name,
        "AGENTDECK_NAME": session.name,
        "AGENTDECK_SESSION_ID": session.id,
        "AGENTDECK_WORKTREE": session.worktree,
        "AGENTDECK_REPO": session.repo,
        "AGENTDECK_BASE": session.base,
        "AGENTDECK_BRANCH": session.branch,
        "AGENTDECK_PORT": str(session.port),
        "AGENTDECK_PORTS": str(PORTS if session.port else 0),
        "AGENTDECK_INBOX": str(inbox_of(paths, session.id)),
    }
