"""How a conversation goes along, told in words, and the first brief."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentdeck.config.brief_files import parse_brief, rendered
from agentdeck.core.conversation import Said, SaidKind
from agentdeck.core.errors import UsageError
from agentdeck.core.handoffs import (
    NEWEST_RESULTS,
    Can,
    Way,
    carried_in_words,
    conversation_in_words,
    first_brief,
    terminal_in_words,
    way_of,
    whole_prompt,
)

P, A, T, R = SaidKind.PROMPT, SaidKind.ANSWER, SaidKind.TOOL, SaidKind.RESULT


def can(**values: bool) -> Can:
    usual = {
        "same_agent": True,
        "forks": True,
        "is_known": True,
        "has_words": True,
        "is_live": False,
    }
    return Can(**{**usual, **values})


@pytest.mark.parametrize(
    ("wanted", "possible", "expected"),
    [
        (None, can(), Way.FORK),
        (None, can(is_live=True), Way.FORK),
        (None, can(same_agent=False), Way.MARKDOWN),
        (None, can(forks=False), Way.MARKDOWN),
        (None, can(is_known=False), Way.MARKDOWN),
        (None, can(same_agent=False, has_words=False), Way.NONE),
        ("markdown", can(), Way.MARKDOWN),
        ("none", can(), Way.NONE),
        ("resume", can(), Way.RESUME),
    ],
)
def test_the_best_way_there_is(
    wanted: str | None, possible: Can, expected: Way
) -> None:
    way, reason = way_of(wanted, possible, "Claude Code", "Codex")
    assert way is expected
    assert reason


@pytest.mark.parametrize(
    ("wanted", "possible", "says"),
    [
        ("fork", can(same_agent=False), "Codex cannot read Claude Code's"),
        ("fork", can(forks=False), "Codex cannot fork conversations"),
        ("resume", can(is_known=False), "cannot be resumed: Claude Code has no"),
        ("resume", can(is_live=True), "have the source stop"),
        ("markdown", can(has_words=False), "cannot be told"),
    ],
)
def test_a_way_that_is_not_possible_says_why(
    wanted: str, possible: Can, says: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        way_of(wanted, possible, "Claude Code", "Codex")


def test_what_was_said_is_told_and_only_results_that_matter() -> None:
    said = [
        Said(P, "Fix the login"),
        Said(SaidKind.THOUGHT, "secret thoughts"),
        Said(T, "Bash(pytest -q)"),
        Said(R, "1 passed, quite boring"),
        Said(T, "Bash(make)"),
        Said(R, "compiling\n" * 60 + "error: no rule"),
        *(Said(R, f"new {n}") for n in range(NEWEST_RESULTS)),
        Said(P, "<command-name>/clear</command-name>"),
        Said(A, "It is ```fenced```"),
    ]
    words = conversation_in_words(said, "Claude Code")
    assert "### The person\n\nFix the login" in words
    assert "### Claude Code\n\nIt is" in words
    assert "- `Bash(pytest -q)`" in words
    assert "error: no rule" in words
    assert "lines before)" in words
    assert "new 0" in words
    for left_out in ("secret thoughts", "boring", "/clear"):
        assert left_out not in words


def test_no_result_ends_the_block_that_it_stands_in() -> None:
    words = conversation_in_words([Said(R, "a\n```\n# not a heading")], "X")
    assert words == "````\na\n```\n# not a heading\n````"


def test_a_long_conversation_keeps_its_first_prompt_and_its_end() -> None:
    said = [Said(P, "The task"), *(Said(A, f"answer {n}") for n in range(500))]
    words = conversation_in_words(said, "Codex", limit=2_000)
    assert len(words) < 2_200
    assert "The task" in words
    assert "answer 499" in words
    assert "answer 100" not in words
    assert re.search(
        r"\*\(\d+ parts of the conversation are left out here\.\)\*", words
    )


@given(
    st.lists(
        st.builds(Said, st.sampled_from(list(SaidKind)), st.text(max_size=300)),
        max_size=30,
    )
)
def test_any_conversation_is_bounded_and_holds_nothing_that_acts(
    said: list[Said],
) -> None:
    words = conversation_in_words(said, "X", limit=1_000)
    assert len(words) < 8_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", words)


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_draft_is_a_brief_that_reads_back(prompt: str, answer: str) -> None:
    """Whatever was said, none of it becomes a field or a heading of the brief."""
    said = [Said(P, "Begin"), Said(P, prompt), Said(A, f"# Goal\n\n{answer}")]
    brief = first_brief("A title", said, Way.MARKDOWN, ("make test",))
    parsed = parse_brief(rendered(brief))
    assert parsed.problems == ()
    assert parsed.brief.title == "A title"
    assert parsed.brief.verify == ("make test",)
    assert parsed.brief.agent == ""


def test_a_forked_conversation_is_not_repeated() -> None:
    said = [Said(P, "Plan it"), Said(A, "The plan")]
    brief = first_brief("T", said, Way.FORK)
    assert "The plan" not in rendered(brief)
    told = first_brief("T", said, Way.MARKDOWN)
    assert told.goal == "Plan it"
    assert "> The plan" in told.context


def test_the_prompt_says_where_it_is_unless_nothing_is_to_do() -> None:
    told = whole_prompt("Do it", "said", source="a", folder="/old", is_moved=True)
    assert "leave /old alone" in told
    assert told.index("Do it") < told.index("## The conversation so far\n\nsaid")
    stays = whole_prompt("Do it", "", source="a", folder="/old", is_moved=False)
    assert stays == "Do it"
    assert whole_prompt("", "", source="a", folder="/old", is_moved=True) == ""


def test_a_terminal_is_told_by_its_last_lines() -> None:
    words = terminal_in_words([f"line {n}" for n in range(1000)])
    assert "line 999" in words
    assert "line 5\n" not in words
    assert terminal_in_words(["", " "]) == ""


@pytest.mark.parametrize(
    ("carried", "said"),
    [
        ({"commits": 1, "has_files": True}, "1 commit, nothing uncommitted"),
        (
            {"commits": 2, "staged": ["a"], "untracked": ["b", "c"]},
            "2 commits, 1 staged, 2 untracked",
        ),
        (
            {"commits": 0, "unstaged": ["a"], "left_out": ["x/", "y", "z", "w"]},
            "0 commits, 1 unstaged; stays: x/, y, z and 1 more",
        ),
        (
            {"commits": 3, "has_files": False},
            "3 commits, the worktree is gone, so only commits",
        ),
    ],
)
def test_what_goes_along_in_words(carried: dict[str, object], said: str) -> None:
    assert carried_in_words(carried) == said
