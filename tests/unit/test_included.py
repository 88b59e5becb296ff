"""Which files are asked for: three places, and what cannot be read in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.config.included import (
    patterns_from_glob,
    wanted_files,
    without_comments,
)
from agentdeck.config.repository_settings import WorktreePart

VSCODE = """{
    // what "git" // brings
    "a": "http://x/*no comment*/", /* a
    comment */
    "git.worktreeIncludeFiles": [".env", "config/{a,b}.json", "**/*.key",],
}"""


def test_all_three_places(tmp_path: Path) -> None:
    (tmp_path / ".worktreeinclude").write_text("# mine\n.env.local\n")
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text(VSCODE)
    wanted = wanted_files(tmp_path, WorktreePart(include=["x"], link=["node_modules"]))
    lines = ("/.env", "/config/a.json", "/config/b.json", "**/*.key")
    assert wanted.copied == ("# mine", ".env.local", *lines, "x")
    assert wanted.linked == ("node_modules",)
    assert not wanted.problems


def test_nothing_is_asked_for(tmp_path: Path) -> None:
    assert not wanted_files(tmp_path, WorktreePart())
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text("{broken")
    assert not wanted_files(tmp_path, WorktreePart()).problems


@pytest.mark.parametrize(
    "text",
    [
        '{"git.worktreeIncludeFiles": ',
        '{"git.worktreeIncludeFiles": "x"}',
        "x" * 300_000,
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_counts(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text(text)
    (tmp_path / ".worktreeinclude").write_text(".env\n")
    wanted = wanted_files(tmp_path, WorktreePart())
    assert wanted.copied == (".env",)
    assert ".vscode/settings.json" in wanted.problems[0]


json_values = st.recursive(
    st.text(max_size=9) | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values)
def test_json_without_comments_stays_what_it_is(value: object) -> None:
    assert json.loads(without_comments(json.dumps(value, indent=1))) == value


@given(st.text(alphabet="{},a/*", max_size=60))
def test_braces_never_explode(glob: str) -> None:
    assert len(patterns_from_glob(glob)) <= 64
