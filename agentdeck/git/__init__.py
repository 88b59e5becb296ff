"""Worktrees, commits, diffs and merges; the only door to git."""

from __future__ import annotations
