"""Worktrees, commits, diffs and merges; the only door to git.

Everything here is synchronous and safe to call from several threads.
"""

from __future__ import annotations

import os

# GitPython otherwise refuses to be imported where git is missing, and a person
# would see its traceback instead of our sentence about installing git.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
