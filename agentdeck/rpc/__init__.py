"""Messages, connection and client: what clients and the host share."""

from __future__ import annotations
