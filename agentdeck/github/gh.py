"""Runs `gh`: the one place that starts it, and that turns its complaints into ours.

No token is ever on a command line or in an error: `gh` has its own, and what it
prints is cleaned of them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from agentdeck.core.errors import AgentDeckError
from agentdeck.github.errors import (
    GhMissingError,
    GitHubError,
    NoSuchPullError,
    NotLoggedInError,
    NotOnGitHubError,
    PullBlockedError,
    PullConflictError,
    PullExistsError,
    PullMovedError,
    RateLimitedError,
    UnprocessableError,
    UnreachableError,
)

logger = logging.getLogger(__name__)

TIMEOUT_S = 60.0
NOT_LOGGED_IN = 4
"""The exit status that `gh` has for it."""

_QUIET = {
    "GH_PROMPT_DISABLED": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
    "GH_SPINNER_DISABLED": "1",
    "GH_PAGER": "cat",
    "NO_COLOR": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # `gh` asks git for remotes, in a repository that may be a stranger's.
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "false",
    "GIT_CONFIG_KEY_1": "core.hooksPath",
    "GIT_CONFIG_VALUE_1": "/dev/null",
    "GIT_CONFIG_KEY_2": "protocol.ext.allow",
    "GIT_CONFIG_VALUE_2": "never",
}
_DROPPED = frozenset(["GH_DEBUG", "DEBUG", "GH_FORCE_TTY", "GH_REPO", "CLICOLOR_FORCE"])
_SECRET = re.compile(r"\b(?:gh[a-z]_|github_pat_)\w+|(?<=://)[^/\s@]+(?=@)")
_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")

_COMPLAINTS: tuple[tuple[str, type[AgentDeckError], str], ...] = (
    (
        r"rate limit|HTTP 429",
        RateLimitedError,
        "GitHub takes no more requests from this account for now. Try again in a few"
        " minutes; `gh api rate_limit` says when.",
    ),
    (
        r"none of the git remotes|no git remotes",
        NotOnGitHubError,
        "No remote of this repository is on a GitHub that gh is logged in to."
        " `git remote -v` lists them; `gh auth status` says where it is.",
    ),
    (
        r"gh auth login|HTTP 401|Bad credentials|authentication token",
        NotLoggedInError,
        "gh is not logged in to GitHub, or its token holds no longer. Run"
        " `gh auth login` in a terminal, then try again.",
    ),
    (
        r"a pull request for branch .* already exists",
        PullExistsError,
        "There is a pull request of this branch already.",
    ),
    (
        r"no pull requests? found|Could not resolve to a PullRequest",
        NoSuchPullError,
        "There is no such pull request on GitHub.",
    ),
    (
        r"Could not resolve to a Repository|HTTP 404",
        NotOnGitHubError,
        "GitHub has no such repository, or the account of gh may not see it."
        " `gh auth status` says which account that is.",
    ),
    (
        r"Base branch was modified|Head branch was modified|[Hh]ead sha|"
        r"head commit .*match",
        PullMovedError,
        "The branch or its base got other commits on GitHub meanwhile, so nothing was"
        " merged. Look again, then try again.",
    ),
    (
        r"not mergeable: the merge commit cannot|merge conflict|is in dirty",
        PullConflictError,
        "It conflicts with its base on GitHub. Fetch the base, bring the session up to"
        " it (`agentdeck update` or `agentdeck resolve`) and push again.",
    ),
    (
        r"is not mergeable|is still a draft|status check|review is required|"
        r"protected branch|policy prohibits|not authorized to (?:merge|push)|"
        r"not allowed on this repository|merge method",
        PullBlockedError,
        "The repository's rules on GitHub do not let it be merged so",
    ),
    (r"HTTP 422", UnprocessableError, "GitHub does not take it"),
    (
        r"error connecting|could not resolve host|no such host|connection refused|"
        r"i/o timeout|TLS handshake|network is unreachable|HTTP 5\d\d|EOF$",
        UnreachableError,
        "GitHub could not be reached. Check the connection; githubstatus.com says"
        " whether it has a problem.",
    ),
)
"""What each complaint means; a sentence without an end is followed by gh's own."""


def is_installed() -> bool:
    """Whether there is a `gh` on the PATH."""
    return shutil.which("gh") is not None


def run(folder: Path, *args: str, stdin: str = "", timeout_s: float = TIMEOUT_S) -> str:
    """What a `gh` command prints.

    It never asks anything, and it is ended with all that it started if it takes
    longer than it may.

    Args:
        folder: Any folder of the repository.
        args: The command and its arguments.
        stdin: What it reads; texts of people belong here, not among arguments.
        timeout_s: How long it may take.

    Raises:
        AgentDeckError: One of `agentdeck.github.errors`.
    """
    command = shutil.which("gh")
    if command is None:
        raise GhMissingError(
            "gh, the command line of GitHub, is not installed or not on the PATH of"
            " the host. See https://cli.github.com, then `agentdeck host restart`."
        )
    try:
        process = subprocess.Popen(
            [command, *args],
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise GitHubError(f"gh could not be started: {error.strerror}.") from error
    with process:
        try:
            stdout, stderr = process.communicate(stdin, timeout_s)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise UnreachableError(
                f"GitHub did not answer within {timeout_s:.0f} s. Check the connection"
                " and try again."
            ) from error
        except BaseException:
            _end(process)
            raise
    logger.debug("gh_ran", extra={"gh_command": args[:2], "code": process.returncode})
    if process.returncode != 0:
        raise failure(args, process.returncode, stderr or stdout)
    return stdout


def failure(args: tuple[str, ...], status: int, said: str) -> AgentDeckError:
    """The error that says why a `gh` command failed."""
    said = without_secrets(said, os.environ)
    details = {"command": list(args[:2]), "stderr": said[:2000]}
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    first = lines[0].rstrip(".") if lines else "it gave no reason"
    for sign, kind, sentence in _COMPLAINTS:
        if re.search(sign, said, re.IGNORECASE | re.MULTILINE):
            whole = sentence if sentence.endswith(".") else f"{sentence}: {first}."
            return kind(whole, **details)
    if status == NOT_LOGGED_IN:
        return NotLoggedInError(
            "gh is not logged in to GitHub. Run `gh auth login` in a terminal, then"
            " try again.",
            **details,
        )
    return GitHubError(f"`gh {' '.join(args[:2])}` failed: {first}.", **details)


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """A text without tokens, whether they look like one or are known as one."""
    for name in _TOKENS:
        if environ.get(name):
            text = text.replace(environ[name], "***")
    return _SECRET.sub("***", text)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and not name.startswith("GIT_")
    }
    ssh = {
        name: environ[name]
        for name in ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS")
        if name in environ
    }
    return {**kept, **ssh, **_QUIET}


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
