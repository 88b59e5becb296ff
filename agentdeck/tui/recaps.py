"""What is new of a session, asked of the host for whoever shows it."""

from __future__ import annotations

from agentdeck.core.errors import AgentDeckError
from agentdeck.core.recap import since_of
from agentdeck.core.session import Session
from agentdeck.tui.deck import Deck
from agentdeck.tui.printable import one_line


async def recap_of(deck: Deck, session: Session) -> list[str]:
    """The lines that say what is new of a session; none where nothing is."""
    since = since_of(session, deck.clock())
    if since is None:
        return []
    try:
        answer = await deck.link.call(
            "session.recap", ids=[session.id], since=since.isoformat()
        )
    except AgentDeckError:
        # What is new is said beside what there is; it has no error of its own.
        return []
    (recap,) = answer["recaps"]
    ascii_only = deck.look.glyphs.is_ascii
    return [one_line(str(line), ascii_only=ascii_only) for line in recap["lines"]]
