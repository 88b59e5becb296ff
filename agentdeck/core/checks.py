"""What is run in a worktree beside its agent: commands, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """How a session's checks stand."""

    NONE = "none"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    STALE = "stale"
    """They ended, but the files are others by now."""
    INTERRUPTED = "interrupted"
    """They were cancelled, or the host ended while they ran."""


class SetupState(StrEnum):
    """How the preparation of a session's worktree stands."""

    NONE = "none"
    """There was nothing to run."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNTRUSTED = "untrusted"
    """The repository asks for commands that nobody has trusted, so none ran."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command with the name that people see."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    exit_code: int | None
    """None when it was killed."""
    signal: int | None = None
    timed_out: bool = False
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        """Whether it did what it should."""
        return self.exit_code == 0 and not self.timed_out


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a list of commands ended; the first that fails ends it."""

    failed: Command | None = None
    ended: Ended | None = None
    """How the last of them ended."""
    count: int = 0
    """How many ran to their end."""
    seconds: float = 0.0

    @property
    def is_ok(self) -> bool:
        """Whether all did what they should."""
        return self.failed is None

    @property
    def note(self) -> str:
        """How it went, in a few words."""
        if self.failed is None or self.ended is None:
            return f"{self.count} in {span(self.seconds)}"
        return f"{shortened(self.failed.name)}: {how_it_ended(self.ended)}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How checks ended on a commit or on a worktree's files."""

    state: CheckState
    commit: str
    """The commit that they ran on."""
    note: str
    """In a few words, such as `pytest -q: exit 1`."""
    tail: tuple[str, ...] = ()
    """The last lines of what they printed."""

    @property
    def passed(self) -> bool:
        """Whether all commands passed; also when there are none."""
        return self.state in (CheckState.PASSED, CheckState.NONE)


def command_from_text(text: str) -> Command:
    """A command line as a person wrote it, for the shell."""
    return Command(text, ("sh", "-c", text))


def shortened(name: str, most: int = 40) -> str:
    """A command's name on one line, cut where it is long."""
    line = " ".join(name.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def how_it_ended(ended: Ended) -> str:
    """An end in two or three words."""
    if ended.timed_out:
        return f"over its limit after {span(ended.seconds)}"
    if ended.signal is not None:
        return f"killed by signal {ended.signal}"
    return f"exit {ended.exit_code}"


def span(seconds: float) -> str:
    """A length of time for people: `0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
