"""Widgets: they take values, draw them, and tell their parents by messages."""

from __future__ import annotations
