"""A runner as a process: from a session's directory to its exit status."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

from agentdeck.runner.agent import CouldNotStartError, start_agent
from agentdeck.runner.atomic import write_json
from agentdeck.runner.errors import LaunchError
from agentdeck.runner.launch_file import TAKEN, Launch, read_launch
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
    if not _claim(directory):
        ready()
        return 0
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


def _claim(directory: Path) -> bool:
    """Whether this is the one runner of the session's launch.

    A host that was killed while it started a runner cannot know whether one came of
    it, so the next host may ask for a second.
    """
    if (directory / "exit.json").exists():
        return True
    try:
        os.close(os.open(directory / TAKEN, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return (directory / "runner.json").exists() and not is_served(directory)
    except OSError:
        # A full disk: what follows says so better.
        return True
    return True


def is_served(directory: Path) -> bool:
    """Whether the runner that last served a session still lives."""
    try:
        noted = json.loads((directory / "runner.json").read_text(encoding="utf-8"))
        return bool(start_ticks(int(noted["pid"])) == noted["start_ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
