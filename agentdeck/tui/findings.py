"""How findings look: their words, shapes and roles of colours. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentdeck.core.comments import Comment, Place, place_from_wire
from agentdeck.core.findings import FindingState, Kept, Severity, kept_from_wire
from agentdeck.tui.review_model import WHOLE, Said

COLOURS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "accent",
}
"""The role of a severity's colour."""


def finding_from_wire(values: Mapping[str, Any]) -> tuple[Kept, Place | None]:
    """A finding and where it stands, as the host sent it."""
    return kept_from_wire(values), place_from_wire(values)


def said_of(kept: Kept, place: Place | None) -> Said:
    """A finding as it stands in a review: below its lines, as a comment does."""
    finding = kept.finding
    text = finding.message
    if finding.suggestion:
        text = f"{text}\nTry: {finding.suggestion}"
    if kept.dismissed_at:
        text = kept.reason
    comment = Comment(
        f"finding-{kept.id}",
        replace(kept.anchor, path=finding.path or WHOLE),
        text,
        kept.at,
        kept.hunk,
        sent_at=kept.sent_at,
        is_resolved=not kept.stands,
    )
    return Said(comment, place, kept)


def state_words(kept: Kept, place: Place | None = None) -> str:
    """What has become of a finding, and whether its lines were changed."""
    words = [] if kept.state is FindingState.OPEN else [kept.state.value]
    if place is not None and place.is_outdated and kept.stands:
        words.append("outdated")
    if kept.posted_at:
        words.append("posted")
    return ", ".join(words)


def place_words(kept: Kept, place: Place | None) -> str:
    """A finding's file and line, where it stands now."""
    path = kept.finding.path or WHOLE
    line = place.line if place is not None else kept.anchor.line
    end = place.end if place is not None else kept.anchor.end
    if not line:
        return path
    return f"{path}:{line}" if line == end else f"{path}:{line}-{end}"
