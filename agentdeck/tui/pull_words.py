"""What is said of pull requests: a mark in a row, a line in their dialog. Pure."""

from __future__ import annotations

from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState
from agentdeck.tui.look import Glyphs

_STATES = {
    PullState.OPEN: "primary",
    PullState.DRAFT: "muted",
    PullState.MERGED: "accent",
    PullState.CLOSED: "faint",
}
_REVIEWS = {
    PullReview.REQUIRED: ("review required", "muted"),
    PullReview.APPROVED: ("approved", "success"),
    PullReview.CHANGES: ("changes requested", "error"),
}

Cells = list[tuple[str, str]]
"""Text with the role of its colour."""


def pull_mark(pull: PullRequest, glyphs: Glyphs) -> Cells:
    """`#12✓+1`: the number in its state's colour, the checks, what reviewers think."""
    cells = [(f"#{pull.number}", _STATES[pull.state])]
    if not pull.is_open:
        return cells
    if pull.conflicts:
        cells.append((glyphs.collides, "error"))
    check = check_glyph(pull.checks, glyphs)
    if check is not None:
        cells.append(check)
    if pull.review is PullReview.APPROVED:
        cells.append(("+1", "success"))
    elif pull.review is PullReview.CHANGES:
        cells.append((f"{glyphs.minus}1", "error"))
    return cells


def pull_cells(pull: PullRequest, glyphs: Glyphs) -> Cells:
    """The same in words, for where there is room."""
    cells = [
        (f"#{pull.number} ", "bright"),
        (pull.state.value, _STATES[pull.state]),
    ]
    if not pull.is_open:
        return cells
    if pull.conflicts:
        cells.append((f"  {glyphs.collides} conflicts", "error"))
    check = check_glyph(pull.checks, glyphs)
    if check is not None:
        cells.append((f"  {check[0]} checks {pull.checks.value}", check[1]))
    if pull.review in _REVIEWS:
        words, colour = _REVIEWS[pull.review]
        cells.append((f"  {words}", colour))
    return cells


def check_glyph(checks: PullChecks, glyphs: Glyphs) -> tuple[str, str] | None:
    """GitHub's checks by a shape and a colour."""
    match checks:
        case PullChecks.NONE:
            return None
        case PullChecks.PENDING:
            return glyphs.preparing, "primary"
        case PullChecks.PASSED:
            return glyphs.done, "success"
        case PullChecks.FAILED:
            return glyphs.failed, "error"
