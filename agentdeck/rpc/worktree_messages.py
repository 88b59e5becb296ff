"""What clients may ask about repositories' settings, setups and checks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentdeck.rpc.messages import ManySessions, OneSession, Params


class OneRepository(Params):
    """`trust.show`, `trust.revoke`: a repository by any folder in it."""

    repo: str


class GrantTrust(OneRepository):
    """`trust.grant`: trust the settings that have this hash, as they were shown."""

    hash: str


class CheckSessions(ManySessions):
    """`session.check`: begin checks, or end those under way."""

    cancel: bool = False


class ReadChecks(ManySessions):
    """`session.checked`: how checks stand; waits while any of them run."""

    wait_s: float = Field(default=0, ge=0, le=60)


class SetUpSessions(ManySessions):
    """`session.setup`: prepare worktrees again, or end what is under way."""

    cancel: bool = False


class ReadSetup(OneSession):
    """`session.setup_state`: how a setup stands; waits while it runs."""

    wait_s: float = Field(default=0, ge=0, le=60)


class ReadOutput(OneSession):
    """`session.output`: what a setup or checks printed, from a position on."""

    kind: Literal["setup", "check"]
    position: str | None = None
    wait_s: float = Field(default=0, ge=0, le=60)
