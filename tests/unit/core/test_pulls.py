from __future__ import annotations

from typing import Any

import pytest

from agentdeck.core.pulls import (
    Finding,
    PullChecks,
    PullReview,
    PullState,
    checks_of,
    pull_from_gh,
    review_request,
)

RUN: dict[str, Any] = {"__typename": "CheckRun", "name": "tests"}
OLD: dict[str, Any] = {"__typename": "StatusContext", "context": "ci"}


@pytest.mark.parametrize(
    ("rollup", "expected"),
    [
        ([], PullChecks.NONE),
        ([{**RUN, "status": "COMPLETED", "conclusion": "SUCCESS"}], PullChecks.PASSED),
        ([{**RUN, "status": "COMPLETED", "conclusion": "SKIPPED"}], PullChecks.PASSED),
        ([{**RUN, "status": "COMPLETED", "conclusion": "FAILURE"}], PullChecks.FAILED),
        (
            [{**RUN, "status": "COMPLETED", "conclusion": "CANCELLED"}],
            PullChecks.FAILED,
        ),
        ([{**RUN, "status": "COMPLETED", "conclusion": ""}], PullChecks.FAILED),
        ([{**RUN, "status": "IN_PROGRESS", "conclusion": ""}], PullChecks.PENDING),
        ([{**RUN, "status": "QUEUED", "conclusion": None}], PullChecks.PENDING),
        ([{**OLD, "state": "SUCCESS"}], PullChecks.PASSED),
        ([{**OLD, "state": "PENDING"}], PullChecks.PENDING),
        ([{**OLD, "state": "EXPECTED"}], PullChecks.PENDING),
        ([{**OLD, "state": "ERROR"}], PullChecks.FAILED),
        (
            [{**OLD, "state": "SUCCESS"}, {**RUN, "status": "QUEUED"}],
            PullChecks.PENDING,
        ),
        (
            [{**OLD, "state": "FAILURE"}, {**RUN, "status": "QUEUED"}],
            PullChecks.FAILED,
        ),
    ],
)
def test_all_checks_as_one(rollup: list[dict[str, Any]], expected: PullChecks) -> None:
    assert checks_of(rollup) is expected


def told(**values: Any) -> dict[str, Any]:
    return {
        "number": 7,
        "url": "https://github.com/ada/proj/pull/7",
        "state": "OPEN",
        "headRefName": "agentdeck/fix",
        "baseRefName": "main",
        **values,
    }


def test_what_gh_tells_of_a_pull_request() -> None:
    pull = pull_from_gh(
        told(
            isDraft=True,
            headRefOid="abc",
            author={"login": "ada"},
            mergeable="CONFLICTING",
            mergeCommit=None,
            reviewDecision="CHANGES_REQUESTED",
            statusCheckRollup=None,
            isCrossRepository=True,
        )
    )
    assert (pull.state, pull.review) == (PullState.DRAFT, PullReview.CHANGES)
    assert (pull.conflicts, pull.from_fork, pull.author) == (True, True, "ada")
    merged = pull_from_gh(told(state="MERGED", mergeCommit={"oid": "m"}, isDraft=True))
    assert (merged.state, merged.merge_commit) == (PullState.MERGED, "m")
    assert not merged.is_open


@pytest.mark.parametrize(
    "odd", [{"state": "LOST"}, {"number": "x"}, {"url": "javascript:alert(1)"}]
)
def test_what_is_no_pull_request_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each has a text of its own
        pull_from_gh(told(**odd))


def test_a_review_at_the_lines_or_all_in_its_text() -> None:
    findings = [Finding("a.py", 9, "wrong", first_line=4), Finding("b.py", 2, "why?")]
    inline = review_request(findings, "Two things", "abc", inline=True)
    assert inline["event"] == "COMMENT"
    assert inline["commit_id"] == "abc"
    assert inline["comments"][0]["start_line"] == 4
    assert "start_line" not in inline["comments"][1]
    whole = review_request(findings, "Two things", "", inline=False)
    assert "comments" not in whole
    assert "commit_id" not in whole
    assert whole["body"] == "Two things\n\n`a.py:9`: wrong\n\n`b.py:2`: why?"
