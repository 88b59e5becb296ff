"""What each of the composer's chips says, and what is asked when it is opened."""

from __future__ import annotations

from pathlib import Path

from agentdeck.tui.composer.chips import Chip
from agentdeck.tui.composer.draft import Draft
from agentdeck.tui.composer.offer import Offer

LABELS = {
    "agent": ("agent", 0),
    "model": ("model", 0),
    "mode": ("mode", 1),
    "custom": ("role", 0),
    "repo": ("repo", 2),
    "base": ("base", 2),
    "type": ("type", 0),
    "name": ("name", 0),
    "check": ("check", 4),
    "commit": ("commit", 0),
    "count": ("variants", 0),
}
HINTS = {
    "agent": "agent",
    "model": "model: choose or type",
    "mode": "what it may do without asking",
    "custom": "role",
    "repo": "repository: choose, or type a path",
    "base": "base: choose or type",
    "type": "by itself, or with you",
    "count": "how many, or what is different: an approach, agent=…, model=…",
    "name": "name of session and branch: type it",
    "check": "a command that says whether it is right, such as pytest -q: type it",
    "commit": "what is uncommitted when a turn ends",
}
TAKES_ANY = frozenset({"model", "repo", "base", "count", "name", "check"})


def value_of(chip: str, draft: Draft) -> str:
    """The value that a chip has in a draft."""
    match chip:
        case "repo":
            return draft.repo
        case "count":
            return str(draft.count)
        case "name":
            return draft.name
        case "check":
            return draft.checks[-1] if draft.checks else ""
        case _:
            return str(getattr(draft.choice, chip))


def chips_of(draft: Draft, offer: Offer) -> list[Chip]:
    """All chips as a draft has them."""
    return [_chip(name, draft, offer) for name in LABELS]


def _chip(name: str, draft: Draft, offer: Offer) -> Chip:
    label, hot = LABELS[name]
    value = value_of(name, draft)
    match name:
        case "custom":
            value = str(offer.role(value).get("name") or "")
        case "repo":
            value = Path(value).name if value else "none"
        case "base":
            value = value or offer.checked_out
        case "count":
            count = len(draft.variations) or draft.count
            value = str(count) if count > 1 else ""
        case "check":
            more = len(draft.checks) - 1
            value = f"{value} +{more}" if more > 0 else value
        case _:
            pass
    return Chip(name, label, hot, value)
