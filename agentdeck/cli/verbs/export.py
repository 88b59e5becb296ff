"""`agentdeck export`: a session's recording as a file for other programs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from agentdeck.cli import report
from agentdeck.cli.lazy import verb
from agentdeck.cli.selection import OneName, finish, session_called
from agentdeck.config.paths import paths_from_environment
from agentdeck.core.errors import AgentDeckError, UsageError

CAST_VERSIONS = (2, 3)

Write = Callable[[bytes], object]


@verb(
    "export fix-login --cast -o fix-login.cast",
    "export fix-login --cast --cast-version 2 | asciinema play -",
)
def export(
    name: OneName,
    cast: Annotated[
        bool, typer.Option("--cast", help="As an asciicast, which asciinema plays.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write it to this file."),
    ] = None,
    cast_version: Annotated[
        int,
        typer.Option(
            "--cast-version",
            metavar="2|3",
            help="3 is for asciinema 3.0 and newer, 2 for older ones.",
        ),
    ] = 3,
    with_input: Annotated[
        bool,
        typer.Option("--input", help="With what was typed, which may hold secrets."),
    ] = False,
) -> None:
    """Write a session's whole recording in a form that other programs play."""
    if not cast:
        raise UsageError("Say in which form: agentdeck export NAME --cast -o FILE")
    if cast_version not in CAST_VERSIONS:
        raise UsageError(f"--cast-version is 2 or 3, not {cast_version}.")
    if output is None and report.is_terminal():
        raise UsageError(
            "A recording is not for reading. Give it a file, -o FILE, or send it to "
            f"a program: agentdeck export {name} --cast | asciinema play -"
        )
    finish(_export(name, output, cast_version, with_input=with_input))


async def _export(
    name: str, output: str | None, version: int, *, with_input: bool
) -> None:
    from agentdeck.rpc.client import HostClient, connected

    async def pass_on(client: HostClient, session_id: str, write: Write) -> None:
        position = None
        while True:
            answer = await client.call(
                "session.logs",
                id=session_id,
                position=position,
                format="cast",
                cast_version=version,
                with_input=with_input,
            )
            if not answer["data"]:
                return
            write(answer["data"].encode())
            position = answer["position"]

    async with connected(paths_from_environment()) as client:
        session = await session_called(client, name)
        if output is None:
            await pass_on(client, session.id, report.out_bytes)
            return
        with _Draft(Path(output)) as draft:
            await pass_on(client, session.id, draft.write)
            if not draft.size:
                raise AgentDeckError(f"{session.name} has no recording.")
    report.say(f"{output}: {draft.size:,} bytes")


class _Draft:
    """A file that is there under its name only once it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.size = 0

    def __enter__(self) -> _Draft:
        folder = self._target.parent
        try:
            # A recording is for its owner's eyes, as the one it is made from.
            self._fd, name = tempfile.mkstemp(prefix=".agentdeck-", dir=folder)
        except OSError as error:
            raise AgentDeckError(
                f"Cannot write in {folder}: {error.strerror}."
            ) from error
        self._path = Path(name)
        return self

    def write(self, data: bytes) -> None:
        """Add to it.

        Raises:
            AgentDeckError: If the disk refuses.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            raise AgentDeckError(
                f"Cannot write {self._target}: {error.strerror}."
            ) from error
        self.size += len(data)

    def __exit__(self, kind: object, *_: object) -> None:
        os.close(self._fd)
        try:
            if kind is None:
                self._path.replace(self._target)
        except OSError as error:
            raise AgentDeckError(
                f"Cannot write {self._target}: {error.strerror}."
            ) from error
        finally:
            self._path.unlink(missing_ok=True)
