"""Settings and paths."""

from __future__ import annotations
