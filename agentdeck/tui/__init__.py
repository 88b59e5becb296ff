"""The Textual app: one client of the host among others.

Import `agentdeck.tui.app` to run it; this package itself imports nothing, so that
the command line stays fast.
"""

from __future__ import annotations
