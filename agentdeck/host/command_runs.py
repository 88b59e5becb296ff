"""Runs lists of commands for sessions, and ends what a killed host left running.

Before a run begins a marker is put on disk, and it goes when the run is over; so a
host that starts knows which marks it has to look for among the processes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agentdeck.config.paths import Paths
from agentdeck.core.checks import Command, Ended, Outcome, how_it_ended, span
from agentdeck.host.outputs import Output
from agentdeck.launch.commands import kill_marked, run_command

logger = logging.getLogger(__name__)

_NOT_FOUND = 127
"""What shells say of a command that cannot be started."""


def _nothing(_: Command) -> None:
    pass


class CommandRuns:
    """All runs of commands."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.state / "runs"

    async def run(
        self,
        name: str,
        commands: Sequence[Command],
        folder: Path,
        env: Mapping[str, str],
        output: Output,
        *,
        timeout_s: float,
        on_command: Callable[[Command], None] = _nothing,
    ) -> Outcome:
        """Run commands one after the other until one fails.

        Args:
            name: Names this run among those that go on; a file's name.
            commands: What to run.
            folder: Where.
            env: The environment.
            output: Where all that they print goes; it is begun and ended here.
            timeout_s: How long each may take.
            on_command: Called with each as it begins.

        Raises:
            OSError: If the output or the marker cannot be written.
        """
        began = time.monotonic()
        marker = self._folder / name
        await asyncio.to_thread(_put, marker)
        try:
            await output.begin()
            ended: Ended | None = None
            for count, command in enumerate(commands):
                on_command(command)
                await output.say(f"$ {command.name}")
                ended = await _one(command, folder, env, output, name, timeout_s)
                await output.say(f"({how_it_ended(ended)}, {span(ended.seconds)})")
                if not ended.is_ok:
                    return Outcome(command, ended, count, time.monotonic() - began)
            return Outcome(None, ended, len(commands), time.monotonic() - began)
        except asyncio.CancelledError:
            await output.say("(stopped)")
            raise
        finally:
            output.end()
            await asyncio.to_thread(marker.unlink, missing_ok=True)

    def end_left_behind(self) -> list[str]:
        """Kill what a killed host's runs left; gives their names. Blocks."""
        try:
            left = [marker.name for marker in self._folder.iterdir()]
        except OSError:
            return []
        if left:
            killed = kill_marked(*left)
            logger.info(
                "left_behind_killed: %s processes of %s runs", killed, len(left)
            )
        for name in left:
            (self._folder / name).unlink(missing_ok=True)
        return left


async def _one(
    command: Command,
    folder: Path,
    env: Mapping[str, str],
    output: Output,
    mark: str,
    timeout_s: float,
) -> Ended:
    try:
        return await run_command(
            command, folder, env, output.write, mark=mark, timeout_s=timeout_s
        )
    except (OSError, ValueError) as error:
        await output.say(f"It could not be started: {error}.")
        return Ended(_NOT_FOUND)


def _put(marker: Path) -> None:
    marker.parent.mkdir(mode=0o700, exist_ok=True)
    marker.touch(mode=0o600)
