"""Codex CLI.

Flags and screen texts as seen with 0.169.0; its state is read from its settled
screen and its terminal signals.
"""

from __future__ import annotations

from agentdeck.agents.definition import Agent, Launch, Start, rule
from agentdeck.core.session import Activity, NeedsKind


def _launch(start: Start) -> Launch:
    argv = ["codex"]
    if start.model:
        argv += ["-m", start.model]
    if start.resume:
        argv += ["resume", "--last"]
    elif start.prompt:
        argv += ["--", start.prompt]
    return Launch(tuple(argv))


CODEX = Agent(
    name="codex",
    title="Codex",
    executable="codex",
    launch=_launch,
    rules=(
        rule(
            r"Do you trust the contents of this directory",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(
            r"Would you like to (?:run|make|apply|grant)|Allow command\?",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(r"esc to interrupt|Reconnecting\.\.\. \d", Activity.WORKING),
        rule(r"^\s*›", Activity.IDLE),
    ),
    interrupt="escape",
)
