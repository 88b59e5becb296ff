"""Claude Code.

Flags and screen texts as seen with 2.1.197; its hooks are not installed here, so
its state is read from its settled screen and its terminal signals.
"""

from __future__ import annotations

from agentdeck.agents.definition import Agent, Launch, Start, rule
from agentdeck.core.session import Activity, NeedsKind


def _launch(start: Start) -> Launch:
    argv = ["claude"]
    if start.model:
        argv += ["--model", start.model]
    if start.resume:
        argv.append("--continue")
    elif start.prompt:
        argv += ["--", start.prompt]
    return Launch(tuple(argv))


CLAUDE = Agent(
    name="claude",
    title="Claude Code",
    executable="claude",
    launch=_launch,
    rules=(
        rule(
            r"Do you trust (?:the files in )?this folder",
            Activity.NEEDS_INPUT,
            NeedsKind.TRUST,
        ),
        rule(
            r"Do you want to .*\?|Would you like to proceed\?",
            Activity.NEEDS_INPUT,
            NeedsKind.PERMISSION,
        ),
        rule(r"API error · Retrying|esc to interrupt", Activity.WORKING),
        rule(r"(?:limit reached|usage limit)", Activity.NEEDS_INPUT, NeedsKind.LIMIT),
        rule(r"^\s*\? for shortcuts", Activity.IDLE),
    ),
    interrupt="escape",
)
