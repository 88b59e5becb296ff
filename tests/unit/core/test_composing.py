"""What of a prompt means more than its words: files, images."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.composing import (
    Choice,
    choice_from,
    image_data_in,
    images_in,
    mention_at,
    suffix_of,
)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("line", "column", "query"),
    [
        ("@", 1, ""),
        ("see @src/lo", 11, "src/lo"),
        ("see @src/lo and", 11, "src/lo"),
        ("see @src/lo and", 15, None),
        ("me@example.org", 14, None),
        ("(@a", 3, "a"),
        ("@@a", 3, None),
        ("", 0, None),
    ],
)
def test_a_file_is_named_after_an_at_sign(
    line: str, column: int, query: str | None
) -> None:
    mention = mention_at(line, column)
    assert (mention.query if mention else None) == query
    if mention is not None:
        assert line[mention.start] == "@"


@pytest.mark.parametrize(
    ("pasted", "paths"),
    [
        ("/tmp/a.png", ["/tmp/a.png"]),
        ("/tmp/a.PNG\n", ["/tmp/a.PNG"]),
        ("'/tmp/my shot.png'", ["/tmp/my shot.png"]),
        ("/tmp/my\\ shot.png", ["/tmp/my shot.png"]),
        ("/tmp/my shot.png", ["/tmp/my shot.png"]),
        ("file:///tmp/my%20shot.jpg", ["/tmp/my shot.jpg"]),
        ("~/a.png /b/c.webp", ["~/a.png", "/b/c.webp"]),
        ("look at /tmp/a.png", []),
        ("a.png", []),
        ("/tmp/a.txt", []),
        ("/it's.png", ["/it's.png"]),
        ("/a\nb.png", []),
        ("", []),
        ("/a\0.png", []),
        ("/" + "a" * 20_000 + ".png", []),
    ],
)
def test_pasted_paths_of_images(pasted: str, paths: list[str]) -> None:
    assert images_in(pasted) == paths


def test_an_image_pasted_as_data() -> None:
    encoded = base64.b64encode(PNG).decode()
    assert image_data_in(f"data:image/png;base64,{encoded}\n") == PNG
    assert image_data_in("data:image/png;base64,aGFsbG8=") is None
    assert image_data_in("data:image/png;base64,===") is None
    assert image_data_in("data:text/html;base64,aGFsbG8=") is None


def test_an_image_is_known_by_its_first_bytes() -> None:
    assert suffix_of(PNG) == ".png"
    assert suffix_of(b"RIFF\0\0\0\0WEBPVP8") == ".webp"
    assert suffix_of(b"GIF89a") == ".gif"
    assert suffix_of(b"#!/bin/sh") is None


@given(st.text(max_size=60))
def test_anything_may_be_pasted(text: str) -> None:
    images_in(text)
    image_data_in(text)
    mention_at(text, len(text))


def test_a_kept_choice_comes_back_and_strangers_are_left_out() -> None:
    choice = Choice(agent="codex", model="gpt", base="main")
    assert choice_from(choice.as_json()) == choice
    assert choice_from({"agent": 3, "colour": "red", "mode": "plan"}) == Choice(
        mode="plan"
    )
