"""What AgentDeck leaves alone: a person's own checkout, in which a session works."""

from __future__ import annotations

from agentdeck.core.errors import RefusedError
from agentdeck.core.session import Session


def require_worktree(session: Session, what: str) -> None:
    """Refuse to change the files or the branch of a session in a person's checkout.

    Args:
        session: The session that would be acted on.
        what: What would be done, such as `merges`.

    Raises:
        RefusedError: If it has no worktree of its own.
    """
    if session.in_checkout:
        raise RefusedError(
            f"{session.name} works in your own checkout {session.worktree}, where"
            f" AgentDeck {what} nothing. Do it there yourself, or continue it in a"
            f" worktree: `agentdeck handoff {session.name}`."
        )
