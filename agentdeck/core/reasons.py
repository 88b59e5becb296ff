"""Why a session has its status, in a sentence for a person."""

from __future__ import annotations

from datetime import datetime

from agentdeck.core.session import Why

_SAID = {
    "hook": "{agent}'s own hook said so {ago}: {detail}",
    "answer": "{detail}, {ago}",
    "signal": "its terminal was told so {ago}: {detail}",
    "title": "its title said so {ago}: {detail}",
    "screen": "its screen came to rest {ago} and shows: {detail}",
    "process": "its process told so {ago}: {detail}",
    "output": "it printed {ago}: {detail}",
}


def because(why: Why, agent: str, now: datetime) -> str:
    """What the evidence said, and how long ago.

    Args:
        why: The evidence.
        agent: The agent's name for people.
        now: The time.
    """
    sentence = _SAID.get(why.source, "{detail} ({ago})")
    return sentence.format(agent=agent, ago=_ago(why.at, now), detail=why.detail)


def _ago(at: datetime, now: datetime) -> str:
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
