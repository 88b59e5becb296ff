"""What the end of a turn means: the message of its checkpoint, and claims it made.

Pure: the commits are made in `agentdeck.git`, the host says when.
"""

from __future__ import annotations

import re
from typing import Literal

CommitPolicy = Literal["auto", "always", "never"]
"""Whether the end of a turn commits: `auto` for agents that cannot by themselves."""

TRAILER_SESSION = "AgentDeck-Session"
TRAILER_TURN = "AgentDeck-Turn"
MAX_SUBJECT = 72
MAX_BODY = 2000

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CLAIM = re.compile(
    r"\b(?:I(?:'ve| have)? (?:just )?committed"
    r"|(?:changes|work|it|everything|all)(?: (?:is|are|was|were|has been|have been))?"
    r" (?:now )?committed"
    r"|committed (?:the|my|all|these|those|this|it|as)\b"
    r"|(?:created|made) (?:a|the|one|two|three|\d+)(?: \w+)? commits?)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|n't|never|without|nothing|un|cannot|could ?not|unable)\b[^.\n]{0,40}"
    r"\bcommit",
    re.IGNORECASE,
)


def commits_turns(
    policy: CommitPolicy, own: bool | None, *, commits_itself: bool
) -> bool:
    """Whether the end of a session's turn makes a commit.

    Args:
        policy: The settings' word.
        own: What was said of this session; None leaves it to the settings.
        commits_itself: Whether its agent can commit in a linked worktree.
    """
    if own is not None:
        return own
    return policy == "always" or (policy == "auto" and not commits_itself)


def checkpoint_message(session: str, turn: int, prompt: str, said: str) -> str:
    """The message of a turn's checkpoint.

    The subject is the turn's prompt, or else what the agent said last; what it said
    is the body.
    """
    asked, told = _clean(prompt), _clean(said)
    subject = _subject(asked) or _subject(told) or f"Turn {turn}"
    parts = [subject]
    if told and told != subject:
        parts += ["", _cut(told, MAX_BODY)]
    trailers = [f"{TRAILER_SESSION}: {session}", f"{TRAILER_TURN}: {turn}"]
    return "\n".join([*parts, "", *trailers, ""])


def claims_commit(said: str) -> bool:
    """Whether a message says that its writer committed something."""
    return bool(_CLAIM.search(said)) and not _DENIAL.search(said)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()


def _subject(text: str) -> str:
    first = text.split("\n", 1)[0].strip().lstrip("#*- ").strip()
    return _cut(" ".join(first.split()), MAX_SUBJECT)


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    word = kept.rsplit(" ", 1)[0] if " " in kept[length // 2 :] else kept
    return word.rstrip(" ,;:") + "…"
