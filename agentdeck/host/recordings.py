"""What a session's agent printed, read from its recording."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from agentdeck.config.paths import Paths
from agentdeck.core.errors import AgentDeckError, UsageError
from agentdeck.core.session import Session
from agentdeck.host.supervisor import Supervisor
from agentdeck.rpc.messages import ReadLogs
from agentdeck.runner import recording_reader
from agentdeck.runner.cast import CastForm, Place, cast_piece
from agentdeck.runner.errors import RunnerError
from agentdeck.runner.plain_text import to_plain_text


class Recordings:
    """Reads recordings piece by piece, and waits for more where asked."""

    def __init__(self, paths: Paths, supervisor: Supervisor) -> None:
        self._paths = paths
        self._supervisor = supervisor

    async def read(self, session: Session, request: ReadLogs) -> dict[str, Any]:
        """The recording from a position on, in the form that was asked for."""
        folder = self._paths.session_dir(session.id)
        live = self._supervisor.live(session.id)
        if live is not None:
            live.has_output.clear()
        data, position = await asyncio.to_thread(_read, folder, request, session.title)
        if not data and live is not None and request.wait_s:
            try:
                async with asyncio.timeout(request.wait_s):
                    await live.has_output.wait()
            except TimeoutError:
                pass
            data, position = await asyncio.to_thread(
                _read, folder, request, session.title
            )
        over = self._supervisor.live(session.id) is None
        return {"data": data, "position": position, "end": over and not data}


def _read(folder: Path, request: ReadLogs, title: str) -> tuple[str, str]:
    try:
        return _read_form(folder, request, title)
    except (RunnerError, OSError) as error:
        raise AgentDeckError(f"The recording cannot be read: {error}.") from error
    except ValueError as error:
        raise UsageError(f"{request.position!r} is no position of a log.") from error


def _read_form(folder: Path, request: ReadLogs, title: str) -> tuple[str, str]:
    if request.format == "cast":
        form = CastForm(request.cast_version, request.with_input, title)
        text, place = cast_piece(folder, form, Place.parse(request.position))
        return text, str(place)
    start = recording_reader.START
    if request.position:
        segment, _, offset = request.position.partition(":")
        start = recording_reader.Position(int(segment), int(offset or 0))
    output, end = recording_reader.read_from(folder, start)
    position = f"{end.segment}:{end.offset}"
    if request.format == "raw":
        return base64.b64encode(output).decode(), position
    return to_plain_text(output.decode("utf-8", "replace")), position
