"""Who may see the app in a browser: the rules for each request, as plain functions.

A page anywhere on the web can make a browser ask 127.0.0.1 for something. What stands
against that: the token, which only the printed link has; the `Host` header, which
names the page's own domain where a name was rebound to 127.0.0.1; and the `Origin`
of a WebSocket, to which a browser's same-origin policy does not apply.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field

_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gate:
    """The token of one server, and the folder of URLs that it opens."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    prefix: str = field(default_factory=lambda: f"/deck-{secrets.token_hex(4)}")
    """A browser sends a cookie to every port of a machine. What an agent serves on
    another one gets this one only if it knows the folder."""

    def opens(self, given: str | None) -> bool:
        """Whether this is the token; takes the same time whatever is given."""
        given_bytes = (given or "").encode("utf-8", "replace")
        return hmac.compare_digest(given_bytes, self.token.encode())


def is_of_this_machine(host: str | None) -> bool:
    """Whether a `Host` header names this machine's loopback, at any port.

    The port is not compared: through `ssh -L` a browser asks another one.
    """
    return host is not None and _LOOPBACK.fullmatch(host) is not None


def is_same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a page's `Origin` is the server that it asks; no origin is not."""
    if origin is None or host is None:
        return False
    return origin.lower() == f"http://{host.lower()}"
