"""The background process: pool, sessions, watchers, store and git."""

from __future__ import annotations
