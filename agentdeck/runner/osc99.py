"""Finds kitty's desktop notifications (OSC 99) in output.

The engine knows the sequence and drops it without a callback, so it is looked
for here. Delete this module when the engine reports it as it does OSC 9.
"""

from __future__ import annotations

import base64
import binascii

_START = b"\x1b]99;"
_LIMIT = 8192
_ENDS = (b"\x07", b"\x1b\\")


class Osc99Scanner:
    """Gives back the notifications in a byte stream that comes in pieces."""

    def __init__(self) -> None:
        self._carry = b""
        self._parts: dict[str, tuple[str, str]] = {}

    def feed(self, data: bytes | bytearray | memoryview) -> list[tuple[str, str]]:
        """Return `(title, body)` of each notification that `data` completes."""
        piece = bytes(data)
        # One byte is sought ten times faster than five, and a log has no ESC.
        if not self._carry and (b"\x1b" not in piece or _START not in piece):
            self._keep_beginning(piece)
            return []
        piece = self._carry + piece
        self._carry = b""
        found: list[tuple[str, str]] = []
        while (start := piece.find(_START)) >= 0:
            content = piece[start + len(_START) :]
            end, size = _first_end(content)
            if end < 0:
                if len(content) <= _LIMIT:
                    self._carry = piece[start:]
                return found
            note = self._read(content[:end]) if end <= _LIMIT else None
            if note is not None:
                found.append(note)
            piece = content[end + size :]
        self._keep_beginning(piece)
        return found

    def _keep_beginning(self, piece: bytes) -> None:
        """Remember the start of an introducer that the piece may end with."""
        for size in range(len(_START) - 1, 0, -1):
            if piece.endswith(_START[:size]):
                self._carry = _START[:size]
                return

    def _read(self, content: bytes) -> tuple[str, str] | None:
        metadata, _, payload = content.partition(b";")
        keys = dict(
            part.split("=", 1)
            for part in metadata.decode("ascii", "replace").split(":")
            if "=" in part
        )
        if keys.get("e") == "1":
            try:
                payload = base64.b64decode(payload)
            except binascii.Error:
                return None
        kind = keys.get("p", "title")
        if kind not in ("title", "body"):
            return None
        text = payload.decode("utf-8", "replace")
        title, body = self._parts.pop(keys.get("i", ""), ("", ""))
        title, body = (title + text, body) if kind == "title" else (title, body + text)
        if keys.get("d") == "0":
            if len(self._parts) < 16 and len(title) + len(body) <= _LIMIT:
                self._parts[keys.get("i", "")] = (title, body)
            return None
        return (title, body)


def _first_end(content: bytes) -> tuple[int, int]:
    found = [(at, len(end)) for end in _ENDS if (at := content.find(end)) >= 0]
    return min(found) if found else (-1, 0)
