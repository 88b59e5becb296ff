"""What clients may ask about a review: files, patches, marks and comments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agentdeck.core.comments import MAX_TEXT
from agentdeck.core.review import CompareKind
from agentdeck.rpc.messages import OneSession

MAX_PATCH_BYTES = 10_000_000
"""A control character takes six bytes on the wire, and a message has its limit."""

Path = Annotated[str, Field(min_length=1, max_length=4096)]
Lines = Annotated[list[str], Field(max_length=10_000)]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class ReviewOf(OneSession):
    """What is compared: `kind`, with a commit or branch where it needs one."""

    kind: CompareKind = CompareKind.SESSION
    revision: Annotated[str, Field(max_length=1000)] = ""


class ReadReview(ReviewOf):
    """`review.files`: the files that differ; `review.state`: only a name for them.

    The name is the same as long as no file is changed on either side.
    """

    ignore_space: bool = False


class ReadDiff(ReadReview):
    """`session.diff`: what is compared, as git prints it, and its files' counts."""

    stat: bool = False
    color: bool = False


class ReadPatches(ReadReview):
    """`review.patches`: the diff of some files of a listing, by their numbers.

    Refused if the files are not those of the listing any more.
    """

    listing: str
    files: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=500)]
    context: int = Field(default=3, ge=0, le=100_000)
    max_bytes: int = Field(default=4_000_000, ge=1000, le=MAX_PATCH_BYTES)


class MarkFiles(OneSession):
    """`review.mark`: a person has read these files, or has not.

    A mark is a path with the ids of its content on both sides.
    """

    marks: Annotated[list[tuple[Path, str, str]], Field(max_length=10_000)]
    on: bool = True


class AddComment(ReviewOf):
    """`review.comment`: a comment on lines of a side of a file.

    Line 0 is the file as a whole. `texts`, `before`, `after` and `hunk` are as they
    were shown; without them the host reads them.
    """

    path: Path
    side: Literal["old", "new"] = "new"
    line: int = Field(ge=0)
    end: int | None = Field(default=None, ge=0)
    text: Text
    texts: Lines | None = None
    before: Lines = []
    after: Lines = []
    hunk: Annotated[str, Field(max_length=1_000_000)] = ""


class EditComment(OneSession):
    """`review.edit`: another text, resolved or not, or gone."""

    comment: str
    text: Text | None = None
    is_resolved: bool | None = None
    delete: bool = False


class SendComments(ReviewOf):
    """`review.send`: send comments to the agent as one message.

    Those named, or all that are neither sent nor resolved. It goes at the end of the
    agent's turn, or at once if it rests; `interrupt` ends the turn.
    """

    comments: list[str] | None = None
    when: Literal["queue", "interrupt"] = "queue"
    preview: bool = False
    """Only give the message that would be sent."""
