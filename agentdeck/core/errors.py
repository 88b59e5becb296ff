"""The errors a person sees, and the exit status each maps to."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses of the command line, fixed because scripts rely on them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_SUCH_SESSION = 3
    REFUSED = 4


class AgentDeckError(Exception):
    """Something a person has to know: what happened, on what, what to do now.

    Attributes:
        message: One sentence (or two) for the person.
        status: The exit status of a command that ends with this error.
        data: Details for programs, such as the files of a conflict.
    """

    status = ExitStatus.FAILED

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, object] = data


class UsageError(AgentDeckError):
    """The request itself is wrong: an unknown agent, a base that does not exist."""

    status = ExitStatus.USAGE


class NoSuchSessionError(AgentDeckError):
    """No session has the name, id or prefix that was given."""

    status = ExitStatus.NO_SUCH_SESSION


class RefusedError(AgentDeckError):
    """Not done because it would lose or break something: a conflict, a dirty checkout."""

    status = ExitStatus.REFUSED
