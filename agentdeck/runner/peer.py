"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import socket
import struct
import sys

# <sys/un.h> and <sys/ucred.h> of macOS and the BSDs, which Python does not name.
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
_XUCRED = struct.Struct("=IIh")


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user id of the peer; None where the system does not tell."""
    platform: str = sys.platform
    if platform.startswith("linux"):
        size = struct.calcsize("3i")
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", raw)[1])
    try:
        raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76)
        return int(_XUCRED.unpack_from(raw)[1])
    except (OSError, struct.error):
        return None
