"""A long prompt is not on the command line, whichever agent gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentdeck.agents.definition import Launch, Start
from agentdeck.agents.prompts import MAX_ON_COMMAND_LINE, off_command_line
from agentdeck.agents.registry import Registry
from agentdeck.config.settings import AgentSettings

LONG = "a secret token\n" * 200
BRIEF = Path("/state/sessions/x/brief.md")
DESCRIBED = AgentSettings(command=["mine", "--task", "{prompt}"])


def launch(name: str, prompt: str) -> Launch:
    agent = Registry({"mine": DESCRIBED}).agent(name)
    start = Start(prompt, images=("/tmp/a.png",), folder=BRIEF.parent)
    return off_command_line(agent.launch(start), prompt, agent, BRIEF)


@pytest.mark.parametrize(
    "name", ["claude", "codex", "gemini", "copilot", "opencode", "aider"]
)
def test_an_agent_that_shows_its_rest_gets_it_typed(name: str) -> None:
    started = launch(name, LONG)
    assert not any("secret" in word for word in started.argv)
    assert started.typed is not None
    assert LONG.strip() in started.typed
    assert started.argv[-1] not in ("--", "-i", "--prompt")


@pytest.mark.parametrize("name", ["scripted", "mine"])
def test_any_other_is_told_the_file(name: str) -> None:
    started = launch(name, LONG)
    assert not any("secret" in word for word in started.argv)
    assert any(str(BRIEF) in word for word in started.argv)
    assert started.typed is None


@pytest.mark.parametrize("name", ["claude", "codex", "copilot", "opencode", "scripted"])
def test_a_short_one_stays(name: str) -> None:
    short = "x" * MAX_ON_COMMAND_LINE
    assert any(short in word for word in launch(name, short).argv)
