"""What clients may ask about pull requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.core.pulls import PullStrategy
from agentdeck.rpc.messages import ManySessions, OneSession, Params

Ref = Annotated[str, Field(max_length=1000)]


class PreviewPull(OneSession):
    """`pull.preview`: what a pull request would say, asked of nobody but git."""

    base: Ref | None = None


class PullText(Params):
    """What a pull request says."""

    title: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
    body: Annotated[str, Field(max_length=65_000)] = ""


class CreatePulls(ManySessions):
    """`pull.create`: push each session's branch, and open its pull request.

    One that has an open pull request gets its new commits pushed.
    """

    texts: dict[str, PullText] = {}
    """By session; what is not given is made from the brief and the commits."""
    base: Ref | None = None
    draft: bool = False
    replaces: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]] = {}
    """By session; the commit that may go from the branch on the remote."""


class PullStatus(ManySessions):
    """`pull.status`: what is known of each pull request."""

    refresh: bool = False
    """Ask GitHub first, once for each repository."""


class MergePulls(ManySessions):
    """`pull.merge`: merge on GitHub, what was looked at and nothing newer."""

    strategy: PullStrategy = "merge"
    when_ready: bool = False
    """Have GitHub merge each once its checks have passed."""
    delete_branch: bool = False
    """Remove the branch on the remote afterwards."""


class ReadyPulls(ManySessions):
    """`pull.ready`: make drafts ready to be reviewed and merged."""
