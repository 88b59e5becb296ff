"""A block of ports for each session, so that ten development servers do not collide."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable

from agentdeck.config.settings import PortSettings
from agentdeck.core.session import Session
from agentdeck.host.environment import PORTS


def port_for(
    session: Session, others: Iterable[Session], settings: PortSettings
) -> int:
    """The first port of a session's block; 0 where no block is free.

    A session keeps the one it had, unless a live session has it by now. A new one is
    the lowest that no other session has and of which no port is in use.
    """
    live = {each.port for each in others if each.is_live and each.id != session.id}
    if session.port and session.port not in live:
        return session.port
    kept = {each.port for each in others if each.id != session.id}
    blocks = range(settings.first, settings.last - PORTS + 2, PORTS)
    for taken in (kept, live):
        for first in blocks:
            if first not in taken and _is_free(first):
                return first
    return 0


def _is_free(first: int) -> bool:
    return not any(_is_used(port) for port in range(first, first + PORTS))


def _is_used(port: int) -> bool:
    """Whether a program listens on a port, on any address of this machine."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - only tried
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # One that was closed a moment ago is free for a server all the same.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
    return False
