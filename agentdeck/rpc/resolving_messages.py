"""What clients may ask about conflicts and updates."""

from __future__ import annotations

from agentdeck.core.resolving import Way
from agentdeck.rpc.messages import ManySessions, OneSession


class ResolveConflicts(ManySessions):
    """`session.resolve`: have each session's own agent settle its conflicts."""

    way: Way = "merge"


class UpdateSessions(ManySessions):
    """`session.update`: bring each up to its base, where that is clean."""

    way: Way = "merge"


class BeginMerge(OneSession):
    """`session.begin_merge`: begin a merge of the base in its worktree, for a person."""
