"""Answering from the list, one or many at once, with a look at what each gets."""

from __future__ import annotations

from typing import Any

from agentdeck.core.session import Activity, Session
from agentdeck.tui.deck import Deck

MAX_PREVIEWED = 14


def shown(*sessions: Session) -> dict[str, str]:
    """Since when each session asks what is shown now, as an answer names it."""
    return {
        s.id: s.needs_since.isoformat(timespec="milliseconds")
        for s in sessions
        if s.needs_since is not None
    }


async def previewed(
    deck: Deck, sessions: list[Session], since: dict[str, str], **how: Any
) -> tuple[list[Session], list[str]]:
    """Those that can be answered so, and what each would get, a line for each.

    Raises:
        AgentDeckError: If the host cannot be asked.
    """
    results = await deck.call_many(
        "session.answer", sessions, preview=True, since=since, **how
    )
    fine = {str(result["id"]): result for result in results if result["ok"]}
    can = [session for session in sessions if session.id in fine]
    arrow = "->" if deck.look.glyphs.is_ascii else "→"
    lines = [
        f"{s.name}: {fine[s.id]['asks']}  {arrow}  {fine[s.id]['gets']}"
        for s in can[:MAX_PREVIEWED]
    ]
    if len(can) > MAX_PREVIEWED:
        lines.append(f"and {len(can) - MAX_PREVIEWED} more")
    left = len(sessions) - len(can)
    if left:
        lines += ["", f"{left} cannot be answered so and get nothing."]
    return can, lines


async def send_each_its_way(
    deck: Deck, sessions: list[Session], text: str
) -> list[dict[str, Any]]:
    """Send a text to each as it can take one; gives one result each.

    Those that ask get it as the answer, those that rest now, and those that work at
    the end of their turn.

    Raises:
        AgentDeckError: If the host cannot be reached.
    """
    asking = [s for s in sessions if s.needs_attention]
    working = [
        s for s in sessions if not s.needs_attention and s.activity is Activity.WORKING
    ]
    resting = [s for s in sessions if s not in asking and s not in working]
    results: list[dict[str, Any]] = []
    if asking:
        results += await deck.call_many(
            "session.answer", asking, reply=text, since=shown(*asking)
        )
    for some, when in ((working, "queue"), (resting, "now")):
        if some:
            results += await deck.call_many("session.send", some, text=text, when=when)
    return results
