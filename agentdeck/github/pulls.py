"""Pull requests on GitHub: found, opened, merged, reviewed.

A branch on the remote is needed to open one; pushing is `agentdeck.git.remotes`'.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentdeck.core.pulls import (
    GH_FIELDS,
    Finding,
    PullRequest,
    PullStrategy,
    pull_from_gh,
    review_request,
)
from agentdeck.github import gh
from agentdeck.github.errors import GitHubError, UnprocessableError

MAX_LISTED = 100
_JSON = f"--json={','.join(GH_FIELDS)}"
_PULL_URL = re.compile(r"https?://\S+/pull/(\d+)")


@dataclass(frozen=True, slots=True)
class Draft:
    """A pull request to open."""

    title: str
    body: str
    head: str
    """The branch on GitHub; `owner:branch` where that is a fork."""
    base: str
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """A review that was posted."""

    url: str
    inline: bool
    """Whether each finding stands at its line; else all are in the text."""


def open_pulls(folder: Path) -> list[PullRequest]:
    """The open pull requests of a repository, the newest first: one request.

    Raises:
        AgentDeckError: One of `agentdeck.github.errors`.
    """
    args = ("pr", "list", "--state=open", f"--limit={MAX_LISTED}", _JSON)
    return [_pull(values) for values in _list(gh.run(folder, *args))]


def pull_of_branch(folder: Path, branch: str) -> PullRequest | None:
    """The pull request of a branch: the open one, or else the newest.

    Raises:
        AgentDeckError: One of `agentdeck.github.errors`.
    """
    args = ("pr", "list", f"--head={branch}", "--state=all", "--limit=20", _JSON)
    found = [_pull(values) for values in _list(gh.run(folder, *args))]
    own = [each for each in found if not each.from_fork]
    return max(own, key=lambda each: (each.is_open, each.number), default=None)


def pull(folder: Path, number: int) -> PullRequest:
    """One pull request.

    Raises:
        NoSuchPullError: If there is none of that number.
        AgentDeckError: Any other of `agentdeck.github.errors`.
    """
    return _pull(_loaded(gh.run(folder, "pr", "view", str(int(number)), _JSON)))


def create(folder: Path, draft: Draft) -> PullRequest:
    """Open a pull request of a branch that is on the remote.

    Raises:
        PullExistsError: If there is an open one of the branch.
        AgentDeckError: Any other of `agentdeck.github.errors`.
    """
    args = [
        "pr",
        "create",
        f"--title={draft.title}",
        "--body-file=-",
        f"--head={draft.head}",
        f"--base={draft.base}",
    ]
    if draft.is_draft:
        args.append("--draft")
    said = gh.run(folder, *args, stdin=draft.body)
    found = _PULL_URL.findall(said)
    if not found:
        raise GitHubError("gh opened a pull request and did not say which.")
    return pull(folder, int(found[-1]))


def merge(
    folder: Path,
    number: int,
    strategy: PullStrategy,
    head: str,
    *,
    when_ready: bool = False,
) -> PullRequest:
    """Merge a pull request on GitHub, if its newest commit is still the given one.

    The branch stays, here and there.

    Args:
        folder: Any folder of the repository.
        number: Which.
        strategy: How.
        head: The commit that it has to have.
        when_ready: Let GitHub merge it once its checks have passed.

    Raises:
        PullConflictError: If it conflicts with its base.
        PullMovedError: If it, or its base, has got other commits.
        PullBlockedError: If the repository's rules forbid it.
        AgentDeckError: Any other of `agentdeck.github.errors`.
    """
    args = ["pr", "merge", str(int(number)), f"--{strategy}"]
    args.append(f"--match-head-commit={head}")
    if when_ready:
        args.append("--auto")
    gh.run(folder, *args)
    return pull(folder, number)


def mark_ready(folder: Path, number: int) -> PullRequest:
    """Make a draft a pull request that can be reviewed and merged.

    Raises:
        AgentDeckError: One of `agentdeck.github.errors`.
    """
    gh.run(folder, "pr", "ready", str(int(number)))
    return pull(folder, number)


def post_review(
    folder: Path,
    number: int,
    findings: Sequence[Finding],
    summary: str = "",
    commit: str = "",
) -> Posted:
    """Post findings as one review that neither approves nor refuses.

    Where GitHub does not take a line, as none of the diff, all findings stand in the
    review's text with their file and line, so that none is lost.

    Args:
        folder: Any folder of the repository.
        number: The pull request.
        findings: What to remark, on lines of the new side.
        summary: What is said above them.
        commit: The commit that was reviewed; the newest if it is empty.

    Raises:
        AgentDeckError: One of `agentdeck.github.errors`.
    """
    if not findings and not summary:
        raise GitHubError("A review needs a finding or a text.")
    inline = bool(findings)
    try:
        url = _post(
            folder, number, review_request(findings, summary, commit, inline=inline)
        )
    except UnprocessableError:
        if not inline:
            raise
        inline = False
        url = _post(
            folder, number, review_request(findings, summary, commit, inline=False)
        )
    return Posted(url, inline)


def _post(folder: Path, number: int, request: dict[str, Any]) -> str:
    # gh itself fills in the owner and the name of the repository.
    where = f"repos/{{owner}}/{{repo}}/pulls/{int(number)}/reviews"
    said = gh.run(
        folder, "api", "--method=POST", "--input=-", where, stdin=json.dumps(request)
    )
    answer = _loaded(said)
    return str(answer.get("html_url") or "")


def _loaded(said: str) -> dict[str, Any]:
    try:
        values = json.loads(said)
    except ValueError as error:
        raise _odd() from error
    if not isinstance(values, dict):
        raise _odd()
    return values


def _list(said: str) -> list[dict[str, Any]]:
    try:
        values = json.loads(said or "[]")
    except ValueError as error:
        raise _odd() from error
    if not isinstance(values, list):
        raise _odd()
    return values


def _pull(values: dict[str, Any]) -> PullRequest:
    try:
        return pull_from_gh(values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _odd() from error


def _odd() -> GitHubError:
    return GitHubError(
        "gh answered something that AgentDeck does not understand. It needs gh 2.20 or"
        " newer; `gh --version` says which this is."
    )
