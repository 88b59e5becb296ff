"""What gh says, and what a person is told of it."""

from __future__ import annotations

import pytest

from agentdeck.github import errors
from agentdeck.github.gh import failure, without_secrets


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ("You are not logged into any GitHub hosts. Run gh auth login", 4, errors.NotLoggedInError),
        ("HTTP 401: Bad credentials (https://api.github.com/graphql)", 1, errors.NotLoggedInError),
        ("", 4, errors.NotLoggedInError),
        ("none of the git remotes configured for this repository point to a known GitHub host. To tell gh about a new GitHub host, please use `gh auth login`", 1, errors.NotOnGitHubError),
        ("no git remotes found", 1, errors.NotOnGitHubError),
        ("GraphQL: Could not resolve to a Repository with the name 'a/b'. (repository)", 1, errors.NotOnGitHubError),
        ("GraphQL: API rate limit exceeded for user ID 1.", 1, errors.RateLimitedError),
        ("HTTP 403: You have exceeded a secondary rate limit", 1, errors.RateLimitedError),
        ("error connecting to api.github.com\ncheck your internet connection or https://githubstatus.com", 1, errors.UnreachableError),
        ("HTTP 502: Bad Gateway (https://api.github.com/graphql)", 1, errors.UnreachableError),
        ("a pull request for branch \"x\" into branch \"main\" already exists:\nhttps://github.com/a/b/pull/3", 1, errors.PullExistsError),
        ("no pull requests found for branch \"x\"", 1, errors.NoSuchPullError),
        ("GraphQL: Could not resolve to a PullRequest with the number of 9. (repository.pullRequest)", 1, errors.NoSuchPullError),
        ("GraphQL: Base branch was modified. Review and try the merge again. (mergePullRequest)", 1, errors.PullMovedError),
        ("X Pull request #3 is not mergeable: the merge commit cannot be cleanly created.", 1, errors.PullConflictError),
        ("X Pull request #3 is not mergeable: the base branch policy prohibits the merge.", 1, errors.PullBlockedError),
        ("GraphQL: Required status check \"ci\" is expected. (mergePullRequest)", 1, errors.PullBlockedError),
        ("GraphQL: Squash merges are not allowed on this repository. (mergePullRequest)", 1, errors.PullBlockedError),
        ("gh: Unprocessable Entity (HTTP 422)", 1, errors.UnprocessableError),
        ("segmentation fault", 139, errors.GitHubError),
    ],
)  # fmt: skip
def test_each_complaint_has_its_error(
    said: str, status: int, expected: type[Exception]
) -> None:
    error = failure(("pr", "merge"), status, said)
    assert type(error) is expected
    assert error.message.endswith(".")


def test_no_token_is_told() -> None:
    said = (
        "bad ghp_abcDEF123 and github_pat_11AB_x at https://ada:pw@github.com/a/b"
        " and s3cret"
    )
    cleaned = without_secrets(said, {"GH_TOKEN": "s3cret"})
    assert cleaned == "bad *** and *** at https://***@github.com/a/b and ***"
    error = failure(("api",), 1, "no ghp_abcDEF123")
    assert "ghp_" not in error.message + str(error.data)
