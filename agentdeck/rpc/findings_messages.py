"""What clients may ask about reviews by agents, and about what these found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentdeck.rpc.messages import ManySessions, OneSession, Params
from agentdeck.rpc.review_messages import ReviewOf

FindingIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=5000)
]


class ListFindings(ReviewOf):
    """`findings.list`: what was found in a session, and where it stands in a diff."""


class DismissFindings(OneSession):
    """`findings.dismiss`: they need nothing, for this reason."""

    findings: FindingIds
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class ReopenFindings(OneSession):
    """`findings.reopen`: they are not dismissed after all."""

    findings: FindingIds


class SendFindings(ReviewOf):
    """`findings.send`: send findings to the session's agent as one message.

    Those named, or all that are open. It goes at the end of the agent's turn, or at
    once if it rests; an agent that is over is started again for it.
    """

    findings: FindingIds | None = None
    when: Literal["queue", "interrupt"] = "queue"
    preview: bool = False
    """Only give the message that would be sent."""


class PostFindings(OneSession):
    """`findings.post`: post them to the session's pull request as one review.

    Those named, or all that stand and are not posted yet.
    """

    findings: FindingIds | None = None


class ListReviews(Params):
    """`reviews.list`: the rules and the reviews, of one session or of all."""

    id: str | None = None
    repo: str | None = None
    """A repository whose rules are asked for, beside those with sessions."""


class RehearseReviews(Params):
    """`reviews.rehearse`: which rule would start for which session now, or why not."""

    ids: list[str] | None = None


class StartReviews(ManySessions):
    """`reviews.start`: review sessions now, by a rule or by an agent."""

    rule: str | None = None
    agent: str | None = None
    model: str | None = None
    custom: str | None = None
    prompt: Annotated[str, Field(max_length=20_000)] = ""
    again: bool = False
    """Also where the same files were reviewed by it."""
