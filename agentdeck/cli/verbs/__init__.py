"""The verbs, a module for each or for a few alike; imported when a verb runs."""

from __future__ import annotations
