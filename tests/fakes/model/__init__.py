"""A model on the loopback that plays scripts, for real agent CLIs in tests."""

from __future__ import annotations
