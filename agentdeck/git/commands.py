"""Runs git: the one place where GitPython is called.

Owns the environment, the settings and the locks' patience of each git process.
It knows no repository and no session.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

import git as gitpython

from agentdeck.git.errors import (
    GitError,
    GitMissingError,
    GitTimeoutError,
    GitTooOldError,
    LockedError,
    StorageError,
)

logger = logging.getLogger(__name__)

READ_TIMEOUT_S = 120.0
LOCK_PATIENCE_S = 5.0
REACH_TIMEOUT_S = 180.0
"""How long a remote may take; a push of much takes its time."""
OLDEST_GIT = (2, 38)

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_POINTERS = (
    "filter.lfs.required=false",
    "filter.lfs.process=",
    "filter.lfs.smudge=",
    "filter.lfs.clean=",
)
"""Without git-lfs its files stay the small texts that stand for them."""
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_DROPPED = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_REPLACE_REF_BASE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_INDEX_VERSION",
        "GIT_DEFAULT_HASH",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_REFLOG_ACTION",
        "GIT_EDITOR",
        "GIT_SEQUENCE_EDITOR",
        "GIT_PAGER",
    ]
)
_LOCK_MESSAGES = (
    re.compile(r"Unable to create '(?P<lock>[^\n]+\.lock)': File exists"),
    re.compile(r"could not lock config file (?P<config>[^\n]+): File exists"),
)
_STORAGE_MESSAGES = (
    ("No space left on device", "The disk is full. Free some space and try again."),
    (
        "Disk quota exceeded",
        "Your disk quota is used up. Free some space and try again.",
    ),
    (
        "Read-only file system",
        "The file system is read-only. Use a repository (or a worktree folder,"
        " `worktree_path` in the settings) on one that can be written.",
    ),
    (
        "Permission denied",
        "You may not write there. Check who owns the folder and its permissions.",
    ),
    # Git gives no reason when a file of a checkout does not fit.
    (
        "unable to write",
        "The disk seems to be full. Free some space and try again.",
    ),
)


@dataclass(frozen=True, slots=True)
class Output:
    """What a git process answered."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output for people: odd bytes replaced, no last newline."""
        return self.stdout.decode("utf-8", "replace").rstrip("\n")

    def records(self) -> list[str]:
        """The NUL-separated fields; bytes that are no UTF-8 survive as surrogates."""
        fields = os.fsdecode(self.stdout).split("\0")
        return fields[:-1] if fields[-1] == "" else fields


