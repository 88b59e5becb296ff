"""The errors of the runner's room.

The runner imports nothing of the rest of the house (it must start fast and
stand alone), so these do not descend from `AgentDeckError`; the host translates
them where they enter.
"""

from __future__ import annotations


class RunnerError(Exception):
    """Something the runner could not do, said in one sentence for a person."""


class ProtocolError(RunnerError):
    """A peer sent something that is not a frame of this protocol."""


class InputRefusedError(RunnerError):
    """Input was not taken because the agent is not reading what came before."""


class LaunchError(RunnerError):
    """A launch file is missing or says something a runner cannot do."""


class RecordingUnreadableError(RunnerError):
    """A recording exists but cannot be read as one."""
