"""Custom agents' files of both dialects, and those that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentdeck.config.agent_files import agent_named, find_agents, read_agent_file
from agentdeck.core.custom_agents import Dialect, not_expressed
from agentdeck.core.errors import UsageError

GITHUB = """---
name: reviewer
description: Reads a change
  and finds faults
tools: ['read', 'search']
model: ['gpt-5', 'claude-sonnet']
argument-hint: what to review
user-invocable: false
mcp-servers: {db: {command: x}}
handoffs:
  - {label: Fix it, agent: fixer}
color: red
---
You review.
"""
CLAUDE = """---
name: tester
description: Writes tests
tools: Read, Bash
model: inherit
---
You write tests.
"""


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_of_githubs_dialect(tmp_path: Path) -> None:
    agent = read_agent_file(write(tmp_path / "r.agent.md", GITHUB))
    assert agent.dialect is Dialect.GITHUB
    assert agent.description == "Reads a change and finds faults"
    assert agent.tools == ("read", "search")
    assert agent.models == ("gpt-5", "claude-sonnet")
    assert not agent.is_user_invocable
    assert agent.handoffs == ("Fix it",)
    assert agent.mcp_servers == ("db",)
    assert agent.prompt == "You review."
    assert not_expressed(agent, frozenset({"tools"})) == ("color", "tools")


def test_a_file_of_claudes_dialect(tmp_path: Path) -> None:
    file = write(tmp_path / ".claude/agents/tester.md", CLAUDE)
    agent = read_agent_file(file)
    assert agent.dialect is Dialect.CLAUDE
    assert agent.tools == ("Read", "Bash")
    assert agent.models == ()


def test_a_file_without_front_matter_is_named_after_itself(tmp_path: Path) -> None:
    agent = read_agent_file(write(tmp_path / "plain.md", "Do it well."))
    assert (agent.name, agent.tools) == ("plain", None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("---\nname: [oops\n---\nx", "line"),
        ("---\n- a\n- b\n---\nx", "fields"),
        ("---\ntools: {a: b}\n---\nx", "tools"),
        ("---\nuser-invocable: maybe\n---\nx", "user-invocable"),
        ("---\nname: x\n---\n", "no instructions"),
        ('---\nname: "a\\u0007b"\n---\nx', "name"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        read_agent_file(write(tmp_path / "bad.md", text))


def test_all_places_are_read_and_the_repositorys_own_win(tmp_path: Path) -> None:
    repo, home, more = tmp_path / "repo", tmp_path / "home", tmp_path / "more"
    write(repo / ".github/agents/r.agent.md", GITHUB)
    write(repo / ".claude/agents/bad.md", "---\nname: [\n---\nx")
    write(home / ".claude/agents/tester.md", CLAUDE)
    write(more / "reviewer.md", "---\nname: reviewer\n---\nanother")
    found = find_agents(repo, home, [more])
    names = [each.agent.name if each.agent else None for each in found]
    assert names == ["reviewer", None, "tester", "reviewer"]
    assert agent_named("reviewer", found).prompt == "You review."
    with pytest.raises(UsageError, match="front matter"):
        agent_named("bad", found)
    with pytest.raises(UsageError, match="reviewer, tester"):
        agent_named("nope", found)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.md"
    file.write_bytes(f"---\n{text}\n---\nbody".encode("utf-8", "replace"))
    try:
        agent = read_agent_file(file)
    except UsageError:
        return
    assert agent.prompt
