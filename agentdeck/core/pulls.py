"""Pull requests: what is known of one, and how a review is told to GitHub.

Pure: `agentdeck.github` asks GitHub, the host keeps what it hears in the sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

PullStrategy = Literal["merge", "squash", "rebase"]

PULL_STRATEGIES: tuple[tuple[PullStrategy, str], ...] = (
    ("merge", "merge commit"),
    ("squash", "squash into one commit"),
    ("rebase", "rebase its commits"),
)
"""How GitHub can merge, and what a person calls it."""


class PullState(StrEnum):
    """Where a pull request is in its life."""

    OPEN = "open"
    DRAFT = "draft"
    MERGED = "merged"
    CLOSED = "closed"


OPEN_STATES = frozenset({PullState.OPEN, PullState.DRAFT})


class PullChecks(StrEnum):
    """What GitHub's checks say of its newest commit, all taken together."""

    NONE = "none"
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


class PullReview(StrEnum):
    """What its reviewers decided."""

    NONE = "none"
    REQUIRED = "required"
    APPROVED = "approved"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as GitHub last told it."""

    number: int
    url: str
    state: PullState = PullState.OPEN
    checks: PullChecks = PullChecks.NONE
    review: PullReview = PullReview.NONE
    title: str = ""
    branch: str = ""
    """The branch on GitHub."""
    base: str = ""
    head: str = ""
    """The newest commit on GitHub."""
    author: str = ""
    from_fork: bool = False
    conflicts: bool = False
    """Whether GitHub found that it cannot be merged cleanly."""
    merge_commit: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can still be merged, as a draft or not."""
        return self.state in OPEN_STATES


GH_FIELDS = (
    "author",
    "baseRefName",
    "headRefName",
    "headRefOid",
    "isCrossRepository",
    "isDraft",
    "mergeCommit",
    "mergeable",
    "number",
    "reviewDecision",
    "state",
    "statusCheckRollup",
    "title",
    "url",
)
"""What `gh --json` is asked for."""

_FINE = frozenset({"SUCCESS", "NEUTRAL", "SKIPPED"})
_REVIEWS = {
    "APPROVED": PullReview.APPROVED,
    "CHANGES_REQUESTED": PullReview.CHANGES,
    "REVIEW_REQUIRED": PullReview.REQUIRED,
}


def pull_from_gh(values: Mapping[str, Any]) -> PullRequest:
    """A pull request from what `gh --json` prints of it.

    Raises:
        KeyError, TypeError, ValueError: If that is something else.
    """
    state = PullState(str(values["state"]).lower())
    if state is PullState.OPEN and values.get("isDraft"):
        state = PullState.DRAFT
    url = str(values["url"])
    if not url.startswith(("https://", "http://")):
        raise ValueError(url)
    return PullRequest(
        number=int(values["number"]),
        url=url,
        state=state,
        checks=checks_of(values.get("statusCheckRollup") or ()),
        review=_REVIEWS.get(str(values.get("reviewDecision")), PullReview.NONE),
        title=str(values.get("title") or ""),
        branch=str(values["headRefName"]),
        base=str(values["baseRefName"]),
        head=str(values.get("headRefOid") or ""),
        author=str((values.get("author") or {}).get("login") or ""),
        from_fork=bool(values.get("isCrossRepository")),
        conflicts=values.get("mergeable") == "CONFLICTING",
        merge_commit=str((values.get("mergeCommit") or {}).get("oid") or ""),
    )


def checks_of(rollup: Iterable[Mapping[str, Any]]) -> PullChecks:
    """All checks as one: failed before pending before passed."""
    found = {_check_of(check) for check in rollup}
    for worst in (PullChecks.FAILED, PullChecks.PENDING, PullChecks.PASSED):
        if worst in found:
            return worst
    return PullChecks.NONE


def _check_of(check: Mapping[str, Any]) -> PullChecks:
    # An older kind of check has a state, a run has a status and, once it is
    # completed, a conclusion.
    outcome = str(check.get("conclusion") or check.get("state") or "").upper()
    if outcome in _FINE:
        return PullChecks.PASSED
    is_over = str(check.get("status") or "").upper() == "COMPLETED"
    if not is_over and outcome in ("", "PENDING", "EXPECTED"):
        return PullChecks.PENDING
    return PullChecks.FAILED


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of a review, on a line of the new side of a file."""

    path: str
    line: int
    body: str
    first_line: int = 0
    """Where the range begins that it is about; 0 for the line alone."""


def review_request(
    findings: Sequence[Finding], summary: str, commit: str, *, inline: bool
) -> dict[str, Any]:
    """A review as GitHub takes it.

    Args:
        findings: What to remark.
        summary: What is said above them.
        commit: The commit that was reviewed.
        inline: Each at its line; else all in the text, where GitHub refuses lines
            that are not part of the diff.
    """
    request: dict[str, Any] = {"event": "COMMENT", "body": summary}
    if commit:
        request["commit_id"] = commit
    if inline:
        request["comments"] = [_comment(each) for each in findings]
    else:
        listed = [f"`{each.path}:{each.line}`: {each.body}" for each in findings]
        request["body"] = "\n\n".join([*([summary] if summary else []), *listed])
    return request


def _comment(finding: Finding) -> dict[str, Any]:
    comment: dict[str, Any] = {
        "path": finding.path,
        "line": finding.line,
        "side": "RIGHT",
        "body": finding.body,
    }
    if 0 < finding.first_line < finding.line:
        comment |= {"start_line": finding.first_line, "start_side": "RIGHT"}
    return comment
