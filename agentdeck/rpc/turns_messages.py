"""What clients may ask of a session's turns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.rpc.messages import ManySessions, OneSession


class SetAutoCommit(ManySessions):
    """`session.auto_commit`: whether a turn's end commits; None as the settings say."""

    on: bool | None = None


class Rewind(OneSession):
    """`session.rewind`: put worktree and branch to a turn, what is left being kept.

    `turn` is a turn's id, or the first letters of a commit.
    """

    turn: Annotated[str, Field(min_length=1, max_length=64)]
    force: bool = False
