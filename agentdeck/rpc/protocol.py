"""The wire between clients and the host: JSON-RPC 2.0 over WebSocket.

Text messages are JSON-RPC. Binary messages carry terminal frames: four bytes with
the channel that `screen.open` gave, then the frame as UTF-8 JSON, so that the host
can pass a runner's frames on without reading them.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from agentdeck.core.errors import (
    AgentDeckError,
    ExitStatus,
    NoSuchSessionError,
    RefusedError,
    UsageError,
)

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""A diff of a large branch is the longest thing that is sent."""
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
_APPLICATION_ERROR = -32000

_CHANNEL = struct.Struct(">I")
_ERROR_OF_STATUS: dict[int, type[AgentDeckError]] = {
    ExitStatus.USAGE: UsageError,
    ExitStatus.NO_SUCH_SESSION: NoSuchSessionError,
    ExitStatus.REFUSED: RefusedError,
}


def dump(message: dict[str, Any]) -> str:
    """A message as text, without needless spaces.

    File names that are no UTF-8 hold lone surrogates; they become question marks.
    """
    text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def request(number: int, method: str, params: dict[str, Any]) -> str:
    """A request that is answered with the same number."""
    return dump({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def notification(method: str, params: dict[str, Any]) -> str:
    """A message that is not answered."""
    return dump({"jsonrpc": "2.0", "method": method, "params": params})


def result(number: object, value: Any) -> str:
    """The answer to a request."""
    return dump({"jsonrpc": "2.0", "id": number, "result": value})


def failure(number: object, code: int, message: str, data: object = None) -> str:
    """The answer to a request that failed."""
    error = {"code": code, "message": message, "data": data}
    return dump({"jsonrpc": "2.0", "id": number, "error": error})


def error_to_wire(error: AgentDeckError) -> dict[str, Any]:
    """An error as it stands in an answer, or in one session's result of many."""
    data = {**error.data, "status": int(error.status)}
    code = _APPLICATION_ERROR - int(error.status)
    return {"code": code, "message": error.message, "data": data}


def error_from_wire(values: dict[str, Any]) -> AgentDeckError:
    """The error that the host raised, of the same class."""
    data = dict(values.get("data") or {})
    kind = _ERROR_OF_STATUS.get(data.pop("status", None), AgentDeckError)
    if values.get("code") == INVALID_PARAMS:
        kind = UsageError
    return kind(values["message"], **data)


def pack_frame(channel: int, payload: bytes) -> bytes:
    """A binary message for one channel."""
    return _CHANNEL.pack(channel) + payload


def unpack_frame(message: bytes) -> tuple[int, dict[str, Any]]:
    """The channel and the frame of a binary message."""
    (channel,) = _CHANNEL.unpack_from(message)
    return channel, json.loads(message[_CHANNEL.size :])
