"""The message of a checkpoint, when one is made, and what counts as a claim."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.turns import (
    CommitPolicy,
    checkpoint_message,
    claims_commit,
    commits_turns,
)


@pytest.mark.parametrize(
    ("policy", "own", "commits_itself", "expected"),
    [
        ("auto", None, True, False),
        ("auto", None, False, True),
        ("auto", True, True, True),
        ("auto", False, False, False),
        ("always", None, True, True),
        ("always", False, True, False),
        ("never", None, False, False),
        ("never", True, False, True),
    ],
)
def test_when_a_turn_commits(
    policy: CommitPolicy, own: bool | None, commits_itself: bool, expected: bool
) -> None:
    assert commits_turns(policy, own, commits_itself=commits_itself) is expected


@pytest.mark.parametrize(
    ("prompt", "said", "subject", "body"),
    [
        ("Fix the login", "Done.", "Fix the login", "Done."),
        ("# Fix\n\nmore", "", "Fix", ""),
        ("", "I fixed it.\nAll of it.", "I fixed it.", "I fixed it.\nAll of it."),
        ("", "", "Turn 3", ""),
        ("\x1b[31mred\x07", "", "[31mred", ""),
        ("x" * 100, "", "x" * 71 + "…", ""),
        ("word " * 30, "", ("word " * 14).strip() + "…", ""),
    ],
)
def test_the_message(prompt: str, said: str, subject: str, body: str) -> None:
    message = checkpoint_message("fix", 3, prompt, said)
    head, _, rest = message.partition("\n\n")
    assert head == subject
    trailers = "AgentDeck-Session: fix\nAgentDeck-Turn: 3\n"
    assert rest == (f"{body}\n\n{trailers}" if body else trailers)


@given(st.text(max_size=300), st.text(max_size=3000))
def test_a_message_always_has_a_subject_and_both_trailers(
    prompt: str, said: str
) -> None:
    lines = checkpoint_message("s", 1, prompt, said).split("\n")
    assert lines[0].strip()
    assert len(lines[0]) <= 72
    assert lines[-4:-1] == ["", "AgentDeck-Session: s", "AgentDeck-Turn: 1"]


def test_git_reads_the_trailers() -> None:
    message = checkpoint_message("s", 7, "Do: it", "Key: value\n\nDone: yes")
    read = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=message,
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout == "AgentDeck-Session: s\nAgentDeck-Turn: 7\n"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("I've committed the changes.", True),
        ("I have committed it as abc123.", True),
        ("All changes are committed.", True),
        ("Created a commit with the fix.", True),
        ("Committed the fix to the branch.", True),
        ("I could not commit: the sandbox forbids it.", False),
        ("I have not committed anything.", False),
        ("The changes are ready; nothing is committed.", False),
        ("Shall I commit this?", False),
        ("I am committed to quality", False),
        ("The fix is done.", False),
        ("", False),
    ],
)
def test_claims(said: str, expected: bool) -> None:
    assert claims_commit(said) is expected
