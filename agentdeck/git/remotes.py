"""Remotes: which one a branch is pushed to, what it has, and pushing.

Never forces on its own: what a remote's branch has beside the session's commits is
replaced only by name, if it still is what the person was told.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

from agentdeck.git import commands
from agentdeck.git.errors import (
    GitTimeoutError,
    NoRemoteError,
    RemoteBranchError,
    RemoteError,
)
from agentdeck.git.merge_trees import missing_branch
from agentdeck.git.names import full_ref
from agentdeck.git.repository import Repository, commit_of

_LOCKED_OUT = re.compile(
    r"could not read (?:Username|Password)|Authentication failed|Permission denied|"
    r"Invalid username or password|HTTP Basic: Access denied|The requested URL"
    r" returned error: 40[13]|Host key verification failed",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"^remote: (?:error: )?(?P<why>.*\w.*)$", re.MULTILINE)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")


@dataclass(frozen=True, slots=True)
class Pushed:
    """A branch that is on a remote."""

    remote: str
    branch: str
    commit: str
    previous: str
    """What the remote's branch was before; empty if there was none."""


def remote_of(repo: Repository, base: str) -> str:
    """The remote that the branches of a base are pushed to.

    As git itself chooses: what is set for pushing, then the base's own, then
    `origin`, then the only one.

    Raises:
        NoRemoteError: If there is none, or several and nothing says which.
    """
    remotes = commands.read(repo.root, "remote").text.split("\n")
    remotes = [each for each in remotes if each]
    settings = ("remote.pushDefault", f"branch.{base}.remote")
    wanted = [_setting(repo, each) for each in settings]
    for name in (*wanted, "origin"):
        if name in remotes:
            return name
    if len(remotes) == 1:
        return remotes[0]
    if not remotes:
        raise NoRemoteError(
            f"{repo.root.name} has no remote, so there is nowhere to push to. Add one:"
            " `git remote add origin URL`."
        )
    raise NoRemoteError(
        f"{repo.root.name} has several remotes ({', '.join(remotes)}). Say which one is"
        " pushed to: `git config remote.pushDefault NAME`."
    )


def base_on(remote: str, base: str) -> str:
    """What a base is called on a remote: `origin/main` is `main` there."""
    return base.removeprefix(f"{remote}/")


def tips_on(repo: Repository, remote: str, *branches: str) -> dict[str, str]:
    """The commits of some branches of a remote, of those that it has.

    Raises:
        RemoteError: If it does not answer.
    """
    refs = [full_ref(branch) for branch in branches]
    shown = _reached(repo, remote, "ls-remote", "--refs", "--", remote, *refs)
    pairs = (line.split("\t", 1) for line in shown.text.splitlines() if "\t" in line)
    found = {ref: commit for commit, ref in pairs}
    return {name: found[full_ref(name)] for name in branches if full_ref(name) in found}


def push(
    repo: Repository, remote: str, branch: str, there: str, replaces: str = ""
) -> Pushed:
    """Bring a remote's branch of the same name up to a local branch.

    Args:
        repo: The repository.
        remote: The remote's name.
        branch: The branch, here and there.
        there: The commit that the remote has of it; empty if none.
        replaces: A commit that may go from the remote's branch, with what only it
            has. Anything else that is there stays.

    Raises:
        RemoteBranchError: If there are commits that the branch here does not have.
        RemoteError: If the remote does not answer, or does not take it.
        BranchMissingError: If there is no such branch here.
    """
    head = commit_of(repo, full_ref(branch))
    if head is None:
        raise missing_branch(repo, branch)
    if there == head:
        return Pushed(remote, branch, head, there)
    if there and there != replaces and not _has(repo, head, there):
        raise _other_commits(remote, branch, there)
    _push_large_files(repo, remote, branch)
    ref = full_ref(branch)
    args = ["push", "--porcelain", "--no-verify", f"--force-with-lease={ref}:{there}"]
    _reached(repo, remote, *args, "--", remote, f"{head}:{ref}", branch=branch)
    return Pushed(remote, branch, head, there)


def remove_branch(repo: Repository, remote: str, branch: str, commit: str) -> None:
    """Remove a remote's branch, if it still is at a commit; one that is gone is fine.

    Raises:
        RemoteBranchError: If it has got other commits.
        RemoteError: If the remote does not answer, or does not let it go.
    """
    there = tips_on(repo, remote, branch).get(branch)
    if there is None:
        return
    if there != commit:
        raise _other_commits(remote, branch, there)
    ref = full_ref(branch)
    lease = f"--force-with-lease={ref}:{commit}"
    _reached(
        repo,
        remote,
        "push",
        "--no-verify",
        lease,
        "--",
        remote,
        f":{ref}",
        branch=branch,
    )


def _has(repo: Repository, head: str, commit: str) -> bool:
    asked = commands.read(
        repo.root, "merge-base", "--is-ancestor", commit, head, ok=(0, 1, 128)
    )
    return asked.status == 0


def _other_commits(remote: str, branch: str, there: str) -> RemoteBranchError:
    return RemoteBranchError(
        f"{branch} on {remote} has other commits ({there[:12]}) than here, so nothing"
        f" was pushed. Fetch and merge them (`git pull {remote} {branch}` in the"
        f" worktree), or replace them: --force-with-lease {there}.",
        remote=remote,
        branch=branch,
        there=there,
    )


def _push_large_files(repo: Repository, remote: str, branch: str) -> None:
    """Bring the contents that git-lfs keeps, which its hook would, before a push."""
    if shutil.which("git-lfs") is None:
        return
    uses = commands.read(
        repo.root,
        "grep",
        "--quiet",
        "--fixed-strings",
        "filter=lfs",
        full_ref(branch),
        "--",
        ":(glob)**/.gitattributes",
        ok=(0, 1),
    )
    if uses.status == 0:
        _reached(repo, remote, "lfs", "push", remote, branch, branch=branch)


def _setting(repo: Repository, name: str) -> str:
    return commands.read(repo.root, "config", "--get", name, ok=(0, 1)).text


def _reached(
    repo: Repository, remote: str, *args: str, branch: str = ""
) -> commands.Output:
    try:
        output = commands.reach(repo.root, *args)
    except GitTimeoutError as error:
        raise RemoteError(error.message) from error
    if output.status == 0:
        return output
    said = _CREDENTIALS.sub("***", output.stderr + output.text)
    details = {"remote": remote, "stderr": said[:2000]}
    if "stale info" in said or "fetch first" in said or "non-fast-forward" in said:
        raise RemoteBranchError(
            f"{branch} on {remote} has got other commits meanwhile, so nothing was"
            " pushed. Look again, then try again.",
            **details,
        )
    if _LOCKED_OUT.search(said):
        raise RemoteError(
            f"{remote} does not let this account in. `git push {remote}` in a terminal"
            " says more; a password or passphrase cannot be asked for here, so use a"
            " credential helper or ssh-agent.",
            **details,
        )
    why = _REFUSED.search(said)
    if why is not None and "rejected" in said:
        raise RemoteError(f"{remote} does not take it: {why['why'].strip()}", **details)
    raise RemoteError(
        f"{remote} could not be reached: {commands.reason_in(said)}.", **details
    )
