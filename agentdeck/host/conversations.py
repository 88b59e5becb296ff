"""Agents' own records of their conversations, read piece by piece."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agentdeck.agents.registry import Registry
from agentdeck.core.conversation import Said
from agentdeck.core.errors import AgentDeckError
from agentdeck.core.session import Session
from agentdeck.host.supervisor import Supervisor

PIECE_BYTES = 512 * 1024
LONGEST_LINE = 8 * 1024 * 1024
LOOK_AGAIN_S = 1.0

ReadSaid = Callable[[Mapping[str, Any]], Iterator[Said]]


class Conversations:
    """Reads transcripts from a position on, and waits for more where asked."""

    def __init__(self, registry: Registry, supervisor: Supervisor) -> None:
        self._registry = registry
        self._supervisor = supervisor

    def reader(self, session: Session) -> ReadSaid | None:
        """What reads a session's record; None if it keeps none that can be read."""
        if not session.transcript:
            return None
        return self._registry.known_or_command(session.agent).read_said

    async def read(
        self, session: Session, position: str | None, wait_s: float
    ) -> dict[str, Any]:
        """The conversation from a position on: as `TextLogs.read` gives it.

        Raises:
            AgentDeckError: If there is none, or it cannot be read.
        """
        read = self.reader(session)
        if read is None:
            raise AgentDeckError(
                f"{session.agent} keeps no record of {session.name}'s conversation "
                "that AgentDeck can read."
            )
        deadline = asyncio.get_running_loop().time() + wait_s
        file = Path(session.transcript)
        while True:
            live = self._supervisor.live(session.id)
            if live is not None:
                live.has_output.clear()
            answer = await asyncio.to_thread(piece_of, file, read, position)
            moved = answer["position"] != position
            left_s = deadline - asyncio.get_running_loop().time()
            if answer["entries"] or answer["reset"] or (moved and left_s <= 0):
                return {**answer, "end": False, "whole": not moved}
            position = answer["position"]
            if self._supervisor.live(session.id) is None and not moved:
                return {**answer, "end": True, "whole": True}
            if moved:
                continue
            if left_s <= 0 or live is None:
                return {**answer, "end": False, "whole": not moved}
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, LOOK_AGAIN_S)):
                    await live.has_output.wait()
                    await asyncio.sleep(min(left_s, LOOK_AGAIN_S / 2))


def piece_of(file: Path, read: ReadSaid, position: str | None) -> dict[str, Any]:
    """What a record says from a position on; one that is not there says nothing."""
    name = f"{zlib.crc32(str(file).encode()):08x}"
    known, _, offset = (position or "").partition(":")
    at = int(offset) if known == name and offset.isdecimal() else 0
    reset = bool(position) and known != name
    entries: list[dict[str, Any]] = []
    try:
        with file.open("rb") as stream:
            if at > stream.seek(0, 2):
                # It was written anew.
                at, reset = 0, True
            stream.seek(at)
            end = at + PIECE_BYTES
            while at < end:
                line = stream.readline(LONGEST_LINE)
                if not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                    break
                at += len(line)
                entries += _entries(line, read)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise AgentDeckError(
            f"The record of the conversation cannot be read: {error}."
        ) from error
    return {"entries": entries, "position": f"{name}:{at}", "reset": reset}


def _entries(line: bytes, read: ReadSaid) -> list[dict[str, Any]]:
    try:
        value = json.loads(line)
        said = list(read(value)) if isinstance(value, dict) else []
    except (ValueError, TypeError, AttributeError):
        # The format is another program's and changes with it.
        return []
    return [
        {"at": each.at, "kind": each.kind.value, "text": each.text} for each in said
    ]
