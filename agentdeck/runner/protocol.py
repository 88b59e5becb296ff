"""The runner's wire format: length-prefixed JSON objects over a Unix socket.

Owns framing only; what the objects mean is in `requests.py` and `frames.py`.
Uses the standard library alone, because the host imports it too.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from agentdeck.runner.errors import ProtocolError

PROTOCOL = 1
MAX_FRAME_BYTES = 8 * 1024 * 1024

_HEADER = struct.Struct(">I")
_dumps = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def encode(message: dict[str, Any]) -> bytes:
    """Return one frame: four bytes of big-endian length, then UTF-8 JSON.

    Text that is not valid Unicode (lone surrogates) becomes question marks, so
    that a frame can always be decoded by any peer.

    Raises:
        ProtocolError: If the object is larger than a frame may be.
    """
    body = _dumps(message).encode("utf-8", "replace")
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolError(
            f"A message of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}."
        )
    return _HEADER.pack(len(body)) + body


class Decoder:
    """Takes a byte stream in pieces of any size and gives back whole objects."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Return the objects that `data` completes, in order.

        Raises:
            ProtocolError: If the stream is not this protocol. Nothing after
                that can be trusted, so the connection should be closed.
        """
        self._buffer += data
        messages: list[dict[str, Any]] = []
        start = 0
        while len(self._buffer) - start >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer, start)
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(
                    f"A frame announces {length} bytes; the limit is {MAX_FRAME_BYTES}."
                )
            body_start = start + _HEADER.size
            if len(self._buffer) - body_start < length:
                break
            messages.append(_parse(self._buffer[body_start : body_start + length]))
            start = body_start + length
        del self._buffer[:start]
        return messages


def _parse(body: bytearray) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"A frame is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise ProtocolError("A frame is JSON but not an object.")
    return message
