"""What a repository's file may say, and how it is told what it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.config.repository_settings import (
    RepositorySettings,
    read_repository_settings,
)
from agentdeck.core.checks import Command
from agentdeck.core.errors import UsageError

WHOLE = b"""
[worktree]
include = [".env", "config/*.local"]
link = ["node_modules"]
setup = ["npm ci", ["make", "a b"]]
teardown = ["make clean"]

[checks]
commands = ["pytest -q", { name = "lint", command = ["ruff", "check"] }]
timeout_s = 60
when = "end-of-turn"

[env]
PORT = "1"
"""


def test_a_whole_file() -> None:
    read = read_repository_settings(WHOLE)
    assert read.setup == (
        Command("npm ci", ("sh", "-c", "npm ci")),
        Command("make 'a b'", ("make", "a b")),
    )
    assert read.check_commands[1] == Command("lint", ("ruff", "check"))
    assert read.checks.when == "end-of-turn"
    assert read.needs_trust


def test_what_is_harmless_keeps_files_and_runs_nothing() -> None:
    harmless = read_repository_settings(WHOLE).harmless()
    assert harmless.worktree.include == [".env", "config/*.local"]
    assert harmless.worktree.link == ["node_modules"]
    assert not harmless.needs_trust
    assert harmless.setup == harmless.teardown == harmless.check_commands == ()
    assert not read_repository_settings(b'[worktree]\ninclude = ["a"]').needs_trust


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"[worktree]\n\nsetup = 'x'", "line 3: worktree.setup: it has to be a list"),
        (b"[worktree]\nlinks = []", "line 2: worktree.links: nothing is called that"),
        (b"[checks]\ncommands = ['']", "line 2: checks.commands: a command is"),
        (b"[checks]\ncommands = [[]]", "line 2: checks.commands: a command is"),
        ('[checks]\ncommands = ["a\u202eb"]'.encode(), "cannot be seen"),
        (b'[worktree]\nsetup = [["a", "\\u0007"]]', "cannot be seen"),
        (b'[env]\nA = "\\r"', "cannot be seen"),
        (b"[checks]\nwhen = 'now'", "line 2: checks.when: Input should be"),
        (b"a = 1\n[checks]\n", "line 1: a: nothing is called that"),
        (b"[env]\nAGENTDECK_PORT = '1'", "line 1: env: AGENTDECK_PORT is AgentDeck's"),
        (b"[env]\nX = 1", "line 2: env.X"),
        (b"[worktree]\ninclude = ['../secret']", "leads out of the repository"),
        (b"[worktree]\nsetup_timeout_s = 0", "line 2: worktree.setup_timeout_s"),
        (b"[[[", "is not TOML"),
        (b"\xff", "is not UTF-8"),
        (b"#" * 70_000, "is larger than 64 KB"),
    ],
)
def test_a_complaint_names_file_line_and_key(text: bytes, complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_repository_settings(text)
    assert complaint in caught.value.message
    assert caught.value.message.startswith(".agentdeck.toml")


def settings_or_complaint(data: bytes) -> RepositorySettings | None:
    try:
        return read_repository_settings(data)
    except UsageError:
        return None


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_complaint(data: bytes) -> None:
    settings_or_complaint(data)


_TEXT = st.sampled_from(
    ["", "x", "[1]", '["a"]', '[["a", 1]]', "{ name = 'n' }", "true"]
)
_LINES = st.builds(
    "{} = {}".format,
    st.sampled_from(
        ["setup", "commands", "when", "include", "env.A", "[worktree]\nlink"]
    ),
    _TEXT | st.sampled_from(["'end-of-turn'", "[{name='n', command='c'}]", "1e400"]),
)


@given(
    st.lists(_LINES, max_size=4), st.sampled_from(["", "[worktree]\n", "[checks]\n"])
)
def test_any_lines_are_settings_or_a_complaint(lines: list[str], table: str) -> None:
    read = settings_or_complaint((table + "\n".join(lines)).encode())
    if read is not None:
        assert all(command.argv for command in (*read.setup, *read.check_commands))
