"""The domain: pure values and functions, no I/O."""

from __future__ import annotations
