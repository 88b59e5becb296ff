"""The app's screens. Only screens talk to the host."""

from __future__ import annotations
