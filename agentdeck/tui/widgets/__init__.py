"""The app's widgets."""

from __future__ import annotations
