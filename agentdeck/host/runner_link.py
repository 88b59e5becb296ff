"""The host's connection to one runner."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agentdeck.core.errors import AgentDeckError
from agentdeck.runner.protocol import MAX_FRAME_BYTES, PROTOCOL, encode

ANSWER_TIMEOUT_S = 10.0
CONNECT_POLL_S = 0.02
"""How often a runner that just started is tried."""

_LENGTH = struct.Struct(">I")


class RunnerGoneError(AgentDeckError):
    """The runner does not answer."""


class RunnerLink:
    """One connection to one runner: whole payloads in, messages out."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    @classmethod
    async def connect(cls, socket: Path, wait_s: float = 0.0) -> RunnerLink:
        """Connect, trying for a while where a runner is just starting.

        Raises:
            RunnerGoneError: If nobody listens there.
        """
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(
                    str(socket), limit=MAX_FRAME_BYTES + 64
                )
            except OSError as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise RunnerGoneError("The session's runner is gone.") from error
                await asyncio.sleep(CONNECT_POLL_S)
                continue
            link = cls(reader, writer)
            link.send({"t": "hello", "v": PROTOCOL})
            return link

    def send(self, message: dict[str, Any]) -> None:
        """Send a message. What a dead runner would have got is lost."""
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer; `payloads` must be running.

        Raises:
            RunnerGoneError: If the runner ends or does not answer in time.
            AgentDeckError: If it answers with an error.
        """
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]]
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self.send({**message, "id": number})
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await answer
        except TimeoutError as error:
            raise RunnerGoneError("The session's runner does not answer.") from error
        finally:
            self._answers.pop(number, None)

    def settle(self, message: dict[str, Any]) -> bool:
        """Give an answer to whoever asked; says whether it was one."""
        answer = self._answers.get(message.get("id") or 0)
        if answer is None:
            return False
        if not answer.done():
            if message.get("t") == "error":
                answer.set_exception(AgentDeckError(str(message.get("message"))))
            else:
                answer.set_result(message)
        return True

    async def payloads(self) -> AsyncIterator[bytes]:
        """Whole payloads as they come, until the runner closes the connection."""
        try:
            while True:
                header = await self._reader.readexactly(_LENGTH.size)
                (length,) = _LENGTH.unpack(header)
                if length > MAX_FRAME_BYTES:
                    return
                yield await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(RunnerGoneError("The runner ended."))

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
