"""Tests of `agentdeck.git` on real repositories."""

from __future__ import annotations
