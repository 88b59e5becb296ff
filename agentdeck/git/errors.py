"""What can go wrong with git, each in a sentence for a person and a way out."""

from __future__ import annotations

from agentdeck.core.errors import AgentDeckError, RefusedError, UsageError


class GitError(AgentDeckError):
    """A git command failed for a reason that has no name of its own here."""


class GitMissingError(AgentDeckError):
    """Git is not installed, or not on the PATH."""


class GitTooOldError(AgentDeckError):
    """Git lacks `merge-tree --write-tree`, which came with 2.38."""


class GitTimeoutError(AgentDeckError):
    """A git command that only reads took longer than its deadline."""


class LockedError(AgentDeckError):
    """Another git holds a lock file, or has left one behind."""


class StorageError(AgentDeckError):
    """The disk is full, read-only, or not ours to write."""


class NotARepositoryError(UsageError):
    """The path is missing or not inside a git repository."""


class UntrustedRepositoryError(RefusedError):
    """The repository belongs to another user, so git itself refuses it."""


class NoCommitError(UsageError):
    """The repository or branch has no commit to start from."""


class UnknownRevisionError(UsageError):
    """A base or revision that does not exist."""


class InvalidNameError(UsageError):
    """A branch name or template that git could not use."""


class NameTakenError(RefusedError):
    """The branch, or the folder of the worktree, exists already."""


class BranchMissingError(RefusedError):
    """The branch was deleted, or never was."""


class BranchInUseError(RefusedError):
    """The branch is checked out somewhere else."""


class WorktreeDirtyError(RefusedError):
    """A worktree or checkout has changes that the request would lose or skip."""


class WorktreeProtectedError(RefusedError):
    """A worktree that must not be removed: the main one, locked, or not git's."""


class ConflictError(RefusedError):
    """Two branches changed the same lines; `data["files"]` names the files."""


class NothingToMergeError(RefusedError):
    """The branch has no commit that the base does not have."""


class NotFastForwardError(RefusedError):
    """The base has commits of its own, so it cannot just move on to the branch."""


class UnrelatedHistoriesError(RefusedError):
    """The two branches have no common commit, at least not in this clone."""


class BranchMovedError(RefusedError):
    """A branch got new commits between looking and writing."""


class NestedRepositoryError(RefusedError):
    """A git repository inside a worktree, whose content could not be kept."""


class NoRemoteError(RefusedError):
    """The repository has no remote to push to, or nothing says which."""


class RemoteError(AgentDeckError):
    """A remote did not answer, did not let us in, or refused what was pushed."""


class RemoteBranchError(RefusedError):
    """A remote's branch has commits that would be lost; `data["there"]` is its tip."""
