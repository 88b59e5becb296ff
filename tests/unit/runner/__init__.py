"""Tests of the runner's parts."""

from __future__ import annotations
