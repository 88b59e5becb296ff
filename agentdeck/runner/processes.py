"""What runs below the runner: found, described, signalled.

Reads /proc where there is one and asks `ps` elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36
# The system call number of read(2), by machine; others give no answer.
_READ_CALLS = {"x86_64": 0, "aarch64": 63, "riscv64": 63, "arm64": 63}
_WAITING_CALLS = {
    "x86_64": {7, 23, 202, 232, 270, 271, 281, 441},
    "aarch64": {22, 72, 73, 98, 441},
    "riscv64": {22, 72, 73, 98, 441},
}


class Process(NamedTuple):
    """One process as the kernel lists it."""

    pid: int
    parent: int
    group: int
    state: str
    name: str


def become_subreaper() -> None:
    """Make orphans of this process's descendants its children (Linux only)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start_ticks(pid: int) -> int | None:
    """Return when a process started, in the kernel's ticks, to tell reused pids."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
        return int(stat.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def descendants(root: int) -> list[Process]:
    """Return all living processes below `root`, without it and without zombies."""
    children: dict[int, list[Process]] = {}
    for process in _all_processes():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    queue = [root]
    while queue:
        below = children.pop(queue.pop(), [])
        queue += [process.pid for process in below]
        found += [process for process in below if process.state != "Z"]
    return found


def send_signal(processes: list[Process], *numbers: int) -> None:
    """Send signals to processes; those that are gone are passed over."""
    for process in processes:
        for number in numbers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)


def reap() -> dict[int, int]:
    """Collect every child that has ended: wait status by pid."""
    ended: dict[int, int] = {}
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            ended[pid] = status
    return ended


def foreground(master: int) -> dict[str, Any] | None:
    """Describe the process group that a terminal's keys go to.

    `reading` says whether one of its processes is blocked reading its terminal;
    None when the system does not tell, or when it waits for several things at
    once, the terminal perhaps among them.
    """
    try:
        group = os.tcgetpgrp(master)
    except OSError:
        return None
    if group <= 0:
        return None
    members = [process for process in _all_processes() if process.group == group]
    leader = next((p for p in members if p.pid == group), None)
    if leader is None and members:
        leader = members[0]
    answers = [_is_reading(process) for process in members if process.state != "Z"]
    reading = True if True in answers else None if None in answers else False
    return {
        "pid": group,
        "name": leader.name if leader else "",
        "reading": reading if answers else None,
    }


def _is_reading(process: Process) -> bool | None:
    if process.state == "R":
        return False
    machine = os.uname().machine
    try:
        call = (_PROC / str(process.pid) / "syscall").read_text().split()
        number, argument = int(call[0]), int(call[1], 16)
    except (OSError, ValueError, IndexError):
        return None
    if number != _READ_CALLS.get(machine, -2):
        return None if number in _WAITING_CALLS.get(machine, {number}) else False
    try:
        target = (_PROC / str(process.pid) / "fd" / str(argument)).readlink()
    except OSError:
        return None
    return str(target).startswith(("/dev/pts/", "/dev/tty"))


def _all_processes() -> list[Process]:
    if not (_PROC / "self" / "stat").exists():
        return _from_ps()
    found: list[Process] = []
    for name in os.listdir(_PROC):  # noqa: PTH208 - Path.iterdir costs twice as much
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
                head, _, tail = file.read().rpartition(b")")
        except OSError:
            continue
        fields = tail.split(None, 3)
        command = head.partition(b"(")[2].decode("utf-8", "replace")
        found.append(
            Process(
                int(name), int(fields[1]), int(fields[2]), fields[0].decode(), command
            )
        )
    return found


def _from_ps() -> list[Process]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,pgid=,state=,comm="],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    found: list[Process] = []
    for line in listing.stdout.splitlines():
        fields = line.split(None, 4)
        if len(fields) == 5:
            pid, parent, group = map(int, fields[:3])
            name = Path(fields[4]).name
            found.append(Process(pid, parent, group, fields[3][:1], name))
    return [process for process in found if process.name != "ps"]


def describe_status(status: int) -> tuple[int | None, int | None, str]:
    """Return exit code, signal and a sentence for a wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return None, number, f"killed by signal {number}"
    return os.WEXITSTATUS(status), None, "exited"


KILL = signal.SIGKILL
ASK_TO_END = (signal.SIGHUP, signal.SIGTERM, signal.SIGCONT)
