"""Posts findings to a pull request, at their lines as its newest commit has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from agentdeck.core import comments as c
from agentdeck.core.errors import RefusedError
from agentdeck.core.findings import Kept, comment_text
from agentdeck.core.pull_text import inert
from agentdeck.core.pulls import Finding, PullRequest
from agentdeck.core.session import Session
from agentdeck.git.review import content_of
from agentdeck.git.review_sides import Sides
from agentdeck.github.pulls import Posted, post_review


def post_findings(session: Session, chosen: Sequence[Kept]) -> Posted:
    """Post findings as one review of a session's pull request. Blocks.

    What has no line there, or is on lines that were changed since, stands in the text.

    Raises:
        RefusedError: If the session has no open pull request.
        AgentDeckError: If GitHub does not take it.
    """
    pull = session.pull
    if pull is None or not pull.is_open:
        raise RefusedError(
            f"{session.name} has no open pull request. `agentdeck pr create "
            f"{session.name}` opens one."
        )
    at_lines, others = _divided(session, pull, chosen)
    rules = ", ".join(dict.fromkeys(kept.by for kept in chosen))
    summary = [f"Found by an agent that reviewed this ({inert(rules)})."]
    summary += [f"`{_where(kept)}`: {inert(comment_text(kept))}" for kept in others]
    folder = Path(session.repo)
    return post_review(folder, pull.number, at_lines, "\n\n".join(summary), pull.head)


def _divided(
    session: Session, pull: PullRequest, chosen: Iterable[Kept]
) -> tuple[list[Finding], list[Kept]]:
    """Those that stand at a line of the pull request, and the others."""
    sides = Sides(Path(session.repo), pull.head, pull.head)
    at_lines: list[Finding] = []
    others: list[Kept] = []
    for kept in chosen:
        path = kept.anchor.path
        lines = content_of(sides, path, is_old=False) if path and pull.head else None
        place = c.placed(kept.anchor, lines or [])
        if place.line and not place.is_outdated:
            body = inert(comment_text(kept))
            at_lines.append(Finding(path, place.end, body, place.line))
        else:
            others.append(kept)
    return at_lines, others


def _where(kept: Kept) -> str:
    path = kept.finding.path.replace("`", "'") or "the change"
    return f"{path}:{kept.finding.line}" if kept.finding.line else path
