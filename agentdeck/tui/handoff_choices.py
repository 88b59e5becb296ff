"""What is chosen for a hand-off, as a value: who goes on, how, and what the source does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentdeck.core.handoffs import carried_in_words

ROWS = ("type", "agent", "model", "way", "source")
LABELS = {
    "type": "type",
    "agent": "agent",
    "model": "model",
    "way": "conversation",
    "source": "source",
}
_TYPES = {
    "background": "by itself in a worktree, from the pool",
    "local": "with you in a worktree, at once",
    "here": "with you in this checkout of yours, at once",
}
_SOURCES = {
    "stay": "it goes on beside",
    "stop": "its agent ends; branch and worktree stay",
    "archive": "its agent ends; it goes out of sight",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices. Empty texts stand for what is usual."""

    type: str = "background"
    agent: str = ""
    model: str = ""
    way: str = ""
    source: str = "stay"

    def asked(self) -> dict[str, Any]:
        """The parameters of `handoff.look`, but for the source's id."""
        is_here = self.type == "here"
        return {
            "agent": self.agent or None,
            "type": "local" if is_here else self.type,
            "in_checkout": is_here,
            "way": self.way or None,
            "source": self.source,
        }


def options_of(
    row: str, chosen: Chosen, looked: Mapping[str, Any], models: Sequence[str]
) -> list[str]:
    """What a row can be, in order."""
    match row:
        case "type":
            can_stay = bool(looked["source"]["in_checkout"])
            return [each for each in _TYPES if each != "here" or can_stay]
        case "agent":
            own = str(looked["source"]["agent"])
            ready = [str(a["name"]) for a in looked["agents"] if a["installed"]]
            return sorted(ready, key=lambda name: name != own)
        case "model":
            return list(dict.fromkeys(["", *models, chosen.model]))
        case "way":
            return [str(each) for each in looked["conversation"]["ways"]]
        case _:
            return list(_SOURCES)


def value_of(row: str, chosen: Chosen, looked: Mapping[str, Any]) -> str:
    """What a row is now; what is usual as what it comes to."""
    match row:
        case "agent":
            return str(looked["agent"])
        case "way":
            return str(looked["conversation"]["way"])
        case _:
            return str(getattr(chosen, row))


def changed(
    row: str,
    by: int,
    chosen: Chosen,
    looked: Mapping[str, Any],
    models: Sequence[str],
) -> Chosen:
    """The next choice of a row, or the one before; the last is followed by the first."""
    options = options_of(row, chosen, looked, models)
    if len(options) < 2:
        return chosen
    now = value_of(row, chosen, looked)
    at = options.index(now) if now in options else 0
    new = replace(chosen, **{row: options[(at + by) % len(options)]})
    if row == "agent":
        # Another agent has other models, and can do other things with it.
        return replace(new, model="", way="")
    if row == "source" and chosen.way == "resume" and new.source == "stay":
        return replace(new, way="")
    return new


def said_of(row: str, chosen: Chosen, looked: Mapping[str, Any]) -> tuple[str, str]:
    """A row's value and a few words about it."""
    value = value_of(row, chosen, looked)
    match row:
        case "type":
            return value, _TYPES.get(value, "")
        case "agent":
            titles = {a["name"]: a["title"] for a in looked["agents"]}
            is_same = value == looked["source"]["agent"]
            title = str(titles.get(value, value))
            return value, f"{title}, as now" if is_same else title
        case "model":
            return value or "usual", "" if value else "as the agent is set; m types one"
        case "way":
            return value, str(looked["conversation"]["reason"])
        case _:
            return value, _SOURCES[value]


def carried_line(looked: Mapping[str, Any]) -> str:
    """What goes along, in words."""
    carried = looked["carried"]
    return carried_in_words(carried) if carried else "stays where it is"
