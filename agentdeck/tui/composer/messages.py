"""What the composer tells its screen.

Apart from the composer, so that the screen can listen before the composer and its
widgets were ever imported: the first paint does not wait for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from textual.message import Message

from agentdeck.tui.composer.draft import Draft


@dataclass
class Asked(Message):
    """Something is wanted of the host, by a path or the letters of a file."""

    what: Literal["repository", "files", "folders"]
    text: str


@dataclass
class StartRequested(Message):
    """Sessions are to start, as these orders say; then perhaps one gets the keyboard."""

    draft: Draft
    orders: list[dict[str, Any]]
    attach: bool


@dataclass
class EditRequested(Message):
    """The prompt is to be edited in the person's own editor."""

    text: str


@dataclass
class BriefRequested(Message):
    """The prompt is to become the goal of a brief."""

    goal: str
    repo: str


@dataclass
class ImagesPasted(Message):
    """Paths of images were pasted; `text` is what stands if they are none."""

    paths: list[str]
    text: str


@dataclass
class ImageDataPasted(Message):
    """An image itself was pasted."""

    data: bytes


class ComposerClosed(Message):
    """The composer was put away; its draft stays."""
