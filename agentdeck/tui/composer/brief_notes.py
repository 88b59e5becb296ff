"""What the composer says of a brief while it is written, and before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from agentdeck.config.brief_files import is_brief, parse_brief
from agentdeck.core.brief_quality import findings_of, is_worth_asking

MAX_CHARACTERS = 50_000
"""A longer one is not read at each key."""


@dataclass(frozen=True, slots=True)
class BriefNote:
    """A line about a brief; empty for what is none."""

    text: str = ""
    is_wrong: bool = False
    is_asking: bool = False
    """Whether a start waits for a second yes."""


def note_on(prompt: str) -> BriefNote:
    """What is wrong with a brief, or missing."""
    if not is_brief(prompt) or len(prompt) > MAX_CHARACTERS:
        return BriefNote()
    parsed = parse_brief(prompt)
    if parsed.problems:
        told = "; ".join(f"{each.key} {each.text}" for each in parsed.problems)
        return BriefNote(f"Brief: {told}", is_wrong=True)
    findings = findings_of(parsed.brief)
    if not findings:
        return BriefNote("Brief: nothing is missing.")
    told = ", ".join(f"{each.what} {each.confidence:.0%}" for each in findings)
    return BriefNote(f"Brief: {told}", is_asking=is_worth_asking(findings))
