"""How runners are started."""

from __future__ import annotations
