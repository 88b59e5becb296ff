"""What the composer asks of the host: what there is to choose from, and to remember."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentdeck.rpc.messages import Params

MAX_IMAGE_CHARACTERS = 30_000_000
"""Of an image as base64: about 22 MB."""


class OpenComposer(Params):
    """`composer.open`: what a repository offers, and what was last chosen in it."""

    repo: Annotated[str, Field(max_length=4096)]
    path: str | None = None
    """The PATH to look for agents on, as the asking person's may be another."""


class FindFiles(Params):
    """`composer.files`: the tracked files that a few letters mean."""

    repo: Annotated[str, Field(max_length=4096)]
    query: Annotated[str, Field(max_length=500)] = ""
    limit: int = Field(default=20, ge=1, le=200)


class FindFolders(Params):
    """`composer.folders`: the folders that a path's beginning may mean."""

    typed: Annotated[str, Field(max_length=4096)]
    limit: int = Field(default=20, ge=1, le=200)


class KeepChoice(Params):
    """`composer.keep`: a prompt was started with a choice in a repository."""

    repo: Annotated[str, Field(max_length=4096)]
    prompt: Annotated[str, Field(max_length=1_000_000)]
    choice: dict[
        Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=4096)]
    ]


class BeginBrief(Params):
    """`composer.brief`: a repository's template for briefs, or ours, with a goal."""

    repo: Annotated[str, Field(max_length=4096)] = ""
    goal: Annotated[str, Field(max_length=1_000_000)] = ""
    template: Annotated[str, Field(max_length=200)] | None = None


class KeepImage(Params):
    """`composer.image`: an image that was pasted, as base64; gives its path."""

    data: Annotated[str, Field(max_length=MAX_IMAGE_CHARACTERS)]
