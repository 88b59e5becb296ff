"""How a long prompt reaches an agent: not on its command line.

Other users can read command lines, prompts may hold secrets, and a system takes only so
much there. An agent that shows when it rests gets a long prompt as one paste; any other
is told which file to read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agentdeck.agents.definition import Agent, Launch
from agentdeck.core.session import Activity

MAX_ON_COMMAND_LINE = 2000
"""Bytes of a prompt that still go there."""
_BEFORE_PROMPTS = frozenset({"--", "-i", "--prompt"})
"""What stands before a prompt and goes with it."""


def is_long(prompt: str) -> bool:
    """Whether a prompt does not go on a command line."""
    return len(prompt.encode(errors="replace")) > MAX_ON_COMMAND_LINE


def off_command_line(launch: Launch, prompt: str, agent: Agent, brief: Path) -> Launch:
    """The launch with a long prompt typed, or read from its file.

    Args:
        launch: As the agent would start.
        prompt: What it is asked to do.
        agent: Whether it shows that it rests decides.
        brief: The file that holds the prompt.
    """
    if not is_long(prompt) or launch.typed is not None:
        return launch
    argv = list(launch.argv)
    at = next((n for n, word in enumerate(argv) if prompt in word), None)
    if at is None:
        return launch
    if not any(rule.activity is Activity.IDLE for rule in agent.rules):
        argv[at] = argv[at].replace(prompt, f"Read {brief} and do what it says.")
        return replace(launch, argv=tuple(argv))
    typed = argv.pop(at)
    if at and argv[at - 1] in _BEFORE_PROMPTS:
        del argv[at - 1]
    return replace(launch, argv=tuple(argv), typed=typed)
