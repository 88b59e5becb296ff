"""What can go wrong with GitHub, each in a sentence for a person and a way out."""

from __future__ import annotations

from agentdeck.core.errors import AgentDeckError, RefusedError


class GitHubError(AgentDeckError):
    """`gh` failed for a reason that has no name of its own here."""


class GhMissingError(GitHubError):
    """`gh` is not installed, or not on the PATH."""


class NotLoggedInError(GitHubError):
    """`gh` has no account, or one whose token holds no longer."""


class RateLimitedError(GitHubError):
    """GitHub takes no more requests from this account for a while."""


class UnreachableError(GitHubError):
    """GitHub did not answer, or not in time."""


class NotOnGitHubError(RefusedError):
    """The repository has no remote that `gh` knows, or the account may not see it."""


class PullExistsError(RefusedError):
    """There is a pull request of the branch already."""


class NoSuchPullError(RefusedError):
    """There is no pull request of that number or branch."""


class PullConflictError(RefusedError):
    """The base changed the same lines, so GitHub cannot merge it."""


class PullMovedError(RefusedError):
    """The branch or its base got other commits while it was merged."""


class PullBlockedError(RefusedError):
    """The repository's rules do not let it be merged yet."""


class UnprocessableError(GitHubError):
    """GitHub understood the request and does not take it, such as a line outside."""
