from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.core.briefs import Brief, prompt_of
from agentdeck.core.pull_text import (
    MAX_BODY,
    MAX_TITLE,
    one_text,
    pull_body,
    pull_title,
    pull_words,
    title_and_body,
)
from agentdeck.core.pulls import PullChecks, PullRequest, PullReview, PullState


def test_the_title_is_the_only_commit_or_the_session() -> None:
    assert pull_title("Fix the login", ["Compare in constant time"]) == (
        "Compare in constant time"
    )
    assert pull_title("Fix the\n login", ["One", "Two"]) == "Fix the login"
    assert pull_title("", ["One", "Two"]) == "One"
    assert len(pull_title("x" * 999, [])) == MAX_TITLE


def test_a_brief_gives_its_goal_and_criteria_and_a_prompt_nothing() -> None:
    brief = Brief(goal="Nobody waits.", context="secret", acceptance=("It is fast",))
    said = pull_body(prompt_of(brief), ["Make it fast"])
    assert said == "Nobody waits.\n\n- [ ] It is fast\n\n- Make it fast"
    assert pull_body("Use the password 1234", ["Make it fast"]) == "- Make it fast"


def test_commits_call_nobody_and_close_nothing() -> None:
    said = pull_body("", ["Fixes #12 of @ada, see a@b.org and `#3`"])
    assert "#12" not in said
    assert "@ada" not in said
    assert "a@b.org" in said
    assert "`#3`" in said


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", "- One"),
        ("Please read.\n", "- One\n\nPlease read."),
        ("## Summary\n\n## Tests\n", "## Summary\n\n- One\n\n\n## Tests"),
        ("# Hi\r\n## What changed?\r\nx", "# Hi\n## What changed?\n\n- One\n\nx"),
        ("## Somewhat\n", "- One\n\n## Somewhat"),
    ],
)
def test_a_template_is_filled(template: str, expected: str) -> None:
    assert pull_body("", ["One"], template) == expected


def test_a_text_is_edited_as_one() -> None:
    assert title_and_body(one_text("A title", "Its\n\nbody")) == (
        "A title",
        "Its\n\nbody",
    )
    assert title_and_body("# A title\r\n\r\nbody\r\n") == ("A title", "body")
    assert title_and_body("  \n ") == ("", "")


@given(st.text(), st.lists(st.text(), max_size=5), st.text(max_size=300))
def test_any_text_gives_a_body(prompt: str, subjects: list[str], text: str) -> None:
    assert len(pull_body(prompt, subjects, text)) <= MAX_BODY
    title, body = title_and_body(text)
    assert "\n" not in title
    assert body == body.strip()


def test_words_for_a_line() -> None:
    pull = PullRequest(
        7,
        "https://x/7",
        PullState.DRAFT,
        PullChecks.FAILED,
        PullReview.CHANGES,
        base="main",
        conflicts=True,
    )
    assert pull_words(pull) == (
        "#7 draft, conflicts with main, checks failed, changes requested"
    )
    merged = PullRequest(7, "https://x/7", PullState.MERGED, PullChecks.FAILED)
    assert pull_words(merged) == "#7 merged"
