"""`agentdeck host`: the background process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from agentdeck import __version__
from agentdeck.cli import report
from agentdeck.cli.lazy import examples, new_app
from agentdeck.cli.selection import AsJson, finish
from agentdeck.config.paths import Paths, paths_from_environment
from agentdeck.core.errors import AgentDeckError, ExitStatus

STOP_TIMEOUT_S = 15.0
_POLL_S = 0.02
"""How often the socket of a stopping host is looked at."""

host = new_app(
    help="The background process: it starts by itself, agents outlive it.",
    epilog=examples("host status", "host restart"),
    no_args_is_help=True,
)


@host.command(epilog=examples("host status --json"))
def status(as_json: AsJson = False) -> None:
    """Say how the host is. Exit status 1 where none runs."""
    finish(_status(as_json=as_json))


@host.command(epilog=examples("host start"))
def start(as_json: AsJson = False) -> None:
    """Start the host where it does not run."""
    finish(_start(as_json=as_json))


@host.command(epilog=examples("host stop"))
def stop(as_json: AsJson = False) -> None:
    """Stop the host. The agents go on, and the next command starts it again."""
    finish(_stop(as_json=as_json))


@host.command(epilog=examples("host restart"))
def restart(as_json: AsJson = False) -> None:
    """Stop the host and start it again. The agents go on."""
    finish(_restart(as_json=as_json))


async def _status(*, as_json: bool) -> int:
    from agentdeck.rpc.client import HostGoneError, connected

    try:
        async with connected(paths_from_environment(), start=False) as client:
            answer = await client.call("host.status")
    except HostGoneError as error:
        if as_json:
            report.out_json({"pid": None, "version": __version__, "running": None})
        report.complain(f"{error.message} The next command that needs it starts it.")
        return ExitStatus.FAILED
    _print(answer, as_json=as_json)
    return ExitStatus.DONE


async def _start(*, as_json: bool) -> None:
    from agentdeck.rpc.client import connected

    async with connected(paths_from_environment()) as client:
        _print(await client.call("host.status"), as_json=as_json)


async def _stop(*, as_json: bool) -> None:
    was_running = await stop_host(paths_from_environment())
    if as_json:
        report.out_json({"stopped": was_running})
    else:
        report.out("stopped" if was_running else "The host does not run.")


async def _restart(*, as_json: bool) -> None:
    await stop_host(paths_from_environment())
    await _start(as_json=as_json)


async def stop_host(paths: Paths) -> bool:
    """Stop the host and wait until it is gone; false if none ran.

    Raises:
        AgentDeckError: If it does not go in time.
    """
    from agentdeck.rpc.client import HostGoneError, connected

    try:
        async with (
            asyncio.timeout(STOP_TIMEOUT_S),
            connected(paths, start=False) as client,
        ):
            before = _mark(paths)
            # The answer may be lost where the host goes at once.
            with suppress(HostGoneError):
                await client.call("host.stop")
            await client.closed.wait()
            while before is not None and _mark(paths) == before:  # noqa: ASYNC110 - another process' file
                await asyncio.sleep(_POLL_S)
    except HostGoneError:
        return False
    except TimeoutError as error:
        raise AgentDeckError(
            f"The host did not stop within {STOP_TIMEOUT_S:.0f} s. Its log is "
            f"{paths.log_file}."
        ) from error
    return True


def _mark(paths: Paths) -> tuple[int, int] | None:
    """Tells this host's socket from that of one that another client starts."""
    try:
        status = paths.host_socket.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns


def _print(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        report.out_json(answer)
        return
    running = f"{answer['running']} of {answer['limit']} running"
    paused = ", paused" if answer["paused"] else ""
    report.out(
        f"agentdeck {answer['version']}, process {answer['pid']}, "
        f"up {_span(answer['uptime'])}"
    )
    report.out(
        f"{answer['sessions']} sessions, {running}, {answer['queued']} queued{paused}"
    )
    report.out(report.plain(f"in {answer['home']}"))


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s"
