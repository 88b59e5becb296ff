"""Which sessions a person means: by slug, id or unique prefix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentdeck.core.errors import NoSuchSessionError, UsageError
from agentdeck.core.session import Session


def session_named(name: str, sessions: Sequence[Session]) -> Session:
    """The session that a name, id or unique prefix of either means.

    Raises:
        NoSuchSessionError: If none has it.
        UsageError: If it is the prefix of several.
    """
    for session in sessions:
        if name in (session.name, session.id):
            return session
    matches = [s for s in sessions if s.name.startswith(name) or s.id.startswith(name)]
    if not name or not matches:
        raise NoSuchSessionError(
            f"No session is called {name!r}. `agentdeck ls` lists those there are.",
            name=name,
        )
    if len(matches) > 1:
        names = ", ".join(match.name for match in matches[:5])
        raise UsageError(
            f"{name!r} could be any of {names}. Give a longer name.", name=name
        )
    return matches[0]


def sessions_named(names: Iterable[str], sessions: Sequence[Session]) -> list[Session]:
    """The sessions that the names mean, in that order, each once.

    Raises:
        NoSuchSessionError: If a name means no session.
        UsageError: If a name is the prefix of several.
    """
    found: dict[str, Session] = {}
    for name in names:
        session = session_named(name, sessions)
        found[session.id] = session
    return list(found.values())