def read(
    where: Path,
    *args: str,
    ok: Collection[int] = (0,),
    index: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> Output:
    """Run a git command that changes nothing and takes no optional lock.

    Args:
        where: The folder to run it in; it has to exist.
        args: The command and its arguments.
        ok: The exit statuses that are answers rather than failures.
        index: An index file to use in place of the worktree's own.
        environment: More variables for git.
        stdin: What the command reads.

    Raises:
        AgentDeckError: One of `agentdeck.git.errors`.
    """
    variables = {**_reading(index), **(environment or {})}
    if stdin is None:
        output = _execute(where, args, variables, timeout_s=READ_TIMEOUT_S)
    else:
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            asked = cast("BinaryIO", given)
            output = _execute(
                where, args, variables, stdin=asked, timeout_s=READ_TIMEOUT_S
            )
    if output.status not in ok:
        raise failure(args, output)
    return output


def read_up_to(
    where: Path, *args: str, limit: int, index: Path | None = None
) -> tuple[bytes, bool]:
    """Read at most `limit` bytes of what a git command prints.

    A command that prints more is ended, so that its whole output is never held.

    Returns:
        The bytes, and whether there would have been more.

    Raises:
        AgentDeckError: One of `agentdeck.git.errors`.
    """
    process = _started(where, args, _reading(index))
    stdout = cast("BinaryIO", process.stdout)
    stderr = cast("BinaryIO", process.stderr)
    complaints: list[bytes] = []
    # Read beside: a git that nobody listens to would wait for ever.
    listener = threading.Thread(
        target=lambda: complaints.append(stderr.read()), daemon=True
    )
    watch = threading.Timer(READ_TIMEOUT_S, process.kill)
    listener.start()
    watch.start()
    try:
        data = stdout.read(limit + 1)
        is_cut = len(data) > limit
        if is_cut:
            process.kill()
        status = process.wait()
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        listener.join()
        stdout.close()
        stderr.close()
    if status != 0 and not is_cut:
        said = b"".join(complaints).decode("utf-8", "replace")
        raise failure(args, Output(status, b"", said))
    return data[:limit], is_cut


def _reading(index: Path | None) -> dict[str, str]:
    environment = {"GIT_OPTIONAL_LOCKS": "0"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    return environment


def write(
    where: Path,
    *args: str,
    ok: Collection[int] = (0,),
    index: Path | None = None,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
) -> Output:
    """Run a git command that may change the repository.

    A lock that another git holds is waited for up to `LOCK_PATIENCE_S`; it is
    never removed. There is no deadline: a killed git leaves locks behind.

    Raises:
        LockedError: If the lock is still there afterwards.
        AgentDeckError: Any other of `agentdeck.git.errors`.
    """
    settings = dict(environment or {})
    if index is not None:
        settings["GIT_INDEX_FILE"] = str(index)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    pause_s = 0.02
    while True:
        with tempfile.TemporaryFile() as standard_input:
            standard_input.write(stdin or b"")
            standard_input.seek(0)
            output = _execute(
                where, args, settings, stdin=cast("BinaryIO", standard_input)
            )
        if output.status in ok:
            return output
        if _lock_named_in(output.stderr) is None or time.monotonic() > deadline:
            raise failure(args, output)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.6, 0.25)


def reach(where: Path, *args: str) -> Output:
    """Run a git command that talks to a remote, whatever its exit status.

    It asks for no password: nobody is there to type it. Only one that can be ended at
    any time belongs here.

    Raises:
        GitTimeoutError: If the remote took longer than `REACH_TIMEOUT_S`.
        AgentDeckError: Any other of `agentdeck.git.errors`.
    """
    alone = {"GIT_OPTIONAL_LOCKS": "0"}
    output = _execute(where, args, alone, timeout_s=REACH_TIMEOUT_S)
    if output.stderr.startswith("Timeout:"):
        raise GitTimeoutError(
            f"The remote did not answer within {REACH_TIMEOUT_S:.0f} s. Check the"
            " connection and try again.",
            command=list(args),
        )
    return output


def failure(args: Sequence[str], output: Output) -> Exception:
    """The error that says why a git command failed."""
    details = {"command": list(args), "git_status": output.status}
    details["stderr"] = output.stderr
    lock = _lock_named_in(output.stderr)
    name = _command_in(args)
    if lock is not None:
        return LockedError(
            f"Another git is at work on this repository: {lock} exists. Try again when"
            " it has finished; if no git is running, remove that file by hand.",
            lock=lock,
            **details,
        )
    for sign, sentence in _STORAGE_MESSAGES:
        if sign in output.stderr:
            return StorageError(
                f"{sentence} (git: {reason_in(output.stderr)})", **details
            )
    if output.stderr.startswith("Timeout:"):
        return GitTimeoutError(
            f"`git {name}` did not answer within {READ_TIMEOUT_S:.0f} s. The disk may"
            " be slow or unreachable; try again.",
            **details,
        )
    return GitError(
        f"`git {name}` failed: {reason_in(output.stderr)}. Run `git status` in the"
        " repository to see what is wrong.",
        **details,
    )


@lru_cache(maxsize=1)
def require_git() -> tuple[int, ...]:
    """The version of the installed git, asked once.

    Raises:
        GitMissingError: If there is none.
        GitTooOldError: If it is older than 2.38.
    """
    output = _execute(Path("/"), ["version"], {})
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", output.text)
    version = tuple(int(part) for part in found.groups("0")) if found else (0,)
    if version < OLDEST_GIT:
        shown = ".".join(str(part) for part in version)
        raise GitTooOldError(
            f"AgentDeck needs git 2.38 or newer; this is git {shown}. Install a newer"
            " git and make sure that it comes first on your PATH.",
            version=shown,
        )
    return version


def _started(
    where: Path, args: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A git process with both its outputs as pipes."""
    try:
        started: object = gitpython.Git("/").execute(
            _command(where, args, environment),
            as_process=True,
            env={**_QUIET, **environment},
        )
    except gitpython.exc.GitCommandNotFound as error:
        raise _missing() from error
    except OSError as error:
        raise _not_started(args, error) from error
    held = cast("gitpython.Git.AutoInterrupt", started)
    process = held.proc
    # What GitPython gives ends the process once nobody holds it any more.
    held.proc = None
    return cast("subprocess.Popen[bytes]", process)


def _execute(
    where: Path,
    args: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdin: BinaryIO | None = None,
    timeout_s: float | None = None,
) -> Output:
    try:
        answer: object = gitpython.Git("/").execute(
            _command(where, args, environment),
            istream=stdin,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=timeout_s,
            env={**_QUIET, **environment},
        )
    except gitpython.exc.GitCommandNotFound as error:
        raise _missing() from error
    except OSError as error:
        raise _not_started(args, error) from error
    status, stdout, stderr = cast("tuple[int, bytes, str]", answer)
    logger.debug(
        "git_ran", extra={"git_command": _command_in(args), "exit_code": status}
    )
    return Output(status, stdout, stderr)


def _command(
    where: Path, args: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    chosen = _SETTINGS if shutil.which("git-lfs") else (*_SETTINGS, *_POINTERS)
    settings = [word for setting in chosen for word in ("-c", setting)]
    # `-C` fails on a missing folder, where GitPython would silently run git in
    # whatever folder the host happens to be in.
    start = [*_without_inherited(environment), "git", "-C", str(where)]
    return [*start, *settings, *args]


def _missing() -> GitMissingError:
    return GitMissingError(
        "git is not installed, or not on your PATH. Install git 2.38 or newer."
    )


def _not_started(args: Sequence[str], error: OSError) -> GitError:
    return GitError(
        f"git could not be started: {error.strerror}. Close some programs and try"
        " again.",
        command=list(args),
    )


def _without_inherited(environment: Mapping[str, str]) -> list[str]:
    """A prefix that drops variables which point git at another repository.

    GitPython always passes the whole environment on and can only add to it.
    """
    unwanted = [
        name
        for name in os.environ
        if (name in _DROPPED or name.startswith("GIT_TRACE"))
        and name not in environment
    ]
    if not unwanted:
        return []
    return ["env", *(word for name in unwanted for word in ("-u", name))]


def _command_in(args: Sequence[str]) -> str:
    """The command's name, after any settings given before it."""
    after_settings = 0
    while args[after_settings] == "-c":
        after_settings += 2
    return args[after_settings]


def _lock_named_in(stderr: str) -> str | None:
    for message in _LOCK_MESSAGES:
        found = message.search(stderr)
        if found is not None:
            named = found.groupdict()
            return named.get("lock") or f"{named['config']}.lock"
    return None


def reason_in(stderr: str) -> str:
    """The line of a complaint that says most, without git's own prefixes."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    chosen = (telling or lines or ["no reason given"])[0]
    return re.sub(r"^(fatal|error): ", "", chosen).rstrip(".")
