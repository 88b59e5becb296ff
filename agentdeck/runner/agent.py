"""Starts the agent on a pseudo-terminal of its own.

Owns the fork and everything between it and the exec, and tells why an agent
could not be started in words for a person.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import shutil
import signal
import struct
import termios
from pathlib import Path
from typing import NoReturn

from agentdeck.runner.errors import RunnerError
from agentdeck.runner.launch_file import Launch

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127
_REPORT = struct.Struct("=ci")
_AT_CWD, _AT_EXEC, _AT_TERMINAL = b"c", b"e", b"t"


class CouldNotStartError(RunnerError):
    """The agent could not be started.

    Attributes:
        exit_code: What a shell would have exited with, 126 or 127.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def set_window_size(fd: int, cols: int, rows: int) -> None:
    """Set a terminal's size; its foreground processes get SIGWINCH."""
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def start_agent(launch: Launch) -> tuple[int, int]:
    """Start the command; return its pid and the non-blocking master of its pty.

    Raises:
        CouldNotStartError: If it cannot be run; nothing is left behind then.
    """
    environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **launch.env}
    program = _program(launch, environment)
    master, slave = pty.openpty()
    report_out, report_in = os.pipe()
    try:
        set_window_size(slave, launch.cols, launch.rows)
        pid = os.fork()
        if pid == 0:
            _become_agent(launch, program, environment, slave, report_in)
    finally:
        os.close(slave)
        os.close(report_in)
    try:
        report = os.read(report_out, _REPORT.size)
    finally:
        os.close(report_out)
    if report:
        os.close(master)
        os.waitpid(pid, 0)
        raise _explained(report, launch)
    os.set_blocking(master, False)
    return pid, master


def _program(launch: Launch, environment: dict[str, str]) -> str:
    name = launch.argv[0]
    if "/" in name:
        return name
    path = environment.get("PATH", os.defpath)
    found = shutil.which(name, path=path)
    if found is not None:
        return found
    for folder in path.split(os.pathsep):
        if folder and Path(folder, name).is_file():
            raise CouldNotStartError(
                f"{Path(folder, name)} is not executable", _NOT_EXECUTABLE
            )
    raise CouldNotStartError(
        f"{name} is not installed, or not in the PATH of the session", _NOT_FOUND
    )


def _become_agent(
    launch: Launch,
    program: str,
    environment: dict[str, str],
    slave: int,
    report_in: int,
) -> NoReturn:
    """Turn this freshly forked process into the agent; never returns."""
    where = _AT_TERMINAL
    try:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        # The pipe moves to 3 so that all above it can be closed at once.
        if report_in != 3:
            os.dup2(report_in, 3)
        os.set_inheritable(3, False)
        os.closerange(4, _highest_fd())
        _restore_signals()
        where = _AT_CWD
        os.chdir(launch.cwd)
        where = _AT_EXEC
        os.execve(program, launch.argv, environment)  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(3, _REPORT.pack(where, error.errno or 0))
    finally:
        os._exit(_NOT_FOUND)


def _highest_fd() -> int:
    limit = os.sysconf("SC_OPEN_MAX")
    return min(limit, 65536) if limit > 0 else 65536


def _restore_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGCHLD,
        signal.SIGPIPE,
        signal.SIGTSTP,
        signal.SIGTTIN,
        signal.SIGTTOU,
        signal.SIGXFSZ,
    ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _explained(report: bytes, launch: Launch) -> CouldNotStartError:
    where, number = _REPORT.unpack(report)
    name, why = launch.argv[0], os.strerror(number).lower()
    if where == _AT_CWD:
        return CouldNotStartError(
            f"its folder {launch.cwd} cannot be entered: {why}", _NOT_FOUND
        )
    if where == _AT_TERMINAL:
        return CouldNotStartError(f"no terminal could be made: {why}", _NOT_EXECUTABLE)
    if number == errno.ENOENT:
        if Path(launch.cwd, name).exists():
            return CouldNotStartError(
                f"{name} names an interpreter that does not exist", _NOT_FOUND
            )
        return CouldNotStartError(f"{name} does not exist", _NOT_FOUND)
    if number == errno.EACCES:
        return CouldNotStartError(f"{name} is not executable", _NOT_EXECUTABLE)
    if number == errno.ENOEXEC:
        return CouldNotStartError(
            f"{name} is neither a program for this machine nor a script with #!",
            _NOT_EXECUTABLE,
        )
    return CouldNotStartError(f"{name}: {why}", _NOT_EXECUTABLE)
