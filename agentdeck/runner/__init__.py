"""The per-session process: pty, screen, recording and socket."""

from __future__ import annotations
