"""What a person composes: the words of a prompt that mean more, and the choices."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import unquote, urlsplit

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg")
MAX_PASTED_PATHS = 10_000
_MENTION = re.compile(r"(?:^|(?<=[\s(\[\"'`]))@([^\s@]*)$")
_DATA_IMAGE = re.compile(
    r"data:image/(?P<kind>png|jpeg|gif|webp|bmp);base64,(?P<data>[A-Za-z0-9+/=\s]+)"
)
_MAGIC = {
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"BM": ".bmp",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen beside a prompt. Empty texts stand for what is usual."""

    agent: str = ""
    model: str = ""
    mode: str = ""
    custom: str = ""
    """The file of a custom agent."""
    base: str = ""
    type: str = ""
    """`local` or `here`; usual is the background."""
    commit: str = ""
    """`yes` or `no`: whether what is uncommitted is committed at a turn's end."""

    def as_json(self) -> dict[str, str]:
        """The choice as the host keeps it."""
        return asdict(self)


def choice_from(kept: Mapping[str, Any]) -> Choice:
    """A choice from what the host kept; what is no text is left out."""
    names = {field.name for field in fields(Choice)}
    return Choice(
        **{
            name: value
            for name, value in kept.items()
            if name in names and isinstance(value, str)
        }
    )


@dataclass(frozen=True, slots=True)
class Mention:
    """A file that is being named in a line: `@` and what follows up to the cursor."""

    start: int
    query: str


def mention_at(line: str, column: int) -> Mention | None:
    """The `@file` that ends at a column of a line, if one does."""
    match = _MENTION.search(line[:column])
    if match is None:
        return None
    return Mention(match.start(1) - 1, match[1])


def images_in(pasted: str) -> list[str]:
    """The images whose paths were pasted or dropped; none if anything else was.

    Paths may be quoted, escaped or `file:` addresses, one or several.
    """
    text = pasted.strip()
    if len(text) > MAX_PASTED_PATHS or "\0" in text:
        return []
    try:
        paths = [_path(word) for word in shlex.split(text)]
    except ValueError:
        paths = []
    if paths and all(_is_whole_image_path(path) for path in paths):
        return paths
    is_one = "\n" not in text and _is_whole_image_path(text)
    return [text] if is_one else []


def _is_whole_image_path(path: str) -> bool:
    return path.startswith(("/", "~/")) and is_image_path(path)


def is_image_path(path: str) -> bool:
    """Whether a path is named as an image is."""
    return path.lower().endswith(IMAGE_SUFFIXES)


def _path(word: str) -> str:
    return unquote(urlsplit(word).path) if word.startswith("file://") else word


def image_data_in(pasted: str) -> bytes | None:
    """The image that was pasted as text: a `data:` address, or None."""
    match = _DATA_IMAGE.fullmatch(pasted.strip())
    if match is None:
        return None
    try:
        data = base64.b64decode("".join(match["data"].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if suffix_of(data) else None


def suffix_of(data: bytes) -> str | None:
    """The suffix of an image by its first bytes; None where it is none."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return next((s for magic, s in _MAGIC.items() if data.startswith(magic)), None)
