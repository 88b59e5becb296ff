"""Any command at all, and agents that a person describes in the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agentdeck.agents.definition import Agent, Launch, ScreenRule, Start, rule
from agentdeck.core.session import Activity, NeedsKind

_ASKS = (
    rule(
        r"(?:\[y/n\]|\[Y/n\]|\[y/N\]|\(y/n\)|\(yes/no\)|\(Y\)es/\(N\)o)[^\n]*\Z",
        Activity.NEEDS_INPUT,
        NeedsKind.QUESTION,
    ),
    rule(
        r"[Pp]assword(?: for [^\n]*)?:\s*\Z", Activity.NEEDS_INPUT, NeedsKind.QUESTION
    ),
)


def _launch(start: Start) -> Launch:
    return Launch(start.command)


COMMAND = Agent(
    name="command",
    title="Command",
    executable=None,
    launch=_launch,
    rules=_ASKS,
)


def agent_from_settings(
    name: str,
    command: Sequence[str],
    prompt: Literal["argument", "typed", "none"],
    needs_input: Sequence[str],
    idle: Sequence[str],
) -> Agent:
    """An agent that a person described.

    `{prompt}` in an argument stands for the prompt; without it the prompt is the
    last argument, or is typed, or is left out.

    Raises:
        re.error: If an expression is not a regular one.
    """

    def launch(start: Start) -> Launch:
        argv = tuple(part.replace("{prompt}", start.prompt) for part in command)
        placed = any("{prompt}" in part for part in command)
        if placed or prompt == "none" or not start.prompt:
            return Launch(argv)
        if prompt == "typed":
            return Launch(argv, typed=start.prompt)
        return Launch((*argv, start.prompt))

    rules: list[ScreenRule] = [
        rule(each, Activity.NEEDS_INPUT, NeedsKind.QUESTION) for each in needs_input
    ]
    rules += [rule(each, Activity.IDLE) for each in idle]
    return Agent(
        name=name,
        title=name,
        executable=command[0],
        launch=launch,
        rules=(*rules, *_ASKS),
        reads_terminal_when_idle=True,
    )
