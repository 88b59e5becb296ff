"""A runner as a process: from a session's directory to its exit status."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from agentdeck.runner.agent import CouldNotStartError, start_agent
from agentdeck.runner.atomic import write_json
from agentdeck.runner.errors import LaunchError
from agentdeck.runner.launch_file import Launch, read_launch
from agentdeck.runner.processes import become_subreaper, start_ticks
from agentdeck.runner.protocol import PROTOCOL
from agentdeck.runner.session import Session, write_exit

RUNNER_VERSION = 1
_CANNOT_LAUNCH = 126


def run(
    directory: Path, socket_path: Path, ready: Callable[[], None] = lambda: None
) -> int:
    """Run one session to its end; return 0, or 1 if it could not be started.

    `ready` is called once the socket answers, or `exit.json` says why none does.
    """
    # A stop that comes before the session listens for it waits until then.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    become_subreaper()
    try:
        launch = read_launch(directory)
        agent_pid, master = start_agent(launch)
    except LaunchError as error:
        _could_not_start(directory, str(error), _CANNOT_LAUNCH)
    except CouldNotStartError as error:
        _could_not_start(directory, f"{error}.", error.exit_code)
    except OSError as error:
        _could_not_start(directory, f"{error.strerror}.", _CANNOT_LAUNCH)
    else:
        return _serve(directory, launch, socket_path, (agent_pid, master), ready)
    ready()
    return 1


def _serve(
    directory: Path,
    launch: Launch,
    socket_path: Path,
    agent: tuple[int, int],
    ready: Callable[[], None],
) -> int:
    session = Session(directory, launch, *agent)
    try:
        session.clients.listen(socket_path)
        write_json(
            directory / "runner.json",
            {
                "version": RUNNER_VERSION,
                "protocol": PROTOCOL,
                "pid": os.getpid(),
                "agent_pid": agent[0],
                "socket": str(socket_path),
                "started_at": session.description()["started_at"],
                "start_ticks": start_ticks(os.getpid()),
            },
            durable=False,
        )
    except OSError as error:
        os.kill(agent[0], signal.SIGKILL)
        os.waitpid(agent[0], 0)
        session.clients.close()
        _could_not_start(directory, f"{error.strerror}: {socket_path}.", _CANNOT_LAUNCH)
        ready()
        return 1
    ready()
    session.run()
    return 0


def _could_not_start(directory: Path, why: str, exit_code: int) -> None:
    ending = {
        "exit_code": exit_code,
        "signal": None,
        "reason": f"could not start: {why}",
    }
    write_exit(directory, ending, [])
